import {
  cast,
  constant,
  evaluate,
  type FloatDType,
  fill,
  mul,
  type Optimizer,
  placeholder,
  sizeOf,
  type Tensor,
  tensorOf,
  type Value,
} from '@pullback/core';
import { type Case, ConformanceError, guarded } from './case.ts';
import { near } from './numbers.ts';
import { type Ground, type ParityOptions, parityCases } from './parity.ts';
import { runner } from './runner.ts';
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
  /** Ten steps are compared with it, number by number; `publishedUpdates` has those of the papers. */
  readonly reference?: Reference;
  /** Whether all numbers of a weight influence each other, as in lamb; the reference is held to weights of one number then. */
  readonly coupled?: boolean;
  /** Whether all weights influence each other, as in clipping by the global norm; there is no reference of one number then. */
  readonly global?: boolean;
  readonly tolerance?: number;
  /** The spec that names it, from the same options, and what makes models of specs. */
  readonly spec?: (options: { learningRate: number }) => Spec;
  readonly names?: Names;
}

/**
 * The examination of an optimizer: slots, ten published steps, independence of weights, zero gradients, descent, dtypes, its trace,
 * backends, and its spec.
 */
export function conformOptimizer(
  make: (options: { learningRate: number }) => Optimizer,
  {
    name = make({ learningRate: 0.1 }).name,
    reference,
    coupled: coupledNumbers = false,
    global = false,
    tolerance = 1e-12,
    spec,
    names,
    ...parity
  }: OptimizerConformance = {},
): Case[] {
  const coupled = coupledNumbers || global;
  const optimizer = make({ learningRate: 0.1 });
  const start = [Float64Array.of(0.5, -1, 2, 0.25), Float64Array.of(-3)];
  const gradientAt = (step: number, weight: number) => weight + Math.sin(3 * step + weight);
  const train = (steps: number, weights = start, slope = gradientAt, dtype: FloatDType = 'float64') =>
    stepsOf(optimizer, weights, slope, { steps, dtype, learningRate: 0.1 });
  const fail = (what: string, got: unknown, expected: unknown): never => {
    throw new ConformanceError({ what, got: String(got), expected: String(expected) });
  };
  const each = (what: string, run: () => void): Case => guarded(`${name}: ${what}`, run);
  return [
    ...(reference === undefined || global
      ? []
      : [
          each('ten steps as published', () => {
            const got = train(10);
            start.forEach((weights, w) => {
              if (coupled && weights.length > 1) return;
              weights.forEach((first, k) => {
                let weight = first;
                let slots = Object.fromEntries(
                  Object.entries(optimizer.slots({ shape: [], dtype: 'float64' })).map(
                    ([slot, { initial }]) => [slot, initial],
                  ),
                );
                for (let step = 1; step <= 10; step++) {
                  const next = reference({
                    weight,
                    gradient: gradientAt(step - 1, weight),
                    slots,
                    learningRate: 0.1,
                    step,
                  });
                  const own = got[step - 1]?.weights[w]?.[k] ?? Number.NaN;
                  if (!near(own, next.weight, tolerance))
                    throw wrongStep(
                      `number ${k} of weight ${w} after step ${step}`,
                      { weight, gradient: gradientAt(step - 1, weight), slots },
                      own,
                      next.weight,
                    );
                  [weight, slots] = [next.weight, { ...next.slots }];
                }
              });
            });
          }),
        ]),
    each('slots keep their names and shapes', () => {
      const wanted = Object.keys(optimizer.slots({ shape: [2], dtype: 'float64' })).sort();
      for (const { slotNames } of train(2))
        if (slotNames.join() !== wanted.join()) fail('slots', slotNames, wanted);
    }),
    ...(global
      ? []
      : [
          each('a weight does not depend on another', () => {
            const [both, alone] = [train(5), train(5, start.slice(0, 1))];
            const [a, b] = [both.at(-1)?.weights[0], alone.at(-1)?.weights[0]];
            if (!a?.every((x, i) => x === b?.[i])) fail('the first weight beside a second', a, b);
          }),
        ]),
    ...(coupled
      ? []
      : [
          each('a number of a weight does not depend on another', () => {
            const whole = train(5).at(-1)?.weights[0];
            start[0]?.forEach((first, k) => {
              const single = train(5, [Float64Array.of(first)]).at(-1)?.weights[0]?.[0];
              if (single === undefined || !near(single, whole?.[k] ?? Number.NaN, 1e-13))
                fail(`number ${k}`, whole?.[k], single);
            });
          }),
        ]),
    each('gradients of 0 from the start, and of 1e-30 and 1e30, make no NaN', () => {
      for (const size of [0, 1e-30, 1e30])
        for (const { weights } of train(3, start, () => size))
          if (!weights.every((numbers) => numbers.every(Number.isFinite)))
            fail(`weights for gradients of ${size}`, weights.join(), 'numbers');
    }),
    each('it descends: the error w^2/2 falls', () => {
      const small = stepsOf(optimizer, [Float64Array.of(1, -1)], (_, w) => w, {
        steps: 200,
        dtype: 'float64',
        learningRate: 0.01,
      });
      const [first, last] = [1, Math.max(...(small.at(-1)?.weights[0]?.map(Math.abs) ?? [Infinity]))];
      if (!(last < first)) fail('the largest weight after 200 steps', last, `below ${first}`);
    }),
    each('the same twice', () => {
      const [a, b] = [train(4).at(-1)?.weights.join(), train(4).at(-1)?.weights.join()];
      if (a !== b) fail('a second run', b, a);
    }),
    each('float32 is near float64', () => {
      const [single, double] = [train(5, start, gradientAt, 'float32'), train(5)].map((run) =>
        run.at(-1)?.weights.flatMap((w) => [...w]),
      );
      single?.forEach((x, i) => {
        if (!near(x, double?.[i] ?? Number.NaN, 1e-3)) fail(`weight [${i}]`, x, double?.[i]);
      });
    }),
    each('an empty weight', () => void train(2, [new Float64Array(0)])),
    ...parityCases(name, () => groundOf(optimizer, start), parity),
    ...(spec === undefined || names === undefined
      ? []
      : [
          guarded(`${name}: its spec gives the same spec and the same steps`, () =>
            examineTraining(names, spec({ learningRate: 0.1 }), modelSteps(optimizer)),
          ),
        ]),
  ];
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
    at: `from weight = ${from.weight}, gradient = ${from.gradient}${kept.join('')}, with a learning rate of 0.1`,
  });
}

interface Step {
  readonly weights: readonly Float64Array[];
  readonly slotNames: readonly string[];
}

/** The weights after each step, and the names of the slots. */
function stepsOf(
  optimizer: Optimizer,
  start: readonly Float64Array[],
  slope: (step: number, weight: number) => number,
  { steps, dtype, learningRate }: { steps: number; dtype: FloatDType; learningRate: number },
): Step[] {
  const input = (name: string, shape: readonly number[], type: FloatDType | 'int32' = dtype) =>
    placeholder({ shape, dtype: type }, name);
  const [rate, step] = [input('learningRate', []), input('step', [], 'int32')];
  const factor = optimizer.schedule?.(cast(step, dtype));
  const parameters = start.map((numbers, i) => {
    const weight = input(`weight ${i}`, [numbers.length]);
    const slots = Object.entries(optimizer.slots(weight.spec)).map(([name, { spec, initial }]) => ({
      name,
      initial: new Float64Array(sizeOf(spec.shape)).fill(initial),
      value: placeholder(spec, name),
    }));
    return { path: `weight ${i}/kernel`, weight, gradient: input(`gradient ${i}`, [numbers.length]), slots };
  });
  const scheduled = factor === undefined ? rate : mul(rate, factor);
  const updated = optimizer.update(
    parameters.map(({ slots, ...rest }) => ({
      ...rest,
      slots: Object.fromEntries(slots.map(({ name, value }) => [name, value])),
    })),
    { learningRate: scheduled, step },
  );
  const slotNames = [...new Set(updated.flatMap(({ slots }) => Object.keys(slots)))].sort();
  const inputs: Value[] = [
    rate,
    step,
    ...parameters.flatMap(({ weight, gradient, slots }) => [
      weight,
      gradient,
      ...slots.map(({ value }) => value),
    ]),
  ];
  const outputs = updated.flatMap(({ weight, slots }, i) => [
    weight,
    ...(parameters[i]?.slots ?? []).map(({ name, value }) => slots[name] ?? value),
  ]);
  const run = runner(inputs, outputs);
  let numbers = parameters.map(({ slots }, i) => [
    start[i] ?? new Float64Array(),
    ...slots.map(({ initial }) => initial),
  ]);
  return Array.from({ length: steps }, (_, at) => {
    const given = numbers.flatMap(([weight = new Float64Array(), ...slots]) => [
      weight,
      weight.map((w) => slope(at, w)),
      ...slots,
    ]);
    const results = run([Float64Array.of(learningRate), Float64Array.of(at), ...given]).map(({ data }) =>
      Float64Array.from(data),
    );
    let place = 0;
    numbers = numbers.map((own) => own.map(() => results[place++] ?? new Float64Array()));
    return { weights: numbers.map(([weight = new Float64Array()]) => weight), slotNames };
  });
}
