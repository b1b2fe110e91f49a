import {
  checkOptions,
  defineNode,
  div,
  einsum,
  equal,
  exp,
  type FieldsOf,
  field,
  formatShape,
  max,
  mul,
  not,
  reshape,
  ShapeError,
  stopGradient,
  sub,
  sum,
  type Value,
} from '@pullback/core';
import { type Part, positive, scoresOf, shiftOf } from './attention-scores.ts';
import { blockwise } from './blockwise-attention.ts';

export interface AttentionOptions {
  /** Whether a place sees itself and those before it alone. */
  readonly causal?: boolean;
  /**
   * Which places are seen: bools [n, s] of keys, or bools or numbers that are added to the scores, [n, t, s] or [n, heads, t, s], where
   * extents may be 1. No gradient goes to it.
   */
  readonly mask?: Value;
  /**
   * Places are taken so many at a time, with memory linear in their number: forward by running maximum and sum, backward by
   * computing again. 0 for all at once; 512 where there are more than 1024 of them when left out.
   */
  readonly block?: number;
}

export const blockField = field.whole({ from: 0 });

const attentionFields = {
  causal: field.flag(),
  mask: field.anything<Value>('a Value'),
  block: blockField,
} satisfies FieldsOf<AttentionOptions>;

/**
 * softmax(q k^T / sqrt d) v, for each head: q [n, t, heads, d], k [n, s, groups, d], v [n, s, groups, e] to [n, t, heads, e]. Several heads
 * may share keys and values: `groups` divides `heads`. Where nothing is seen the result is 0. Sources: Vaswani et al. 2017, (1); Ainslie
 * et al. 2023 for groups; Dao et al. 2022 for blocks.
 * @throws ShapeError for shapes or a mask that do not fit, OptionError for wrong options.
 */
export function attention(q: Value, k: Value, v: Value, options: AttentionOptions = {}): Value {
  const { causal = false, mask, block } = checkOptions('attention', options, attentionFields);
  const [n = 0, t = 0, heads = 0, d = 0] = q.shape;
  const [, s = 0, groups = 0] = k.shape;
  const fits =
    [q, k, v].every(({ shape }) => shape.length === 4 && shape[0] === n) &&
    k.shape[3] === d &&
    v.shape[1] === s &&
    v.shape[2] === groups &&
    (groups === 0 ? heads === 0 : heads % groups === 0);
  if (!fits)
    throw new ShapeError({
      got: [q, k, v].map(({ shape }) => formatShape(shape)).join(', '),
      expected: 'queries [n, t, heads, d], keys [n, s, groups, d] and values [n, s, groups, e]',
    });
  const grouped = reshape(mul(q, 1 / Math.sqrt(d)), [n, t, groups, groups === 0 ? 0 : heads / groups, d]);
  const seen = mask && maskOf(mask, [n, heads, t, s], groups);
  const size = block ?? (Math.max(t, s) > 1024 ? 512 : 0);
  const made =
    size === 0 || size >= Math.max(t, s)
      ? atOnce(grouped, k, v, seen, causal)
      : blockwise(grouped, k, v, seen, { causal, size });
  return reshape(made, [n, t, heads, v.shape[3] ?? 0]);
}

function atOnce(q: Value, k: Value, v: Value, mask: Value | undefined, causal: boolean): Value {
  const whole: Part = { rows: [0, q.shape[1] ?? 0], columns: [0, k.shape[1] ?? 0] };
  return einsum('ngrts,nsge->ntgre', shares(scoresOf(q, k, mask, causal, whole)), v);
}

/** softmax along the last axis, and 0 where all scores are -infinity. J^T g = y (g - sum y g). (4.3) */
function shares(scores: Value): Value {
  const kept = { axis: -1, keepAxis: true } as const;
  return defineNode('attentionShares', {
    mixes: [scores.shape.length - 1],
    forward: (z: Value) => {
      const e = exp(sub(z, shiftOf(max(z, kept))));
      return div(e, positive(sum(e, kept)));
    },
    vjp: (g, { output: y }) => [mul(y, sub(g, sum(mul(y, g), kept)))],
  })(scores);
}

/** A mask as [n, groups, heads of each, t, s], where extents may be 1. */
function maskOf(mask: Value, [n, heads, t, s]: readonly [number, number, number, number], groups: number) {
  const [of, rank] = [mask.shape, mask.shape.length];
  const wanted = rank === 2 ? [n, s] : rank === 3 ? [n, t, s] : [n, heads, t, s];
  if (rank < 2 || rank > 4 || of.some((extent, i) => extent !== 1 && extent !== wanted[i]))
    throw new ShapeError({
      got: `a mask of ${formatShape(of)}`,
      expected: `${formatShape([n, s])}, ${formatShape([n, t, s])} or ${formatShape([n, heads, t, s])}, where extents may be 1`,
    });
  const [batch = 1, last = 1] = [of[0], of.at(-1)];
  const rows = rank === 2 ? 1 : (of.at(-2) ?? 1);
  const own = rank === 4 && of[1] !== 1 ? [groups, heads / groups] : [1, 1];
  const placed = reshape(stopGradient(mask), [batch, ...own, rows, last]);
  return rank === 2 && mask.dtype !== 'bool' ? not(equal(placed, 0)) : placed;
}
