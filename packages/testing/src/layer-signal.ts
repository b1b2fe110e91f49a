import { gradient, mul, type Shape, sum } from '@pullback/core';
import { ConformanceError } from './case.ts';
import { type AnyLayer, runUse, useOf } from './layer-use.ts';
import { placeOf } from './numbers-as-text.ts';
import { firstNumbers, type Setting } from './test-scope.ts';

/** Of inputs that are all NaN no output is a number, unless it does not depend on them. @throws ConformanceError */
export function examineHiddenNaN(
  make: () => AnyLayer,
  shapes: readonly Shape[],
  [inputs, others]: readonly [readonly Float64Array[], readonly Float64Array[]],
  setting: Setting,
): void {
  const use = useOf(make(), shapes, setting);
  if (use.draws > 0) return;
  const run = runUse(use);
  const [one, other] = [run({ inputs }), run({ inputs: others })];
  const lost = run({ inputs: inputs.map((x) => x.map(() => Number.NaN)) });
  lost.forEach(({ data, shape }, o) => {
    data.forEach((value, k) => {
      if (Number.isNaN(value) || one[o]?.data[k] === other[o]?.data[k]) return;
      throw new ConformanceError({
        what: `output ${placeOf(k, shape)} hides a NaN`,
        got: `${value} of inputs that are all NaN`,
        expected: 'NaN: a run that went wrong must show',
      });
    });
  });
}

/**
 * From the first numbers of its parameters a layer learns: some gradient arrives at one of them, though not at each, as where one starts
 * from 0.
 * @throws ConformanceError
 */
export function examineStart(
  make: () => AnyLayer,
  shapes: readonly Shape[],
  inputs: readonly Float64Array[],
  setting: Setting,
): void {
  const use = useOf(make(), shapes, setting);
  const learned = use.parameters.filter(({ options }) => options.trainable !== false);
  if (learned.length === 0 || use.outputs.some(({ dtype }) => dtype !== setting.dtype)) return;
  const learnedValues = learned.map(({ value }) => value);
  // A cube has a gradient where the sum is the same whatever the numbers are, as that of a softmax.
  const slopes = use.outputs.flatMap((y) =>
    [y, mul(y, mul(y, y))].flatMap((each) => gradient(sum(each), learnedValues)),
  );
  const run = runUse(use, slopes);
  // Random dropping may drop everything at a step.
  const found = Array.from({ length: use.draws > 0 ? 24 : 3 }, (_, step) => step).some((step) =>
    run({ inputs, step, parameters: use.parameters.map((each) => firstNumbers(each, step + 1)) }).some(
      ({ data }) => data.some((x) => x !== 0),
    ),
  );
  if (found) return;
  throw new ConformanceError({
    what: `the gradient at every parameter, from their first numbers: ${learned.map(({ name }) => name).join(', ')}`,
    got: '0 everywhere, for one seed after the other: it never learns',
    expected: 'a number other than 0 in one of them',
  });
}
