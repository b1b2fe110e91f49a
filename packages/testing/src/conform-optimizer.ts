import {
  constant,
  evaluate,
  type FloatDType,
  fill,
  type Optimizer,
  type Tensor,
  tensorOf,
} from '@pullback/core';
import { type Case, ConformanceError, guarded } from './case.ts';
import { near } from './numbers.ts';
import {
  eventful,
  examineGradientSizes,
  examineJumps,
  examineOptimizerPurity,
  examineOtherNumbers,
  examineOtherWeights,
  examinePaths,
  examineRates,
  examineSteadyGradients,
  examineZeroGradients,
  type MakeOptimizer,
  shapes,
  slope,
  startOf,
  weightsOf,
} from './optimizer-probes.ts';
import { refuseMisfits, train, updateOf, weightOf } from './optimizer-run.ts';
import { type Ground, type ParityOptions, parityCases } from './parity.ts';
import { examinePrecision } from './precision.ts';
import { build } from './runner.ts';
import { examineTraining, type Names, type Spec } from './spec-round-trip.ts';

/** The published update of one number, in plain arithmetic. */
export type Reference = (at: {
  readonly weight: number;
  readonly gradient: number;
  readonly slots: Readonly<Record<string, number>>;
  readonly learningRate: number;
  /** Counted from 1. */
  readonly step: number;
}) => { readonly weight: number; readonly slots: Readonly<Record<string, number>> };

export interface OptimizerConformance extends ParityOptions {
  readonly name?: string;
  /**
   * Steps are compared with it, number by number, from slots that it gives their first numbers; `publishedUpdates` has those of the papers.
   */
  readonly reference?: Reference;
  /** Whether all numbers of a weight influence each other, as in lamb; the reference is held to weights of one number then. */
  readonly coupled?: boolean;
  /** Whether all weights influence each other, as in clipping by the global norm; there is no reference of one number then. */
  readonly global?: boolean;
  /** Whether it may treat weights by their paths, as where biases do not decay. */
  readonly byPath?: boolean;
  /** Whether it may treat weights by their shapes, as where vectors do not decay; the reference is held to vectors then. */
  readonly byShape?: boolean;
  readonly tolerance?: number;
  /** The spec that names it, from the same options, and what makes models of specs. */
  readonly spec?: (options: { learningRate: number }) => Spec;
  readonly names?: Names;
}

/**
 * The examination of an optimizer: purity, results and slots that fit, the rate as an input, published steps with rates that change and a
 * count that jumps, independence of weights, numbers, shapes and paths, gradients of 0, tiny and huge, descent, dtypes, its trace,
 * backends, and its spec.
 */
export function conformOptimizer(make: MakeOptimizer, options: OptimizerConformance = {}): Case[] {
  const optimizer = make({ learningRate: 0.1 });
  const {
    name = optimizer.name,
    reference,
    coupled: coupledNumbers = false,
    global = false,
    tolerance = 1e-12,
  } = options;
  const { byPath = false, byShape = false, spec, names } = options;
  const coupled = coupledNumbers || global;
  const fail = (what: string, got: unknown, expected: unknown): never => {
    throw new ConformanceError({ what, got: String(got), expected: String(expected) });
  };
  const each = (what: string, run: () => void): Case => guarded(`${name}: ${what}`, run);
  const when = (wanted: boolean, ...cases: Case[]): Case[] => (wanted ? cases : []);
  const start = [Float64Array.of(0.5, -1, 2, 0.25), Float64Array.of(-3)];
  return [
    each('it is pure', () => examineOptimizerPurity(make)),
    each('a result for each weight, of its shape, with its slots', () => {
      const weights = weightsOf([...shapes, [0], [2, 0]]);
      for (const dtype of ['float32', 'float64'] as const)
        refuseMisfits(updateOf(optimizer, weights, dtype), weights, dtype);
      train(optimizer, weights, { steps: 2, slope });
    }),
    each('the learning rate is the one of the step', () => examineRates(make)),
    ...when(
      !global,
      each('a weight does not depend on another', () => examineOtherWeights(optimizer)),
    ),
    ...when(
      !byPath,
      each('a weight may have any path', () => examinePaths(optimizer)),
    ),
    ...(reference === undefined || global
      ? []
      : [
          each('steps as published', () =>
            examinePublished(optimizer, reference, { tolerance, single: coupled, vectors: byShape }),
          ),
        ]),
    ...when(
      !coupled && !byShape,
      each('a number of a weight does not depend on another, nor on the shape', () =>
        examineOtherNumbers(optimizer, tolerance),
      ),
    ),
    each('gradients of 0 from the start move nothing', () => examineZeroGradients(optimizer)),
    each('tiny and huge gradients make no NaN', () => examineGradientSizes(optimizer)),
    each('a gradient that stays the same makes no NaN', () => examineSteadyGradients(optimizer)),
    each('it descends: the error w^2/2 falls', () => {
      const small = train(
        optimizer,
        [weightOf([1, -1]), weightOf([1], []), weightOf([1, -1, 1, -1], [2, 2])],
        {
          steps: 200,
          slope: (_, w) => w,
          rate: () => 0.01,
        },
      );
      small.at(-1)?.forEach((weights, i) => {
        const last = Math.max(...weights.map((w) => (Number.isNaN(w) ? Infinity : Math.abs(w))));
        if (!(last < 1))
          fail(`the largest number of weight ${i} after 200 steps: it does not descend`, last, 'below 1');
      });
    }),
    each('training goes on after a jump of the step', () => examineJumps(optimizer)),
    each('float32 is near float64', () => {
      const [single, double] = (['float32', 'float64'] as const).map((dtype) =>
        train(optimizer, [weightOf([0.5, -1, 2, 0.25]), weightOf([-3])], { steps: 5, slope, dtype })
          .at(-1)
          ?.flatMap((w) => [...w]),
      );
      single?.forEach((x, i) => {
        if (!near(x, double?.[i] ?? Number.NaN, 1e-3)) fail(`weight [${i}]`, x, double?.[i]);
      });
    }),
    each('float64 is computed in float64', () => {
      const { f, shapes: own, numbers } = groundOf(optimizer, start);
      const { inputs, outputs } = build(f, own, 'float64');
      examinePrecision('an updated number', inputs, outputs, numbers);
    }),
    ...parityCases(name, () => groundOf(optimizer, start), options),
    ...(spec === undefined || names === undefined
      ? []
      : [
          guarded(`${name}: its spec gives the same spec and the same steps`, () =>
            examineTraining(names, spec({ learningRate: 0.1 }), modelSteps(optimizer)),
          ),
        ]),
  ];
}

/** Weights of several shapes, and each number by the reference. @throws ConformanceError for the first that is another. */
function examinePublished(
  optimizer: Optimizer,
  reference: Reference,
  {
    tolerance,
    single,
    vectors,
  }: { readonly tolerance: number; readonly single: boolean; readonly vectors: boolean },
): void {
  const { steps, rate = () => 0.1, at = (step: number) => step } = eventful;
  for (const shape of single ? [[1], []] : vectors ? [[4]] : [[4], [1], [2, 3], [3, 3]]) {
    const weights = startOf(shape);
    const got = train(optimizer, [weightOf(weights, shape)], eventful);
    weights.forEach((start, k) => {
      let [weight, slots] = [start, firstSlots(optimizer, reference)];
      for (let step = 0; step < steps; step++) {
        const from = { weight, gradient: slope(step, weight), slots, learningRate: rate(step) };
        const next = reference({ ...from, step: at(step) + 1 });
        const own = got[step]?.[0]?.[k] ?? Number.NaN;
        if (!near(own, next.weight, tolerance))
          throw wrongStep(
            `number ${k} of a weight of shape [${shape.join(', ')}] after step ${at(step) + 1}`,
            from,
            own,
            next.weight,
          );
        [weight, slots] = [next.weight, { ...next.slots }];
      }
    });
  }
  for (const course of coldAndHot) examineSizes(optimizer, reference, course);
}

/** Gradients far smaller and larger than usual, and weights far from 0. */
const coldAndHot = [
  { start: 0, size: 1e-14 },
  { start: 0, size: -1e-5 },
  { start: 0, size: 3e3 },
  { start: 0, size: -1e6 },
  { start: 60, size: 1 },
  { start: -2e3, size: -0.5 },
];

/** Steps of one number of another size: what is cut off there, or dropped, shows relative to the number itself. */
function examineSizes(
  optimizer: Optimizer,
  reference: Reference,
  { start, size }: (typeof coldAndHot)[number],
): void {
  const course = { steps: 3, slope: () => size };
  const got = train(optimizer, [weightOf([start])], course);
  let [weight, slots] = [start, firstSlots(optimizer, reference)];
  got.forEach(([own = new Float64Array()], step) => {
    const from = { weight, gradient: size, slots, learningRate: 0.1 };
    const next = reference({ ...from, step: step + 1 });
    if (!(Math.abs((own[0] ?? Number.NaN) - next.weight) <= 1e-9 * Math.abs(next.weight)))
      throw wrongStep(
        `a weight of ${start} after ${step + 1} steps with gradients of ${size}`,
        from,
        own[0] ?? Number.NaN,
        next.weight,
      );
    [weight, slots] = [next.weight, { ...next.slots }];
  });
}

/** None, so that the reference says what its slots start from; those of the optimizer for a reference that does not. */
function firstSlots(optimizer: Optimizer, reference: Reference): Readonly<Record<string, number>> {
  const { weight } = reference({ weight: 1, gradient: 1, slots: {}, learningRate: 0.1, step: 1 });
  if (!Number.isNaN(weight)) return {};
  const slots = Object.entries(optimizer.slots({ shape: [], dtype: 'float64' }));
  return Object.fromEntries(slots.map(([slot, { initial }]) => [slot, initial]));
}

/** The fourth update as a function of weights, gradients and slots. */
function groundOf(optimizer: Optimizer, start: readonly Float64Array[]): Ground {
  const slotsOf = (dtype: FloatDType) => Object.keys(optimizer.slots({ shape: [2], dtype }));
  const names = slotsOf('float64');
  const width = 2 + names.length;
  return {
    f: (rate, ...given) => {
      if (rate === undefined) return [];
      const parameters = start.map((_, i) => {
        const [weight = rate, slope = rate, ...slots] = given.slice(i * width, (i + 1) * width);
        return {
          path: `weight ${i}/kernel`,
          weight,
          gradient: slope,
          slots: Object.fromEntries(names.map((slot, k) => [slot, slots[k] ?? weight])),
        };
      });
      const step = fill(3, [], 'int32');
      return optimizer
        .update(parameters, { learningRate: rate, step })
        .flatMap(({ weight, slots }) => [weight, ...names.flatMap((slot) => slots[slot] ?? [])]);
    },
    shapes: [[], ...start.flatMap(({ length }) => Array.from({ length: width }, () => [length]))],
    numbers: [
      Float64Array.of(0.1),
      ...start.flatMap((weights, i) =>
        Array.from({ length: width }, (_, k) =>
          // Slots may hold squares: they stay above 0.
          weights.map((w, n) => (k < 2 ? w + k * Math.sin(3 * n + i) : 0.5 + 0.3 * Math.sin(n + k))),
        ),
      ),
    ],
  };
}

/** Updates by the optimizer itself, which keep their slots from one to the next. */
function modelSteps(optimizer: Optimizer) {
  let kept: Tensor[][] | undefined;
  return (weights: readonly Tensor[], gradients: readonly Tensor[], step: number): Tensor[] => {
    if (step === 0) kept = undefined;
    const slots =
      kept ??
      weights.map((weight) =>
        Object.values(optimizer.slots(weight)).map(({ spec, initial }) => {
          const tensor = tensorOf(spec);
          tensor.data.fill(initial);
          return tensor;
        }),
      );
    const updated = optimizer.update(
      weights.map((weight, i) => ({
        path: `weight ${i}`,
        weight: constant(weight),
        gradient: constant(gradients[i] ?? weight),
        slots: Object.fromEntries(
          Object.keys(optimizer.slots(weight)).map((slot, k) => [slot, constant(slots[i]?.[k] ?? weight)]),
        ),
      })),
      {
        learningRate: fill(optimizer.learningRate, [], 'float64'),
        step: fill(step, [], 'int32'),
      },
    );
    kept = updated.map(({ slots: next }, i) =>
      Object.keys(optimizer.slots(weights[i] ?? { shape: [], dtype: 'float64' })).flatMap((slot) =>
        next[slot] === undefined ? [] : [evaluate(next[slot])],
      ),
    );
    return evaluate(updated.map(({ weight }) => weight));
  };
}

/** A step that is not the published one, with what it started from and how it compares. */
function wrongStep(
  what: string,
  from: {
    readonly weight: number;
    readonly gradient: number;
    readonly slots: Readonly<Record<string, number>>;
    readonly learningRate: number;
  },
  got: number,
  expected: number,
): ConformanceError {
  const factor = (got - from.weight) / (expected - from.weight);
  const said = Number.isFinite(factor)
    ? `: the step is ${Number(factor.toPrecision(5))} times the published one`
    : '';
  const kept = Object.entries(from.slots).map(([slot, value]) => `, ${slot} = ${value}`);
  return new ConformanceError({
    what: `${what}${said}`,
    got: String(got),
    expected: `${expected}, as published`,
    at: `from weight = ${from.weight}, gradient = ${from.gradient}${kept.join('')}, with a learning rate of ${from.learningRate}`,
  });
}
