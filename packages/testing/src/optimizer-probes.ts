import type { Optimizer, Shape } from '@pullback/core';
import { ConformanceError } from './case.ts';
import { near } from './numbers.ts';
import { placeOf } from './numbers-as-text.ts';
import { type Course, train, updateOf, type Weight, weightOf } from './optimizer-run.ts';
import { upstream } from './vertex-by-vertex.ts';

export type MakeOptimizer = (options: { learningRate: number }) => Optimizer;

const numbers = [0.5, -1, 2, 0.25];

/** Gradients that change from step to step and with the weight. */
export const slope = (step: number, weight: number): number => weight + Math.sin(3 * step + weight);

/**
 * A course as training has it: the rate changes, and after twenty steps the count jumps, as where training goes on from a file; by a multiple
 * of 2 to 6, for what is done every few steps.
 */
export const eventful: Course = {
  steps: 26,
  slope,
  rate: (step) => (step < 6 ? 0.1 : step < 14 ? 0.03 : 0.2 / (step - 12)),
  at: (step) => (step < 20 ? step : step + 9960),
};

export const shapes: readonly Shape[] = [
  [],
  [4],
  [2, 3],
  [3, 3],
  [1, 4],
  [2, 1, 2],
  [2, 2, 2, 2],
  [12],
  [70],
];

/** Numbers of a weight of that shape. */
export function startOf(shape: Shape): number[] {
  const count = shape.reduce((n, extent) => n * extent, 1);
  return Array.from({ length: count }, (_, k) => numbers[k] ?? Math.sin(k) * 2);
}

const fail = (what: string, got: unknown, expected: unknown): never => {
  throw new ConformanceError({ what, got: String(got), expected: String(expected) });
};

/** That the update is the same graph each time, of nothing but what is given. @throws ConformanceError */
export function examineOptimizerPurity(make: MakeOptimizer): void {
  const optimizer = make({ learningRate: 0.1 });
  const weights = [weightOf(numbers), weightOf([-3], [1], 'network/0/bias')];
  for (const time of ['first', 'second']) {
    const { inputs, updated } = updateOf(optimizer, weights);
    const made = updated.flatMap(({ weight, slots }) => [weight, ...Object.values(slots)]);
    const stranger = upstream(made, inputs).find(({ node }) => node.kind === 'leaf');
    if (stranger !== undefined)
      fail(
        `the ${time} update uses '${stranger.attributes['name'] ?? stranger.origin.path}', which it was not given`,
        'a Value that was kept from an earlier update',
        'weights, gradients, slots, rate and step alone',
      );
  }
  const runs = [optimizer, optimizer, make({ learningRate: 0.1 })].map((own) =>
    train(own, weights, { steps: 4, slope }).at(-1)?.join(' '),
  );
  if (runs.some((run) => run !== runs[0]))
    fail(
      'it is not pure: the weights after four steps, built twice',
      runs[1] === runs[0] ? runs[2] : runs[1],
      `${runs[0]}, the same as the first time`,
    );
}

/** That the rate is what the step is given, and not what the optimizer was made with. @throws ConformanceError */
export function examineRates(make: MakeOptimizer): void {
  for (const learningRate of [0.1, 0.003])
    if (make({ learningRate }).learningRate !== learningRate)
      fail(
        `the learning rate of an optimizer made with ${learningRate}`,
        make({ learningRate }).learningRate,
        learningRate,
      );
  const weights = [weightOf(numbers)];
  for (const rate of [0.03, 0.5]) {
    const course = { steps: 4, slope, rate: () => rate };
    const [got, wanted] = [0.1, rate].map(
      (learningRate) => train(make({ learningRate }), weights, course).at(-1)?.[0],
    );
    if (got?.join() !== wanted?.join())
      fail(
        `the weights for a learning rate of ${rate}, when it was made with 0.1: a change of the rate is ignored`,
        got,
        `${wanted}, as when made with ${rate}`,
      );
  }
  const [kept, changed] = [0.1, 0.02].map(
    (last) =>
      train(make({ learningRate: 0.1 }), weights, {
        steps: 8,
        slope,
        rate: (step) => (step < 2 ? 0.1 : last),
      }).at(-1)?.[0],
  );
  if (kept?.join() === changed?.join())
    fail(
      'the weights when the rate changes after two steps',
      `${changed}, as without a change`,
      'others: the rate of each step counts',
    );
  // A weight of 0 has nothing to decay: at a rate of 0 it stays.
  const still = train(make({ learningRate: 0.1 }), [weightOf([0, 0])], {
    steps: 3,
    slope: (step) => 1 + step,
    rate: () => 0,
  }).at(-1)?.[0];
  if (still?.some((w) => w !== 0))
    fail('weights of 0 after three steps with a learning rate of 0', still, '0,0');
}

/** That no gradient moves nothing: at most a weight decays. @throws ConformanceError */
export function examineZeroGradients(optimizer: Optimizer): void {
  for (const dtype of ['float64', 'float32'] as const) {
    const start = [0, 1, -2];
    const all = train(optimizer, [weightOf(start)], { steps: 5, slope: () => 0, dtype });
    for (const [weights = new Float64Array()] of all)
      weights.forEach((w, k) => {
        const first = start[k] ?? 0;
        if (!Number.isFinite(w) || Math.abs(w) > Math.abs(first) || w * first < 0)
          fail(
            `a weight of ${first} after steps with a gradient of 0, in ${dtype}`,
            w,
            first === 0 ? '0: no gradient, no move' : `${first}, or less where weights decay`,
          );
      });
  }
}

/** That neither tiny nor huge gradients make a NaN, nor one huge one among others. @throws ConformanceError */
export function examineGradientSizes(optimizer: Optimizer): void {
  for (const [dtype, sizes] of [
    ['float64', [1e-300, 1e-160, 1e-30, 1e30, 1e160]],
    ['float32', [1e-44, 1e-30, 1e25]],
  ] as const)
    for (const size of [...sizes, ...sizes.map((x) => -x)])
      for (const slopeOf of [() => size, (step: number) => (step === 1 ? size : 0.5)]) {
        const all = train(optimizer, [weightOf([...numbers, 0])], { steps: 4, slope: slopeOf, dtype });
        for (const [weights = new Float64Array()] of all) {
          const nan = weights.find(Number.isNaN);
          const infinite = Math.abs(size) <= 1e30 ? weights.find((w) => !Number.isFinite(w)) : undefined;
          const wrong = nan ?? infinite;
          if (wrong !== undefined)
            fail(
              `a weight for ${Math.abs(size) > 1 ? 'huge' : 'tiny'} gradients of ${size}, in ${dtype}`,
              wrong,
              'a number',
            );
        }
      }
}

/** That gradients that stay the same make no NaN, where a variance rounds below 0. @throws ConformanceError */
export function examineSteadyGradients(optimizer: Optimizer): void {
  const start = Array.from({ length: 24 }, (_, i) => 0.07 + 0.11 * i);
  for (const dtype of ['float64', 'float32'] as const) {
    const slope = (_: number, weight: number) => 0.11 * Math.round(weight / 0.11) + 0.07;
    const all = train(optimizer, [weightOf(start)], { steps: 400, slope, rate: () => 1e-9, dtype });
    const step = all.findIndex(([weights]) => weights?.some(Number.isNaN));
    if (step >= 0)
      fail(
        `a weight after ${step + 1} steps with the same gradient each time, in ${dtype}`,
        Number.NaN,
        'a number',
      );
  }
}

/** That a count of steps that jumps ahead, as where training goes on from a file, neither stops training nor breaks it. */
export function examineJumps(optimizer: Optimizer): void {
  for (const dtype of ['float64', 'float32'] as const) {
    const still: number[] = [];
    for (const far of [100, 1000, 50_000, 65_536, 1e6, 2 ** 31 - 40]) {
      const all = train(optimizer, [weightOf(numbers)], {
        steps: 26,
        slope: (_, w) => w + 1e-3,
        at: (step) => (step < 2 ? step : far + step),
        dtype,
      });
      const [before, after] = [all[1]?.[0], all.at(-1)?.[0]];
      const wrong = after?.find((w) => !Number.isFinite(w));
      if (wrong !== undefined) fail(`a weight after the step ${far}, in ${dtype}`, wrong, 'a number');
      if (after?.every((w, k) => w === before?.[k])) still.push(far);
      // What falls with the steps may come to rest, and stays there.
      else if (still.length > 0)
        fail(
          `the weights in 24 steps after step ${still[0]}, in ${dtype}`,
          'no move at all',
          `a move against the gradient, as after step ${far}`,
        );
    }
  }
}

/** That a weight is treated alike whatever it is called and wherever it stands in the list. @throws ConformanceError */
export function examinePaths(optimizer: Optimizer): void {
  const paths = [
    'network/0/kernel',
    'network/0/bias',
    'kernel',
    'bias',
    'encoder/norm/gamma',
    'norm/beta',
    'batchNorm/gain',
    'layerNorm/scale',
    'head/0/embedding/table',
    'slot:m',
    'slot:v/kernel',
    'network/slot:m',
    'state:mean',
    'key',
    'step',
    'weight',
    'w',
    'prelu/slope',
    'lora/a',
    'constructor',
    '__proto__',
    'network/10/1/kernel',
    'é b',
  ];
  const weights = paths.map((path) => weightOf(numbers, [2, 2], path));
  train(optimizer, weights, { steps: 3, slope }).forEach((all, step) => {
    const [first] = all;
    const other = all.findIndex((own) => own.join() !== first?.join());
    if (other > 0)
      fail(
        `the weight with the path '${paths[other]}' after step ${step + 1}: equal weights with equal gradients part by their names or places`,
        all[other],
        `${first}, as '${paths[0]}'`,
      );
  });
}

/** That a weight does not depend on the others. @throws ConformanceError */
export function examineOtherWeights(optimizer: Optimizer): void {
  const weights = [
    weightOf(numbers),
    weightOf([3, -1, 1, 0], [4], 'network/1/kernel'),
    weightOf([1, 2, 3, 4, 5, 6], [2, 3], 'network/2/kernel'),
    weightOf([-3], [], 'network/2/bias'),
  ];
  const course = { steps: 5, slope };
  const together = train(optimizer, weights, course).at(-1) ?? [];
  weights.forEach((weight, i) => {
    const [alone] = train(optimizer, [weight], course).at(-1) ?? [];
    if (alone?.join() !== together[i]?.join())
      fail(
        `parameters influence each other: weight ${i} of shape [${weight.shape.join(', ')}] beside others`,
        together[i],
        `${alone}, as alone`,
      );
  });
}

/** That a number is updated alike in a weight of any shape, whatever stands beside it. @throws ConformanceError */
export function examineOtherNumbers(optimizer: Optimizer, tolerance: number): void {
  const known = new Map<number, number>();
  const alone = (first: number) => {
    const found =
      known.get(first) ?? train(optimizer, [weightOf([first])], eventful).at(-1)?.[0]?.[0] ?? Number.NaN;
    known.set(first, found);
    return found;
  };
  for (const shape of shapes) {
    const start = startOf(shape);
    const whole = train(optimizer, [weightOf(start, shape)], eventful).at(-1)?.[0];
    for (const k of new Set([0, 1, Math.floor(start.length / 2), start.length - 1])) {
      const first = start[k];
      const got = whole?.[k];
      if (first === undefined || got === undefined || near(got, alone(first), Math.max(tolerance, 1e-13)))
        continue;
      fail(
        `a number depends on the others or on the shape: number ${placeOf(k, shape)} of a weight of shape [${shape.join(', ')}]`,
        got,
        `${alone(first)}, as alone`,
      );
    }
  }
}

export function weightsOf(all: readonly Shape[]): Weight[] {
  return all.map((shape, i) => weightOf(startOf(shape), shape, `network/${i}/kernel`));
}
