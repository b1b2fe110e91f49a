import {
  add,
  checkCall,
  checkOptions,
  equal,
  expandDims,
  type FieldsOf,
  field,
  formatShape,
  type Layer,
  OptionError,
  type Scope,
  ShapeError,
  type Value,
} from '@pullback/core';
import { dense } from '../dense.ts';
import { dropout } from '../noise.ts';
import { layerNorm, rmsNorm } from '../normalization/layer-norm.ts';
import { embedding, embeddingFields } from './embedding.ts';
import { type FeedForwardOptions, feedForward, feedForwardFields } from './feed-forward.ts';
import {
  type MultiHeadAttentionOptions,
  multiHeadAttention,
  multiHeadAttentionFields,
} from './multi-head-attention.ts';
import { learnedPositions, sinusoidalPositions } from './positions.ts';

export interface TransformerOptions extends MultiHeadAttentionOptions, Omit<FeedForwardOptions, 'name'> {
  /** Inner units of the feed-forward part; 4 times the width when left out. */
  readonly units?: number;
  /** layerNorm when left out. */
  readonly norm?: 'layerNorm' | 'rmsNorm';
  /** Of both normalizations; theirs when left out. */
  readonly epsilon?: number;
  /** Whether each part sees its input normalized, x + f(norm x), or its sum is, norm(x + f(x)); `pre` when left out. */
  readonly placement?: 'pre' | 'post';
  /** The share of what each part adds that is dropped while training; 0 when left out. */
  readonly dropout?: number;
}

const { heads, ...attentionFields } = multiHeadAttentionFields;
const { units: _units, ...innerFields } = feedForwardFields;

export const transformerFields = {
  ...attentionFields,
  ...innerFields,
  units: field.whole({ from: 1 }),
  norm: field.oneOf('layerNorm', 'rmsNorm'),
  epsilon: field.number({ above: 0 }),
  placement: field.oneOf('pre', 'post'),
  dropout: field.number({ from: 0, below: 1 }),
} satisfies FieldsOf<TransformerOptions>;

export const transformerBlockFields = { ...transformerFields, heads };

/**
 * Attention and a feed-forward part, each added to what it is of: x [n, t, width] to the same shape, with or without a mask of `attention`
 * as second input. Sources: Vaswani et al. 2017, 3.1; Xiong et al. 2020 for `pre`.
 * @throws as multiHeadAttention and feedForward.
 */
export function transformerBlock(heads: number, options: TransformerOptions = {}): Layer<readonly Value[]> {
  checkCall('transformerBlock', { heads }, options, transformerBlockFields);
  const { units, norm = 'layerNorm', epsilon, placement = 'pre', dropout: rate = 0, name, ...rest } = options;
  const { keyValueHeads: _k, causal: _c, rotary: _r, block: _b, ...inner } = rest;
  const { activation: _a, gated: _g, ...outer } = rest;
  const attention = multiHeadAttention(heads, { ...outer, name: 'attention' });
  const normalization = norm === 'layerNorm' ? layerNorm : rmsNorm;
  const norms = ['attentionNorm', 'feedForwardNorm'].map((each) =>
    normalization({ name: each, ...(epsilon !== undefined && { epsilon }) }),
  );
  const drops = ['attentionDropout', 'feedForwardDropout'].map((each) => dropout(rate, { name: each }));
  let forward: Layer<readonly [Value]> | undefined;
  return {
    name: 'transformerBlock',
    label: name,
    source: 'Vaswani et al. 2017',
    forward: (scope, ...[x, mask]) => {
      if (x === undefined) throw new OptionError({ got: 'no input', expected: 'one at least' });
      forward ??= feedForward(units ?? 4 * (x.shape.at(-1) ?? 1), { ...inner, name: 'feedForward' });
      const step = (i: number, z: Value, part: (y: Value) => Value) => {
        const [normalize, drop] = [norms[i], drops[i]];
        const normalized = (y: Value) => (normalize === undefined ? y : scope.apply(normalize, y));
        const made = part(placement === 'pre' ? normalized(z) : z);
        const sum = add(z, drop === undefined || rate === 0 ? made : scope.apply(drop, made));
        return placement === 'pre' ? sum : normalized(sum);
      };
      const last = forward;
      const y = step(0, x, (z) => scope.apply(attention, ...(mask === undefined ? [z] : [z, z, mask])));
      return step(1, y, (z) => scope.apply(last, z));
    },
  };
}

export interface LanguageModelOptions extends Omit<TransformerOptions, 'causal' | 'rotary'> {
  readonly vocabulary: number;
  /** How long sequences may be. */
  readonly context: number;
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  /** How places are told apart; `learned` when left out. */
  readonly positions?: 'learned' | 'sinusoidal' | 'rotary';
  /** Whether the scores are made by the table of the embedding; true when left out. */
  readonly tied?: boolean;
}

const { causal: _causal, rotary: _rotary, ...blockFields } = transformerFields;
const size = field.needed(field.whole({ from: 1 }));

export const languageModelFields = {
  ...blockFields,
  vocabulary: embeddingFields.vocabulary,
  context: size,
  width: size,
  heads: size,
  layers: field.needed(field.whole({ from: 0 })),
  positions: field.oneOf('learned', 'sinusoidal', 'rotary'),
  tied: field.flag(),
} satisfies FieldsOf<LanguageModelOptions>;

/**
 * A causal transformer: tokens [n, t] to scores [n, t, vocabulary] of the token that comes next. A second input [n, t] says by a number which
 * text a token belongs to: it then sees that text alone, and several texts can be packed into one row. Source: Radford et al. 2019.
 * @throws DataError for a token outside of the vocabulary, ShapeError for a sequence longer than the context, OptionError for wrong options.
 */
export function languageModel(options: LanguageModelOptions): Layer<readonly Value[]> {
  checkOptions('languageModel', options, languageModelFields);
  const { vocabulary, context, width, heads, layers, positions = 'learned', tied = true, name } = options;
  if (width % heads !== 0)
    throw new OptionError({ got: `a width of ${width} for ${heads} heads`, expected: 'a multiple of it' });
  const { norm = 'layerNorm', epsilon, placement = 'pre' } = options;
  const block = blockOptions(options);
  const tokens = embedding(vocabulary, width, { name: 'tokens' });
  const places = { learned: learnedPositions, sinusoidal: sinusoidalPositions, rotary: undefined }[positions];
  const positioned = places?.(context, { name: 'positions' });
  const blocks = Array.from({ length: layers }, (_, i) =>
    transformerBlock(heads, {
      ...block,
      causal: true,
      name: `block${i}`,
      ...(positions === 'rotary' && { rotary: { length: context } }),
    }),
  );
  const last = (norm === 'layerNorm' ? layerNorm : rmsNorm)({
    name: 'norm',
    ...(epsilon !== undefined && { epsilon }),
  });
  const scores = tied ? tokens.logits : dense(vocabulary, { bias: false, name: 'scores' });
  return {
    name: 'languageModel',
    label: name,
    source: 'Radford et al. 2019',
    forward: (scope, ...[x, segments]) => {
      refuseOthers(scope, x, context);
      const embedded = scope.apply(tokens, x);
      const mask = segments && segmentMask(segments);
      let y = positioned === undefined ? embedded : scope.apply(positioned, embedded);
      for (const each of blocks) y = scope.apply(each, ...(mask === undefined ? [y] : [y, mask]));
      return scope.apply(scores, placement === 'pre' ? scope.apply(last, y) : y);
    },
  };
}

/** Whether two places belong to one text, [n, t, t], by the numbers [n, t] of their texts. */
export function segmentMask(segments: Value): Value {
  return equal(expandDims(segments, 2), expandDims(segments, 1));
}

function blockOptions({
  vocabulary: _v,
  context: _c,
  width: _w,
  heads: _h,
  layers: _l,
  positions: _p,
  tied: _t,
  name: _n,
  ...block
}: LanguageModelOptions): Omit<TransformerOptions, 'name'> {
  return block;
}

function refuseOthers(_: Scope, x: Value | undefined, context: number): asserts x is Value {
  const [, t = 0] = x?.shape ?? [];
  if (x?.shape.length !== 2 || t > context)
    throw new ShapeError({
      got: formatShape(x?.shape ?? []),
      expected: `tokens [n, t], t at most ${context}, the context`,
    });
}
