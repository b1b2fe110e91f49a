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

/** Runs outputs for given inputs. What no output shows is computed in the same tensors each time, cleared before. */
export function runner(inputs: readonly Value[], outputs: readonly Value[]): Numbers {
  const { body, outputs: places } = trace(inputs, outputs);
  const shown = new Set(places);
  const values: Tensor[] = inputs.map(({ spec }) => tensorOf(spec));
  const steps = body.map(({ primitive, attributes, inputs: operands, first, outputs: specs }) => {
    values.push(...specs.map(tensorOf));
    return { primitive, attributes, operands, first, specs };
  });
  return (given) => {
    for (let i = 0; i < inputs.length; i++) renew(values, i, shown).data.set(given[i] ?? []);
    for (const { primitive, attributes, operands, first, specs } of steps) {
      const made = renew(values, first, shown);
      const others = specs.slice(1).map((_, i) => renew(values, first + 1 + i, shown));
      const read = operands.map((operand) => values[operand] ?? made);
      primitive.evaluate(read, [made, ...others], attributes);
    }
    return places.flatMap((place) => values[place] ?? []);
  };
}

/** The tensor at a place, all zeros; a new one where the last run's was handed out. */
function renew(values: Tensor[], place: number, shown: ReadonlySet<number>): Tensor {
  const last = values[place] ?? tensorOf({ shape: [], dtype: 'float64' });
  if (!shown.has(place)) {
    last.data.fill(0);
    return last;
  }
  const next = tensorOf(last);
  values[place] = next;
  return next;
}

/** Numbers for inputs of those shapes. */
export function draw(shapes: readonly Shape[], next: () => number): Float64Array[] {
  return shapes.map((shape) => Float64Array.from({ length: sizeOf(shape) }, next));
}
