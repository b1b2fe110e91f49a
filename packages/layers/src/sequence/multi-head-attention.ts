import {
  add,
  and,
  checkCall,
  type FieldsOf,
  field,
  formatShape,
  gather,
  type Initializer,
  iota,
  type Layer,
  type LayerOptions,
  layerFields,
  less,
  lessEqual,
  OptionError,
  parts,
  reshape,
  type Scope,
  ShapeError,
  select,
  sub,
  type Value,
} from '@pullback/core';
import { filled, glorotUniform } from '../initializers.ts';
import { times } from '../products.ts';
import { type AttentionOptions, attention, blockField } from './attention.ts';
import { inRows } from './embedding.ts';
import { type RotaryOptions, rotaryFields, rotated } from './positions.ts';

export interface MultiHeadAttentionOptions extends LayerOptions {
  /** Heads of keys and values, which divide `heads`: fewer than those are grouped, one is multi-query; as many when left out. */
  readonly keyValueHeads?: number;
  /** Whether a place sees itself and those before it alone; false when left out. */
  readonly causal?: boolean;
  /** Queries and keys turned by their place. */
  readonly rotary?: RotaryOptions;
  /** With biases, or without. */
  readonly bias?: boolean;
  /** As for `attention`. */
  readonly block?: number;
  /** For all four kernels; Glorot's uniform when left out. */
  readonly kernelInitializer?: Initializer;
}

export const multiHeadAttentionFields = {
  ...layerFields,
  heads: field.needed(field.whole({ from: 1 })),
  keyValueHeads: field.whole({ from: 1 }),
  causal: field.flag(),
  rotary: field.object(rotaryFields),
  bias: field.flag(),
  block: blockField,
  kernelInitializer: parts.initializer,
} satisfies FieldsOf<MultiHeadAttentionOptions & { readonly heads: number }>;

/**
 * Each place takes of the values what its query finds in the keys, in several heads side by side: concatenate(head_1 ...) W_O + b,
 * head_i = attention(x W_Q, m W_K, m W_V). It is applied to x [n, t, width], to x and m [n, s, other width], or to x, m and a mask of
 * `attention`; m is x itself when left out. Source: Vaswani et al. 2017, 3.2.2.
 * @throws ShapeError for shapes or a mask that do not fit, OptionError for wrong options or a column layout.
 */
export function multiHeadAttention(
  heads: number,
  options: MultiHeadAttentionOptions = {},
): Layer<readonly Value[]> {
  checkCall('multiHeadAttention', { heads }, options, multiHeadAttentionFields);
  const { keyValueHeads: groups = heads, bias = true, causal = false, rotary, block } = options;
  const { kernelInitializer = glorotUniform() } = options;
  if (heads % groups !== 0)
    throw new OptionError({
      got: `${heads} heads and ${groups} of keys`,
      expected: 'a number that divides it',
    });
  return {
    name: 'multiHeadAttention',
    label: options.name,
    source: 'Vaswani et al. 2017',
    forward: (scope, ...[x, m = x, mask]) => {
      inRows(scope, 'multiHeadAttention');
      const [width, memory] = widthsOf(x, m, heads);
      if (x === undefined || m === undefined)
        throw new OptionError({ got: 'no input', expected: 'one at least' });
      const each = width / heads;
      const product = (from: Value, inputs: number, name: string, count: number) => {
        const y = times(from, scope.parameter(name, [inputs, count * each], kernelInitializer));
        return bias ? add(y, scope.parameter(`${name}Bias`, [count * each], filled(0))) : y;
      };
      const part = (from: Value, inputs: number, name: string, count: number) =>
        reshape(product(from, inputs, name, count), [...from.shape.slice(0, 2), count, each]);
      const turned = (z: Value) => (rotary === undefined ? z : rotated(scope, z, rotary));
      const q = turned(part(x, width, 'query', heads));
      const k = turned(part(m, memory, 'key', groups));
      const v = part(m, memory, 'value', groups);
      const seen = { causal, ...(mask && { mask }), ...(block !== undefined && { block }) };
      const found =
        scope.decoding === undefined || m !== x
          ? attention(q, k, v, seen)
          : decoded(scope.decoding, q, k, v, seen);
      return product(reshape(found, [...x.shape.slice(0, 2), width]), width, 'output', heads);
    },
  };
}

/** The widths of x and m. */
function widthsOf(x: Value | undefined, m: Value | undefined, heads: number): readonly [number, number] {
  const [n, , width = 0] = x?.shape ?? [];
  const [others, , memory = 0] = m?.shape ?? [];
  if (x?.shape.length !== 3 || m?.shape.length !== 3 || n !== others || width % heads !== 0)
    throw new ShapeError({
      got: [x, m].map((z) => formatShape(z?.shape ?? [])).join(' and '),
      expected: `sequences [n, t, width] and [n, s, other width], a width that ${heads} divides`,
    });
  return [width, memory];
}

/** Attention of the places that are new, to them and to all before, whose keys and values are kept. */
function decoded(
  { position, capacity, cache }: NonNullable<Scope['decoding']>,
  q: Value,
  k: Value,
  v: Value,
  { causal, mask }: AttentionOptions,
): Value {
  if (causal !== true || mask !== undefined)
    throw new OptionError({
      got: causal === true ? 'decoding with a mask' : 'decoding by attention to later places',
      expected: 'causal attention without a mask: later places are not there yet',
    });
  const [n = 0, t = 0] = q.shape;
  const place = sub(iota([capacity]), position);
  const fresh = reshape(and(lessEqual(0, place), less(place, t)), [1, capacity, 1, 1]);
  const extended = (name: string, made: Value) => {
    const { value, set } = cache(name, [n, capacity, ...made.shape.slice(2)]);
    const next = select(fresh, gather(made, place, { axis: 1 }), value);
    set(next);
    return next;
  };
  const at = add(iota([1, t, capacity], { axis: 1 }), position);
  const known = lessEqual(iota([1, t, capacity], { axis: 2 }), at);
  return attention(q, extended('keys', k), extended('values', v), { mask: known, block: 0 });
}
