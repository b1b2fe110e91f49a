import {
  type FloatDType,
  placeholder,
  type Shape,
  sizeOf,
  type Tensor,
  type TypedArray,
  tensorOf,
  trace,
  type Value,
} from '@pullback/core';

/** A function of Values, traced once and run by the primitives' own meaning: numbers in, numbers out. */
export type Numbers = (inputs: readonly Float64Array[]) => Tensor[];

export interface Built {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/** The graph of `f` on placeholders of those shapes. */
export function build(
  f: (...x: Value[]) => Value | readonly Value[],
  shapes: readonly Shape[],
  dtype: FloatDType,
): Built {
  const inputs = shapes.map((shape, i) => placeholder({ shape, dtype }, `input ${i}`));
  return { inputs, outputs: [f(...inputs)].flat() };
}

/**
 * Runs outputs for given inputs, in the same tensors each time, cleared before; the outputs are copies. A tensor that none of the
 * changed inputs reaches stays as it is.
 */
export function runner(inputs: readonly Value[], outputs: readonly Value[]): Numbers {
  const { body, outputs: places } = trace(inputs, outputs);
  const values: Tensor[] = inputs.map(({ spec }) => tensorOf(spec));
  const steps = body.map(({ primitive, attributes, inputs: operands, first, outputs: specs }) => {
    const read = operands.flatMap((operand) => values[operand] ?? []);
    const [made = nothing, ...others] = specs.map(tensorOf);
    values.push(made, ...others);
    return { primitive, attributes, operands, first, read, made: [made, ...others] as const };
  });
  const fresh = values.map(() => true);
  let isFirst = true;
  return (given) => {
    for (let i = 0; i < inputs.length; i++) {
      const [own, numbers] = [values[i] ?? nothing, given[i] ?? []];
      fresh[i] = isFirst || !isSame(own.data, numbers);
      if (fresh[i]) own.data.fill(0).set(numbers);
    }
    for (const { primitive, attributes, operands, first, read, made } of steps) {
      const isFresh = isFirst || operands.some((operand) => fresh[operand]);
      fresh.fill(isFresh, first, first + made.length);
      if (!isFresh) continue;
      for (const { data } of made) data.fill(0);
      primitive.evaluate(read, made, attributes);
    }
    isFirst = false;
    return places.map((place) => {
      const { data, ...spec } = values[place] ?? nothing;
      return { ...spec, data: data.slice() };
    });
  };
}

const nothing = tensorOf({ shape: [0], dtype: 'float64' });

/** Whether numbers are the same, the sign of 0 and NaN included. */
function isSame(a: TypedArray, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < b.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

/** Numbers for inputs of those shapes. */
export function draw(shapes: readonly Shape[], next: () => number): Float64Array[] {
  return shapes.map((shape) => Float64Array.from({ length: sizeOf(shape) }, next));
}
