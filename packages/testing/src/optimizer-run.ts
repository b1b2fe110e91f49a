import {
  cast,
  type FloatDType,
  mul,
  type Optimizer,
  placeholder,
  type Shape,
  sizeOf,
  type UpdatedParameter,
  type Value,
} from '@pullback/core';
import { ConformanceError } from './case.ts';
import { runner } from './runner.ts';

/** A weight as a model has it. */
export interface Weight {
  readonly path: string;
  readonly shape: Shape;
  readonly start: Float64Array;
}

/** The weights of some numbers, each of its shape. */
export function weightOf(
  start: readonly number[],
  shape: Shape = [start.length],
  path = 'network/0/kernel',
): Weight {
  return { path, shape, start: Float64Array.from(start) };
}

/** The arguments of an update, and its results. */
export interface Update {
  readonly inputs: readonly Value[];
  readonly updated: readonly UpdatedParameter[];
  /** The names of each weight's slots, and the numbers that they start from. */
  readonly slots: readonly (readonly {
    readonly name: string;
    readonly initial: Float64Array;
    readonly value: Value;
  }[])[];
}

/**
 * The graph of one update of those weights; the inputs are rate, step, and for each weight itself, its gradient and its slots.
 * @throws ConformanceError when what was given is changed, or when what comes back does not fit.
 */
export function updateOf(
  optimizer: Optimizer,
  weights: readonly Weight[],
  dtype: FloatDType = 'float64',
): Update {
  const input = (name: string, shape: Shape, type: FloatDType | 'int32' = dtype) =>
    placeholder({ shape, dtype: type }, name);
  const [rate, step] = [input('learningRate', []), input('step', [], 'int32')];
  const factor = optimizer.schedule?.(cast(step, dtype));
  const slots = weights.map(({ shape }) =>
    Object.entries(optimizer.slots({ shape, dtype })).map(([name, { spec, initial }]) => ({
      name,
      initial: new Float64Array(sizeOf(spec.shape)).fill(initial),
      value: placeholder(spec, name),
    })),
  );
  const given = weights.map(({ path, shape }, i) => ({
    path,
    weight: input(path, shape),
    gradient: input(`the gradient of ${path}`, shape),
    slots: Object.fromEntries((slots[i] ?? []).map(({ name, value }) => [name, value])),
  }));
  const before = given.map((parameter) => ({ ...parameter, slots: { ...parameter.slots } }));
  const list = [...given];
  const updated = optimizer.update(list, {
    learningRate: factor === undefined ? rate : mul(rate, factor),
    step,
  });
  refuseChanges(list, given, before);
  const inputs = [
    rate,
    step,
    ...before.flatMap(({ weight, gradient }, i) => [
      weight,
      gradient,
      ...(slots[i] ?? []).map(({ value }) => value),
    ]),
  ];
  return { inputs, updated, slots };
}

type Given = readonly {
  readonly path: string;
  readonly weight: Value;
  readonly slots: Readonly<Record<string, Value>>;
}[];

function refuseChanges(list: Given, given: Given, before: Given): void {
  const kept = list.length === given.length && list.every((parameter, i) => parameter === given[i]);
  const same = given.every(
    ({ slots, weight }, i) =>
      weight === before[i]?.weight &&
      Object.keys(slots).join() === Object.keys(before[i]?.slots ?? {}).join() &&
      Object.entries(slots).every(([name, value]) => value === before[i]?.slots[name]),
  );
  if (kept && same) return;
  throw new ConformanceError({
    what: 'it is not pure: update changes what it is given',
    got: kept ? 'other slots in a parameter after the update' : 'another list of parameters after the update',
    expected: 'a new list, with new objects',
  });
}

/** That there is a result for each weight, of its shape and dtype, with its slots. @throws ConformanceError */
export function refuseMisfits(
  { updated, slots }: Update,
  weights: readonly Weight[],
  dtype: FloatDType,
): void {
  if (updated.length !== weights.length)
    throw new ConformanceError({
      what: `the results for ${weights.length} parameters`,
      got: String(updated.length),
      expected: 'one for each parameter, in the same order',
    });
  const told = ({ dtype: type, shape }: Value) => `${type}[${shape.join(', ')}]`;
  updated.forEach(({ weight, slots: next }, i) => {
    const { path = '', shape = [] } = weights[i] ?? {};
    const expected = `${dtype}[${shape.join(', ')}]`;
    if (told(weight) !== expected)
      throw new ConformanceError({
        what: `the shape or dtype of the new weight of '${path}': a parameter keeps both, and its place in the order`,
        got: told(weight),
        expected,
      });
    const wanted = (slots[i] ?? []).map(({ name, value }) => `${name} ${told(value)}`).sort();
    const got = Object.entries(next)
      .map(([name, value]) => `${name} ${told(value)}`)
      .sort();
    if (got.join() !== wanted.join())
      throw new ConformanceError({
        what: `the slots of '${path}' of shape [${shape.join(', ')}] after an update`,
        got: got.join(', ') || 'none',
        expected: `${wanted.join(', ') || 'none'}, as slots() says`,
      });
  });
}

/** The course of a run, step by step. */
export interface Course {
  readonly steps: number;
  /** The gradient of a number, from the step and the number. */
  readonly slope: (step: number, weight: number) => number;
  /** 0.1 when left out. */
  readonly rate?: (step: number) => number;
  /** The number in the step input; the count of steps before when left out. */
  readonly at?: (step: number) => number;
  readonly dtype?: FloatDType;
}

/** The weights after each step. */
export function train(
  optimizer: Optimizer,
  weights: readonly Weight[],
  { steps, slope, rate = () => 0.1, at = (step) => step, dtype = 'float64' }: Course,
): (readonly Float64Array[])[] {
  const update = updateOf(optimizer, weights, dtype);
  refuseMisfits(update, weights, dtype);
  const { inputs, updated, slots } = update;
  const outputs = updated.flatMap(({ weight, slots: next }, i) => [
    weight,
    ...(slots[i] ?? []).flatMap(({ name }) => next[name] ?? []),
  ]);
  const run = runner(inputs, outputs);
  let numbers = weights.map(({ start }, i) => [start, ...(slots[i] ?? []).map(({ initial }) => initial)]);
  return Array.from({ length: steps }, (_, step) => {
    const given = numbers.flatMap(([weight = new Float64Array(), ...own]) => [
      weight,
      weight.map((w) => slope(step, w)),
      ...own,
    ]);
    const results = run([Float64Array.of(rate(step)), Float64Array.of(at(step)), ...given]).map(({ data }) =>
      Float64Array.from(data),
    );
    let place = 0;
    numbers = numbers.map((own) => own.map(() => results[place++] ?? new Float64Array()));
    return numbers.map(([weight = new Float64Array()]) => weight);
  });
}
