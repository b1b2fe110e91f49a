import {
  cast,
  constant,
  evaluate,
  type FloatDType,
  fill,
  mul,
  placeholder,
  type Schedule,
  sub,
  type Tensor,
} from '@pullback/core';
import { type Case, ConformanceError, guarded } from './case.ts';
import { near } from './numbers.ts';
import { type ParityOptions, parityCases } from './parity.ts';
import { build, runner } from './runner.ts';
import { examineTraining, type Names, type Spec } from './spec-round-trip.ts';
import { upstream } from './vertex-by-vertex.ts';

export interface ScheduleConformance extends ParityOptions {
  readonly name?: string;
  /** The factor in plain arithmetic; steps are counted from 0. */
  readonly reference?: (step: number) => number;
  /** Steps that are examined beside the first 130 and powers of ten and two: the turns of the schedule. */
  readonly turns?: readonly number[];
  readonly tolerance?: number;
  /** The spec that names it, and what makes models of specs. */
  readonly spec?: Spec;
  readonly names?: Names;
}

const first = Array.from({ length: 131 }, (_, step) => step);
const later = [
  199,
  200,
  201,
  255,
  256,
  499,
  500,
  501,
  999,
  1000,
  1001,
  1023,
  1024,
  2500,
  4999,
  5000,
  1e4,
  65_536,
  1e5,
  1e6,
  2 ** 24,
];

/**
 * The examination of a schedule: one finite factor from 0 up at every step, in the dtype of the step, by the step alone, as its formula
 * says, in both dtypes and on every backend.
 */
export function conformSchedule(schedule: Schedule, options: ScheduleConformance = {}): Case[] {
  const { name = 'the schedule', reference, turns = [], tolerance = 1e-9, spec, names } = options;
  const steps = [
    ...first,
    ...turns.flatMap((turn) => [turn - 1, turn, turn + 1]).filter((step) => step >= 0),
    ...later,
  ];
  const runIn = (dtype: FloatDType) => {
    const step = placeholder({ shape: [], dtype }, 'step');
    const run = runner([step], [schedule(step)]);
    return (at: number) => run([Float64Array.of(at)])[0]?.data[0] ?? Number.NaN;
  };
  const fail = (what: string, got: unknown, expected: string): never => {
    throw new ConformanceError({ what, got: String(got), expected });
  };
  const each = (what: string, run: () => void): Case => guarded(`${name}: ${what}`, run);
  return [
    each('the same twice, from the step alone', () => {
      for (const time of ['first', 'second']) {
        const step = placeholder({ shape: [], dtype: 'float64' }, 'step');
        const stranger = upstream([schedule(step)], [step]).find(({ node }) => node.kind === 'leaf');
        if (stranger !== undefined)
          fail(
            `the ${time} use of ${name} uses '${stranger.attributes['name'] ?? stranger.origin.path}', which it was not given`,
            'a Value that was kept',
            'the step alone',
          );
      }
      const [once, twice] = [runIn('float64'), runIn('float64')];
      for (const step of [0, 3, 70])
        if (!Object.is(once(step), twice(step)))
          fail(
            `${name} is not pure: the factor at step ${step}, built twice`,
            twice(step),
            `${once(step)}, as the first time`,
          );
    }),
    each('a scalar of the dtype of the step', () => {
      for (const dtype of ['float32', 'float64'] as const) {
        const [factor] = build((step) => schedule(step ?? fill(0, [], dtype)), [[]], dtype).outputs;
        if (factor?.dtype !== dtype || factor.shape.length > 0)
          fail(
            `the factor for a step of ${dtype}`,
            `${factor?.dtype}[${factor?.shape.join(', ')}]`,
            `a scalar, ${dtype}[]`,
          );
      }
    }),
    each('a finite factor from 0 up at every step', () => {
      for (const dtype of ['float64', 'float32'] as const) {
        const factor = runIn(dtype);
        for (const step of steps) {
          const got = factor(step);
          if (Number.isNaN(got) || got === Infinity)
            fail(`the factor at step ${step}, in ${dtype}`, got, 'a finite number');
          if (got < 0)
            fail(
              `the factor at step ${step}, in ${dtype}, is below 0: the update would go uphill`,
              got,
              'a number from 0 up',
            );
        }
      }
    }),
    ...(reference === undefined
      ? []
      : [
          each('as its formula says', () => {
            const factor = runIn('float64');
            for (const step of steps)
              if (!near(factor(step), reference(step), tolerance))
                fail(`the factor at step ${step}`, factor(step), `${reference(step)}, by the reference`);
          }),
        ]),
    each('float32 is near float64', () => {
      const [single, double] = [runIn('float32'), runIn('float64')];
      for (const step of steps.filter((at) => at <= 1e4))
        if (!near(single(step), double(step), 1e-3))
          fail(`the factor at step ${step} in float32`, single(step), `near ${double(step)}`);
    }),
    ...parityCases(
      name,
      () => ({
        f: (step) => schedule(step ?? fill(0, [], 'float64')),
        shapes: [[]],
        numbers: [Float64Array.of(7)],
      }),
      options,
    ),
    ...(spec === undefined || names === undefined
      ? []
      : [
          guarded(`${name}: its spec gives the same spec and the same steps`, () =>
            examineTraining(names, { type: 'sgd', learningRate: 0.1, schedule: spec }, descents(schedule)),
          ),
        ]),
  ];
}

/** Steps of gradient descent with a rate of 0.1 times the schedule. */
function descents(schedule: Schedule) {
  return (weights: readonly Tensor[], gradients: readonly Tensor[], step: number): readonly Tensor[] => {
    const factor = schedule(cast(fill(step, [], 'int32'), 'float64'));
    return evaluate(
      weights.map((weight, i) =>
        sub(constant(weight), mul(mul(constant(gradients[i] ?? weight), factor), 0.1)),
      ),
    );
  };
}
