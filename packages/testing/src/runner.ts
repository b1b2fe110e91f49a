import {
  type FloatDType,
  placeholder,
  type Shape,
  sizeOf,
  type Tensor,
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

/** Runs outputs for given inputs. */
export function runner(inputs: readonly Value[], outputs: readonly Value[]): Numbers {
  const { body, outputs: places } = trace(inputs, outputs);
  return (given) => {
    const values = inputs.map(({ spec }, i) => {
      const tensor = tensorOf(spec);
      tensor.data.set(given[i] ?? []);
      return tensor;
    });
    for (const { primitive, attributes, inputs: operands, outputs: specs } of body) {
      const [first, ...others] = specs.map(tensorOf);
      if (first === undefined) continue;
      primitive.evaluate(
        operands.flatMap((operand) => values[operand] ?? []),
        [first, ...others],
        attributes,
      );
      values.push(first, ...others);
    }
    return places.flatMap((place) => values[place] ?? []);
  };
}

/** Numbers for inputs of those shapes. */
export function draw(shapes: readonly Shape[], next: () => number): Float64Array[] {
  return shapes.map((shape) => Float64Array.from({ length: sizeOf(shape) }, next));
}
