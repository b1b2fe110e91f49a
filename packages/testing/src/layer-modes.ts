import type { Shape } from '@pullback/core';
import { ConformanceError } from './case.ts';
import { refuseOtherNumbers } from './layer-purity.ts';
import { type AnyLayer, runUse, useOf } from './layer-use.ts';
import type { Setting } from './test-scope.ts';

/** The declaration of a layer of how training differs from prediction. */
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

const DRAWS = 48;

/** Random training keeps the scale of what prediction gives; or mean and variance over normal numbers, as alpha dropout. */
function examineExpectation(
  training: ReturnType<typeof runUse>,
  prediction: ReturnType<typeof runUse>,
  inputs: readonly Float64Array[],
): void {
  const wanted = prediction({ inputs });
  const drawn = Array.from({ length: DRAWS }, (_, step) => training({ inputs, step }));
  wanted.forEach(({ data }, o) => {
    const target = Array.from(data);
    const runs = drawn.map((results) => Array.from(results[o]?.data ?? []));
    const power = average(target.map((x) => x * x));
    if (!(power > 0)) return;
    // By draws, whose numbers may hang together as where one mask is for all.
    const factors = moments(runs.map((run) => average(run.map((x, k) => x * (target[k] ?? 0))) / power));
    const allowed = 0.05 + (5 * factors.deviation) / Math.sqrt(DRAWS);
    const [got, expected] = [moments(runs.flat()), moments(target)];
    const sameMean = Math.abs(got.mean - expected.mean) < allowed * Math.sqrt(power);
    const keepsBoth = sameMean && Math.abs(got.deviation / expected.deviation - 1) < allowed;
    // A wrong scale would show in a mean that is not 0: as one over a softmax that noise makes flatter.
    const keepsMean = Math.abs(expected.mean) > 3 * allowed * Math.sqrt(power) && sameMean;
    // An addition that does not depend on the input, as noise whose mean is not 0, keeps the scale and moves the whole.
    const moves = moments(runs.map((run) => average(run) - expected.mean));
    const added = 0.3 * Math.sqrt(power) + (5 * moves.deviation) / Math.sqrt(DRAWS);
    if (Math.abs(moves.mean) > added)
      throw new ConformanceError({
        what: 'random training moves what prediction gives',
        got: `${Number(moves.mean.toPrecision(3))} more in the mean of ${DRAWS} draws`,
        expected: 'noise whose mean is 0; differsWhileTraining declares another',
      });
    if (Math.abs(factors.mean - 1) <= allowed || keepsBoth || keepsMean) return;
    throw new ConformanceError({
      what: 'training keeps neither the mean of what prediction gives nor, over normal numbers, mean and variance: a scale is missing or wrong',
      got: `${Number(factors.mean.toPrecision(3))} times it, the mean of ${DRAWS} draws`,
      expected: '1 time; differsWhileTraining declares another',
    });
  });
}

/** Numbers of mean 0 and variance 1 to the last digit, where they are not all equal. */
export function standardized(numbers: Float64Array): Float64Array {
  const { mean, deviation } = moments(Array.from(numbers));
  return deviation > 0 ? numbers.map((x) => (x - mean) / deviation) : numbers;
}

function moments(numbers: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const mean = average(numbers);
  return { mean, deviation: Math.sqrt(average(numbers.map((x) => (x - mean) ** 2))) };
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((total, x) => total + x, 0) / numbers.length;
}
