// Schedules and initializers with a mistake in each, written from the public pages alone. What the report has to speak of stands beside it.
import {
  add,
  cast,
  constant,
  div,
  exp,
  fill,
  floor,
  greater,
  type Initializer,
  iota,
  less,
  minimum,
  mul,
  pow,
  RandomStream,
  reshape,
  type Schedule,
  select,
  sizeOf,
  sqrt,
  sub,
  type Value,
} from '@pullback/core';
import type { InitializerConformance, ScheduleConformance } from '@pullback/testing';

export interface WrongSchedule {
  readonly make: () => Schedule;
  readonly options?: ScheduleConformance;
  readonly says: RegExp;
}
export interface WrongInitializer {
  readonly make: () => Initializer;
  readonly options?: InitializerConformance;
  readonly says: RegExp;
}
let uses = 0;
let held: Value | undefined;

export const wrongSchedules: Readonly<Record<string, WrongSchedule>> = {
  'divided by a step of 0': { make: () => (step) => div(1, sqrt(step)), says: /NaN|infinite|Infinity/ },
  'a factor below 0 after the end': {
    make: () => (step) => sub(1, div(step, 100)),
    says: /below 0|negative/,
  },
  'a factor that grows without end': {
    make: () => (step) => exp(mul(step, 0.01)),
    says: /NaN|infinite|Infinity/,
  },
  'a whole number': { make: () => (step) => cast(less(step, 10), 'int32'), says: /dtype|int32|float/ },
  'a vector': { make: () => (step) => reshape(div(1, add(1, step)), [1]), says: /scalar|shape/ },
  'a factor for each of ten': {
    make: () => (step) => mul(cast(iota([10]), 'float64'), cast(step, 'float64')),
    says: /scalar|shape|dtype/,
  },
  'steps counted on the host': { make: () => () => fill(1 / ++uses, []), says: /pure|twice|same/ },
  'a number of the host': {
    make: () => (step) => mul(fill(1, [], step.dtype), 0.5 + Math.random() / 2),
    says: /pure|twice|same/,
  },
  'a factor that is kept': {
    make: () => (step) => {
      held ??= div(1, add(1, step));
      return held;
    },
    says: /kept|given|use|twice/,
  },
  'float32, whatever comes in': {
    make: () => (step) => mul(cast(step, 'float32'), fill(0.001, [], 'float32')),
    says: /dtype|float32/,
  },
  'a constant of float32': {
    make: () => (step) => mul(constant(0.5, { dtype: 'float32' }), cast(less(step, 10), 'float32')),
    says: /dtype|float32/,
  },
  'one step late': {
    make: () => (step) => minimum(div(add(step, 1), 10), 1),
    options: { reference: (step) => Math.min(step / 10, 1) },
    says: /step 0|expected/,
  },
  'right for the first ten steps': {
    make: () => (step) => select(less(step, 10.5), pow(fill(0.9, [], step.dtype), step as never), 0.1),
    options: { reference: (step) => 0.9 ** step },
    says: /step \d+/,
  },
  'wrong at the turn': {
    make: () => (step) => select(greater(step, 100), fill(1, [], step.dtype), sub(1, div(step, 200))),
    options: { reference: (step) => (step >= 100 ? 1 : 1 - step / 200) },
    says: /step 100/,
  },
  'floor where a line is meant': {
    make: () => (step) => exp(mul(floor(div(step, 1000)), Math.log(0.5))),
    options: { reference: (step) => 0.5 ** (step / 1000) },
    says: /step/,
  },
};

const draw = (shape: readonly number[], next: () => number) =>
  Float64Array.from({ length: sizeOf(shape) }, next);
let counter = 0;
let shared = new Float64Array(0);
const filledWith = (numbers: Float64Array, next: () => number) => {
  for (let i = 0; i < numbers.length; i++) numbers[i] = next();
  return numbers;
};

export const wrongInitializers: Readonly<Record<string, WrongInitializer>> = {
  'one number less': {
    make: () => (shape, random) => draw([Math.max(0, sizeOf(shape) - 1)], () => random.normal()),
    says: /shape|numbers/,
  },
  'the first axis alone': {
    make: () => (shape, random) => draw(shape.slice(0, 1), () => random.normal()),
    says: /shape|numbers/,
  },
  'numbers of float32': {
    make: () => (shape, random) => new Float32Array(draw(shape, () => random.normal())) as never,
    says: /Float64Array/,
  },
  'numbers of the host': {
    make: () => (shape) => draw(shape, () => Math.random() - 0.5),
    says: /seed|same|twice/,
  },
  'a stream of its own': {
    make: () => (shape) => {
      const random = RandomStream.of(1, 'mine');
      return draw(shape, () => random.normal());
    },
    options: { mean: 0, deviation: 1 },
    says: /seed|stream/,
  },
  'one array for all': {
    make: () => (shape, random) => {
      if (shared.length !== sizeOf(shape)) shared = new Float64Array(sizeOf(shape));
      return filledWith(shared, () => random.normal());
    },
    says: /array|twice|same/,
  },
  'numbers that depend on the uses before': {
    make: () => (shape, random) => {
      counter++;
      return draw(shape, () => random.normal() / Math.sqrt(counter));
    },
    says: /twice|same|seed/,
  },
  'NaN among them': {
    make: () => (shape, random) => draw(shape, () => Math.sqrt(random.normal())),
    says: /NaN/,
  },
  'every row the same': {
    make: () => (shape, random) => {
      const row = draw(shape.slice(-1), () => random.normal());
      return Float64Array.from({ length: sizeOf(shape) }, (_, i) => row[i % row.length] ?? 0);
    },
    options: { mean: 0, deviation: 1 },
    says: /row|same|correlat|repeat|independen|variance|deviation|mean/,
  },
  'twice the variance': {
    make: () => (shape, random) => draw(shape, () => Math.SQRT2 * random.normal()),
    options: { mean: 0, deviation: 1 },
    says: /variance|deviation/,
  },
  'a mean that is not 0': {
    make: () => (shape, random) => draw(shape, () => random.uniform()),
    options: { mean: 0, deviation: Math.sqrt(1 / 12) },
    says: /mean/,
  },
  'inputs for outputs': {
    make: () => (shape, random) => draw(shape, () => random.normal() / Math.sqrt(shape.at(-1) ?? 1)),
    options: { deviation: (shape) => 1 / Math.sqrt(Math.max(1, sizeOf(shape.slice(0, -1)))) },
    says: /deviation|variance/,
  },
  'beyond its bounds': {
    make: () => (shape, random) => draw(shape, () => 0.1 * random.normal()),
    options: { within: [-0.2, 0.2] },
    says: /within|bound/,
  },
  'a shape that is changed': {
    make: () => (shape, random) => {
      const made = draw(shape, () => random.normal());
      (shape as number[]).reverse();
      return made;
    },
    says: /shape|chang|given/,
  },
  'no scalars': {
    make: () => (shape, random) => {
      if (shape.length < 1) throw new Error('no axis');
      return draw(shape, () => random.normal());
    },
    says: /no axis|\[\]|scalar/,
  },
  'divided by an extent of 0': {
    make: () => (shape, random) =>
      draw(shape.length === 0 ? [1] : shape, () => random.normal() / (sizeOf(shape.slice(0, -1)) - 1)),
    says: /NaN|infinite|Infinity/,
  },
};
