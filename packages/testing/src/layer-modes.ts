import { type Shape, sizeOf } from '@pullback/core';
import { ConformanceError } from './case.ts';
import { refuseOtherNumbers } from './layer-purity.ts';
import { type AnyLayer, runUse, useOf } from './layer-use.ts';
import type { Setting } from './test-scope.ts';

/** What a layer says of how training differs from prediction. */
export interface Declared {
  readonly mixesWhileTraining: boolean;
  readonly random: boolean | 'always';
  readonly differsWhileTraining: boolean;
}

/** That random numbers are drawn where that was declared, and other ones at each step. @throws ConformanceError */
export function examineDraws(
  make: () => AnyLayer,
  shapes: readonly Shape[],
  inputs: readonly Float64Array[],
  { random, ...setting }: Setting & Pick<Declared, 'random'>,
): void {
  const [training, prediction] = [true, false].map((mode) =>
    useOf(make(), shapes, { ...setting, training: mode }),
  );
  if (training === undefined || prediction === undefined) return;
  if (random !== 'always' && prediction.draws > 0)
    throw new ConformanceError({
      what: 'prediction draws random numbers',
      got: `${prediction.draws} keys`,
      expected: "none where scope.training is false; random: 'always' declares them",
    });
  if (random === false) {
    if (training.draws > 0)
      throw new ConformanceError({
        what: 'training draws random numbers',
        got: `${training.draws} keys`,
        expected: 'none; random: true declares them',
      });
    return;
  }
  const run = runUse(training);
  const [first, again, next] = [0, 0, 1].map((step) => run({ inputs, step }));
  refuseOtherNumbers('the same step draws other random numbers', again ?? [], first ?? [], 0);
  if (JSON.stringify(first) === JSON.stringify(next))
    throw new ConformanceError({
      what: 'it was declared to be random, and training draws the same at each step',
      got: 'the same numbers at steps 0 and 1',
      expected: 'other ones, by scope.randomKey()',
    });
}

/** That training gives what prediction gives, unless something was declared. @throws ConformanceError */
export function examineModes(
  make: () => AnyLayer,
  shapes: readonly Shape[],
  inputs: readonly Float64Array[],
  { mixesWhileTraining, random, differsWhileTraining, ...setting }: Setting & Declared,
): void {
  if (mixesWhileTraining || differsWhileTraining) return;
  const [training, prediction] = [true, false].map((mode) =>
    useOf(make(), shapes, { ...setting, training: mode }),
  );
  if (training === undefined || prediction === undefined) return;
  if (random === false)
    refuseOtherNumbers(
      'training gives other numbers than prediction, which was not declared',
      runUse(training)({ inputs }),
      runUse(prediction)({ inputs }),
      1e-12,
      ', as in prediction; mixesWhileTraining, random or differsWhileTraining declare it',
    );
  else if (random === true) examineExpectation(runUse(training), runUse(prediction), inputs);
}

const DRAWS = 24;

/** Random training keeps the mean of what prediction gives, or, as alpha dropout, mean and variance over normal numbers. */
function examineExpectation(
  training: ReturnType<typeof runUse>,
  prediction: ReturnType<typeof runUse>,
  inputs: readonly Float64Array[],
): void {
  const wanted = prediction({ inputs });
  const drawn = Array.from({ length: DRAWS }, (_, step) => training({ inputs, step }));
  wanted.forEach(({ shape, data }, o) => {
    const runs = drawn.map((results) => Array.from(results[o]?.data ?? []));
    const target = Array.from(data);
    const count = sizeOf(shape);
    if (count === 0) return;
    const means = target.map((_, k) => average(runs.map((run) => run[k] ?? 0)));
    const power = average(target.map((x) => x * x));
    if (power === 0) return;
    const factor = average(means.map((m, k) => m * (target[k] ?? 0))) / power;
    const noise =
      Math.sqrt(
        average(
          target.map((x, k) => x * x * average(runs.map((run) => ((run[k] ?? 0) - (means[k] ?? 0)) ** 2))),
        ) /
          (DRAWS * count),
      ) / power;
    const allowed = 0.1 + 5 * noise;
    const moments = (numbers: readonly number[]) => {
      const mean = average(numbers);
      return { mean, deviation: Math.sqrt(average(numbers.map((x) => (x - mean) ** 2))) };
    };
    const [got, expected] = [moments(runs.flat()), moments(target)];
    const keeps =
      Math.abs(got.deviation / expected.deviation - 1) < 0.15 + 5 * noise &&
      Math.abs(got.mean - expected.mean) < (0.15 + 5 * noise) * expected.deviation;
    if (Math.abs(factor - 1) <= allowed || keeps) return;
    throw new ConformanceError({
      what: `training keeps neither the mean of what prediction gives nor, over normal numbers, mean and variance: a scale is missing or wrong`,
      got: `${Number(factor.toPrecision(3))} times it, the mean of ${DRAWS} draws`,
      expected: '1 time; differsWhileTraining declares another',
    });
  });
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((total, x) => total + x, 0) / numbers.length;
}
