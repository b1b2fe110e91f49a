import {
  boundSteps,
  type FloatDType,
  placeholder,
  type Shape,
  sizeOf,
  type Tensor,
  type TypedArray,
  tensorAt,
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
  const program = trace(inputs, outputs);
  const { values, steps } = boundSteps(
    program,
    inputs.map(({ spec }) => tensorOf(spec)),
  );
  const places = program.body.map(({ inputs: operands, first, outputs: made }) => ({
    operands,
    first,
    end: first + made.length,
  }));
  const results = program.outputs.map((number) => tensorAt(values, number));
  const fresh = new Uint8Array(values.length).fill(1);
  let isFirst = true;
  return (given) => {
    for (let i = 0; i < inputs.length; i++) {
      const [own, numbers] = [values[i]?.data ?? nothing, given[i] ?? nothing];
      fresh[i] = isFirst || !isSame(own, numbers) ? 1 : 0;
      if (fresh[i] === 1) own.fill(0).set(numbers);
    }
    for (let s = 0; s < steps.length; s++) {
      const { operands = [], first = 0, end = 0 } = places[s] ?? {};
      const isFresh = isFirst || reaches(operands, fresh);
      for (let i = first; i < end; i++) {
        fresh[i] = isFresh ? 1 : 0;
        if (isFresh) clear(values[i]?.data ?? nothing);
      }
      if (isFresh) steps[s]?.();
    }
    isFirst = false;
    return results.map(({ shape, dtype, data }) => ({ shape, dtype, data: data.slice() }));
  };
}

const nothing = new Float64Array();

function reaches(operands: readonly number[], fresh: Uint8Array): boolean {
  for (let i = 0; i < operands.length; i++) if (fresh[operands[i] ?? 0] === 1) return true;
  return false;
}

/** Zeros, one by one where there are few: `fill` costs a call out of the engine's code. */
function clear(data: TypedArray): void {
  if (data.length > 32) data.fill(0);
  else for (let i = 0; i < data.length; i++) data[i] = 0;
}

/** Whether numbers are the same, the sign of 0 and NaN included. */
function isSame(a: TypedArray, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < b.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

/** Numbers for inputs of those shapes. */
export function draw(shapes: readonly Shape[], next: () => number): Float64Array[] {
  return shapes.map((shape) => Float64Array.from({ length: sizeOf(shape) }, next));
}
