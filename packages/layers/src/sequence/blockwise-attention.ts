import {
  add,
  barrier,
  concatenate,
  defineNodeWithOutputs,
  div,
  einsum,
  exp,
  expandDims,
  fill,
  InternalError,
  log,
  max,
  maximum,
  mul,
  pad,
  slice,
  squeeze,
  sub,
  sum,
  transpose,
  type Value,
} from '@pullback/core';
import { type Part, positive, scoresOf, shiftOf } from './attention-scores.ts';

interface Blocks {
  readonly causal: boolean;
  /** How many places a block has. */
  readonly size: number;
}

const kept = { axis: -1, keepAxis: true } as const;

/**
 * Attention of q [n, t, groups, heads of each, d] over blocks of keys, one block of queries after the other: of the scores one block alone
 * is held. Backward they are computed again, p = e^(s - L), from the logarithms L of the sums:
 *   dv = p^T g, ds = p (g v^T - sum g y), dq = ds k, dk = ds^T q.
 * Source: Dao et al. 2022, algorithms 1 and 4.
 */
export function blockwise(q: Value, k: Value, v: Value, mask: Value | undefined, blocks: Blocks): Value {
  const parts = partsOf(q.shape[1] ?? 0, k.shape[1] ?? 0, blocks);
  const node = defineNodeWithOutputs('attention', {
    forward: (...[queries, keys, values, seen]: Value[]) =>
      forward(given(queries, keys, values, seen), parts, blocks.causal),
    vjp: ([g, ofLogs], { inputs: [queries, keys, values, seen], outputs: [y, logs] }) => {
      const operands = given(queries, keys, values, seen);
      if (y === undefined || logs === undefined) return [];
      const arriving = g ?? fill(0, y.shape, y.dtype);
      const inner = einsum('ntgre,ntgre->ngrt', arriving, y);
      const offset = ofLogs === undefined ? inner : sub(inner, ofLogs);
      const slopes = backward(operands, arriving, { offset, logs }, parts, blocks.causal);
      return seen === undefined ? slopes : [...slopes, undefined];
    },
  });
  const [y = q] = mask === undefined ? node(q, k, v) : node(q, k, v, mask);
  return y;
}

interface Operands {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  readonly mask: Value | undefined;
}

function given(q?: Value, k?: Value, v?: Value, mask?: Value): Operands {
  if (q === undefined || k === undefined || v === undefined)
    throw new InternalError({ got: 'attention of nothing', expected: 'queries, keys and values' });
  return { q, k, v, mask };
}

/** The blocks of queries, each with the blocks of keys that it sees. */
function partsOf(t: number, s: number, { causal, size }: Blocks): readonly (readonly Part[])[] {
  const ranges = (extent: number) =>
    Array.from(
      { length: Math.ceil(extent / size) },
      (_, i) => [i * size, Math.min(extent, (i + 1) * size)] as const,
    );
  return ranges(t).map((rows) =>
    ranges(s).flatMap((columns) => (causal && columns[0] >= rows[1] ? [] : [{ rows, columns }])),
  );
}

/** The places from `from` to `to` along an axis. */
function cut(x: Value, axis: number, [from, to]: readonly [number, number]): Value {
  const [start, stop] = [x.shape.map(() => 0), [...x.shape]];
  start[axis] = from;
  stop[axis] = to;
  return slice(x, start, stop);
}

/** The scores of a part. */
function partOf({ q, k, mask }: Operands, part: Part, causal: boolean): Value {
  const { rows, columns } = part;
  let seen = mask;
  if (seen !== undefined && seen.shape[3] !== 1) seen = cut(seen, 3, rows);
  if (seen !== undefined && seen.shape[4] !== 1) seen = cut(seen, 4, columns);
  return scoresOf(cut(q, 1, rows), cut(k, 1, columns), seen, causal, part);
}

/** The result [n, t, groups, heads of each, e], and log sum e^s [n, groups, heads of each, t]. */
function forward(operands: Operands, parts: readonly (readonly Part[])[], causal: boolean): readonly Value[] {
  const made = parts.map((row) => {
    let running: { readonly top: Value; readonly total: Value; readonly y: Value } | undefined;
    for (const part of row) {
      const scores = partOf(operands, part, causal);
      const values = cut(operands.v, 1, part.columns);
      const highest = max(scores, kept);
      const top = running === undefined ? highest : maximum(running.top, highest);
      const e = exp(sub(scores, shiftOf(top)));
      const [total, y] = [sum(e, kept), einsum('ngrts,nsge->ngrte', e, values)];
      if (running === undefined) {
        running = { top, total, y };
        continue;
      }
      const faded = exp(sub(running.top, shiftOf(top)));
      running = { top, total: add(mul(running.total, faded), total), y: add(mul(running.y, faded), y) };
    }
    if (running === undefined)
      throw new InternalError({ got: 'a block of no keys', expected: 'one at least' });
    const total = positive(running.total);
    const logs = add(shiftOf(running.top), log(total));
    return {
      y: transpose(div(running.y, total), [0, 3, 1, 2, 4]),
      logs: squeeze(logs, 4),
    };
  });
  return [
    concatenate(
      made.map(({ y }) => y),
      { axis: 1 },
    ),
    concatenate(
      made.map(({ logs }) => logs),
      { axis: 3 },
    ),
  ];
}

interface Rows {
  /** sum g y of each row. */
  readonly offset: Value;
  readonly logs: Value;
}

function backward(
  { q, k, v, mask }: Operands,
  g: Value,
  { offset, logs }: Rows,
  parts: readonly (readonly Part[])[],
  causal: boolean,
): readonly Value[] {
  // Computed again, and not kept from the way forward.
  const again = { q: barrier(q), k: barrier(k), v, mask };
  const [ofKeys, ofValues] = [new Map<number, Value>(), new Map<number, Value>()];
  const grow = (sums: Map<number, Value>, at: number, part: Value) => {
    const sum = sums.get(at);
    sums.set(at, sum === undefined ? part : add(sum, part));
  };
  const ofQueries = parts.map((row) => {
    let slope: Value | undefined;
    for (const part of row) {
      const { rows, columns } = part;
      const column = (x: Value) => expandDims(cut(x, 3, rows), 4);
      const arriving = cut(g, 1, rows);
      const p = exp(sub(partOf(again, part, causal), column(logs)));
      const ofP = einsum('ntgre,nsge->ngrts', arriving, cut(v, 1, columns));
      const ofScores = mul(p, sub(ofP, column(offset)));
      const own = einsum('ngrts,nsgd->ntgrd', ofScores, cut(k, 1, columns));
      slope = slope === undefined ? own : add(slope, own);
      grow(ofValues, columns[0], einsum('ngrts,ntgre->nsge', p, arriving));
      grow(ofKeys, columns[0], einsum('ngrts,ntgrd->nsgd', ofScores, cut(q, 1, rows)));
    }
    return slope ?? q;
  });
  return [concatenate(ofQueries, { axis: 1 }), whole(k, ofKeys), whole(v, ofValues)];
}

/** The gradients of blocks of keys side by side; zeros of those that nothing sees, which stand last. */
function whole(like: Value, sums: ReadonlyMap<number, Value>): Value {
  const made = [...sums.entries()].sort(([a], [b]) => a - b).map(([, sum]) => sum);
  const joined = concatenate(made, { axis: 1 });
  const missing = (like.shape[1] ?? 0) - (joined.shape[1] ?? 0);
  return missing === 0 ? joined : pad(joined, { high: [0, missing] });
}
