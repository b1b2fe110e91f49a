import type { Shape } from '@pullback/core';
import { ConformanceError } from './case.ts';
import { type AnyLayer, runUse, settled, useOf } from './layer-use.ts';
import { examinePrecision } from './precision.ts';
import type { Setting } from './test-scope.ts';

/** That a state is set in training, to what has its shape, and never in prediction. @throws ConformanceError */
export function examineState(make: () => AnyLayer, shapes: readonly Shape[], setting: Setting): void {
  const [training, prediction] = [true, false].map((mode) =>
    useOf(make(), shapes, { ...setting, training: mode }),
  );
  if (training === undefined || prediction === undefined) return;
  const namesOf = (use: typeof training) => new Set(use.states.map(({ name }) => name));
  for (const { name, next } of prediction.states) {
    if (next.length > 0)
      throw new ConformanceError({
        what: `prediction sets the state '${name}'`,
        got: 'state.set where scope.training is false',
        expected: 'state.set in training alone: prediction keeps nothing',
      });
    if (!namesOf(training).has(name))
      throw new ConformanceError({
        what: `prediction reads the state '${name}', which training does not have`,
        got: `${[...namesOf(training)].join(', ') || 'no state'} in training`,
        expected: `'${name}' in both`,
      });
  }
  for (const name of namesOf(training)) {
    const asked = training.states.filter((state) => state.name === name);
    const sets = asked.flatMap(({ next }) => next);
    if (sets.length === 0)
      throw new ConformanceError({
        what: `training never sets the state '${name}'`,
        got: 'its first numbers for ever',
        expected: 'state.set in training, or a parameter with trainable: false',
      });
    for (const { shape, dtype } of sets)
      if (shape.join() !== asked[0]?.shape.join() || dtype !== setting.dtype)
        throw new ConformanceError({
          what: `the state '${name}' changes its shape or dtype when it is set`,
          got: `${dtype}[${shape.join(', ')}]`,
          expected: `${setting.dtype}[${asked[0]?.shape.join(', ')}]`,
        });
  }
}

/** That neither outputs nor states are NaN for a batch of zeros, or of one sample. @throws ConformanceError */
export function examineNaN(
  what: string,
  make: () => AnyLayer,
  shapes: readonly Shape[],
  inputs: readonly Float64Array[],
  setting: Setting,
): void {
  const use = useOf(make(), shapes, setting);
  const sets = use.states.flatMap(({ name, next }) =>
    next.map((value) => ({ name: `the state '${name}'`, value })),
  );
  const all = [...use.outputs.map((value) => ({ name: 'the output', value })), ...sets];
  const results = runUse(
    use,
    all.map(({ value }) => value),
  )({ inputs });
  results.forEach(({ data }, i) => {
    if (data.some((x) => Number.isNaN(x)))
      throw new ConformanceError({
        what: `${all[i]?.name} of ${what}, in ${setting.training ? 'training' : 'prediction'}`,
        got: `NaN, in [${Array.from(data).join(', ')}]`,
        expected: 'numbers',
      });
  });
}

/** That outputs are of the scope's dtype, and that float64 does not go by way of float32. @throws ConformanceError */
export function examineDTypes(
  make: () => AnyLayer,
  shapes: readonly Shape[],
  inputs: readonly Float64Array[],
  setting: Setting,
): void {
  const { outputs: single } = useOf(make(), shapes, { ...setting, dtype: 'float32' });
  const other = single.find(({ dtype }) => dtype === 'float64');
  if (other !== undefined)
    throw new ConformanceError({
      what: 'the dtype of the output',
      got: other.dtype,
      expected: 'float32, the dtype of the scope',
    });
  const { outputs, ...use } = useOf(make(), shapes, setting);
  if (use.draws > 0) return;
  const held = [...use.parameters, ...use.states];
  const given = [...inputs, Float64Array.of(0), ...held.map(settled)];
  examinePrecision(
    'the output',
    [...use.inputs, use.step, ...held.map(({ value }) => value)],
    outputs,
    given,
  );
}
