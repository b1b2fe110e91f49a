import { constant, type FloatDType, type Shape, type Value } from '@pullback/core';
import { examineJacobian } from './jacobian.ts';
import { type AnyLayer, outputsOf, useOf } from './layer-use.ts';
import type { Ground } from './parity.ts';
import { type AskedState, firstNumbers, type Setting } from './test-scope.ts';

interface GradientOptions {
  readonly name: string;
  readonly tolerance: number;
  readonly whole: boolean;
}

/** Gradients at the inputs and at every parameter that is trained, against differences. */
export function examineGradients(
  make: () => AnyLayer,
  batches: readonly Shape[],
  numbers: readonly Float64Array[],
  { name, tolerance, whole, ...setting }: Setting & GradientOptions,
): void {
  const { parameters } = useOf(make(), batches, setting);
  const { f, shapes, numbers: all } = groundOf(make, batches, numbers, setting);
  const fixed = new Set(
    parameters.flatMap(({ options }, i) => (options.trainable === false ? [batches.length + i] : [])),
  );
  if (whole) for (const i of batches.keys()) fixed.add(i);
  const titles = batches.map((_, i) => (batches.length > 1 ? `input ${i}` : 'the input'));
  const names = [...titles, ...parameters.map(({ name: path }) => `'${path}'`)];
  const free = all.map((_, i) => i).filter((i) => !fixed.has(i));
  const of = (...given: Value[]) => {
    const places = new Map(free.map((place, i) => [place, given[i]]));
    return f(
      ...all.map(
        (own, i) => places.get(i) ?? constant({ shape: shapes[i] ?? [], data: own }, { dtype: 'float64' }),
      ),
    );
  };
  examineJacobian(
    {
      f: of,
      shapes: free.map((i) => shapes[i] ?? []),
      what: `the gradient of ${name}`,
      names: free.map((i) => names[i] ?? ''),
      tolerance,
    },
    free.map((i) => all[i] ?? new Float64Array()),
  );
}

/** The layer as a function of its inputs and its parameters, with numbers near their first ones. */
export function groundOf(
  make: () => AnyLayer,
  batches: readonly Shape[],
  numbers: readonly Float64Array[],
  { layout, training }: Setting,
): Ground {
  const { parameters, states } = useOf(make(), batches, { layout, training, dtype: 'float64' });
  const f = (...given: Value[]) => {
    const dtype = given[0]?.dtype === 'float32' ? 'float32' : 'float64';
    return outputsOf(
      make(),
      given.slice(0, batches.length),
      given.slice(batches.length),
      { layout, training, dtype },
      states.map((state) => held(state, dtype)),
    );
  };
  return {
    f,
    shapes: [...batches, ...parameters.map(({ shape }) => shape)],
    numbers: [...numbers, ...parameters.map((each) => shaken(firstNumbers(each, 3), 3))],
  };
}

/** A state with its first numbers. */
export function held(state: AskedState, dtype: FloatDType): Value {
  return constant({ shape: state.shape, data: firstNumbers(state, 0) }, { dtype });
}

/** Numbers that are not all equal, as biases of 0 are: what two places are mixed up for would not show. */
function shaken(numbers: Float64Array, seed: number): Float64Array {
  return numbers.map((x, i) => x + 0.2 * Math.sin(3 * i + seed + 1));
}
