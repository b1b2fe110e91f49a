// Right, and unlike what is usual: the kit must pass every one.
import {
  abs,
  add,
  cast,
  defineLoss,
  defineOptimizer,
  div,
  exp,
  fill,
  formatShape,
  type Initializer,
  isFloat,
  type Loss,
  less,
  logSumExp,
  maximum,
  mod,
  mul,
  norm,
  type Optimizer,
  type OptimizerOptions,
  type Reduction,
  type Schedule,
  ShapeError,
  sameShape,
  select,
  sign,
  sizeOf,
  softplus,
  sqrt,
  square,
  sub,
  sum,
  type Value,
} from '@pullback/core';
import {
  type conformLoss,
  type conformOptimizer,
  type InitializerConformance,
  publishedUpdates as published,
  type ScheduleConformance,
} from '@pullback/testing';

const matched = (x: Value, t: Value) => {
  if (!sameShape(x.shape, t.shape))
    throw new ShapeError({ got: `targets of ${formatShape(t.shape)}`, expected: formatShape(x.shape) });
};
type LossOptions = NonNullable<Parameters<typeof conformLoss>[1]>;
export interface RightLoss {
  readonly make: (options: { readonly reduction: Reduction }) => Loss;
  readonly options?: LossOptions;
}
const total = (error: (x: Value, t: Value) => Value, reduction: Reduction) =>
  defineLoss(
    'mine',
    (x, t, at) => {
      matched(x, t);
      const all = sum(error(x, t));
      return reduction === 'sum' ? all : div(all, x.shape.at(at.sampleAxis) ?? 1);
    },
    { reduction },
  )();

export const rightLosses: Readonly<Record<string, RightLoss>> = {
  'asymmetric: too little costs three times as much': {
    make: ({ reduction }) => total((x, t) => maximum(mul(sub(t, x), 3), sub(x, t)), reduction),
  },
  'with a kink at the target': { make: ({ reduction }) => total((x, t) => abs(sub(x, t)), reduction) },
  'flat within a tenth': {
    make: ({ reduction }) => total((x, t) => maximum(sub(abs(sub(x, t)), 0.1), 0), reduction),
  },
  'below zero': { make: ({ reduction }) => total((x, t) => sub(square(sub(x, t)), 1), reduction) },
  'linear in the prediction': { make: ({ reduction }) => total((x, t) => mul(x, t), reduction) },
  'smooth, of logits': {
    make: ({ reduction }) => total((x, t) => sub(softplus(x), mul(x, t)), reduction),
    options: { targets: [0, 1] },
  },
  'whole samples by log sum exp': {
    make: ({ reduction }) => {
      const perSample: Loss['forward'] = (x, t, at) => {
        matched(x, t);
        return logSumExp(sub(x, t), { axis: at.classAxis });
      };
      return {
        name: 'soft maximum',
        reduction,
        perSample,
        forward: (x, t, at) => {
          const all = sum(perSample(x, t, at));
          return reduction === 'sum' ? all : div(all, x.shape.at(at.sampleAxis) ?? 1);
        },
      };
    },
  },
};

type OptimizerConformance = NonNullable<Parameters<typeof conformOptimizer>[1]>;
export interface RightOptimizer {
  readonly make: (options: OptimizerOptions) => Optimizer;
  readonly options?: OptimizerConformance;
}
const own = (slots: Readonly<Record<string, Value>>, name: string, like: Value) =>
  slots[name] ?? fill(0, like.shape, like.dtype);

export const rightOptimizers: Readonly<Record<string, RightOptimizer>> = {
  'the sign alone': {
    make: defineOptimizer('sign', {
      update: (weight, gradient, slots, { learningRate }) => ({
        weight: sub(weight, mul(learningRate, sign(gradient))),
        slots,
      }),
    }),
  },
  'a soft clip': {
    make: defineOptimizer('soft', {
      update: (weight, gradient, slots, { learningRate }) => ({
        weight: sub(weight, mul(learningRate, div(gradient, add(1, abs(gradient))))),
        slots,
      }),
    }),
  },
  'an update every third step': {
    make: defineOptimizer<OptimizerOptions, 'held'>('third', {
      slots: { held: 0 },
      update: (weight, gradient, slots, { learningRate, step }) => {
        const held = add(own(slots, 'held', weight), gradient);
        const now = less(1.5, cast(mod(step, 3), isFloat(weight.dtype) ? weight.dtype : 'float32'));
        return {
          weight: select(now, sub(weight, mul(learningRate, held)), weight),
          slots: { held: select(now, fill(0, weight.shape, weight.dtype), held) },
        };
      },
    }),
    options: {
      reference: ({ weight, gradient, learningRate, slots: { held = 0 }, step }) =>
        step % 3 === 0
          ? { weight: weight - learningRate * (held + gradient), slots: { held: 0 } }
          : { weight, slots: { held: held + gradient } },
    },
  },
  'a velocity that knows no rate': {
    make: defineOptimizer<OptimizerOptions, 'v'>('heavy ball', {
      slots: { v: 0 },
      update: (weight, gradient, slots, { learningRate }) => {
        const v = add(mul(own(slots, 'v', weight), 0.9), gradient);
        return { weight: sub(weight, mul(learningRate, v)), slots: { v } };
      },
    }),
  },
  'squares that start at a tenth': {
    make: defineOptimizer<OptimizerOptions, 's'>('adagrad of others', {
      slots: { s: 0.1 },
      update: (weight, gradient, slots, { learningRate }) => {
        const s = add(own(slots, 's', weight), square(gradient));
        return { weight: sub(weight, mul(learningRate, div(gradient, sqrt(s)))), slots: { s } };
      },
    }),
  },
  'the rate falls with the step': {
    make: defineOptimizer('falling', {
      update: (weight, gradient, slots, { learningRate, step }) => ({
        weight: sub(weight, mul(div(learningRate, sqrt(add(cast(step, weight.dtype), 1))), gradient)),
        slots,
      }),
    }),
  },
  'scaled to the length of each weight': {
    make: defineOptimizer('trust', {
      update: (weight, gradient, slots, { learningRate }) => {
        const scale = div(norm(weight), add(norm(gradient), add(norm(weight), 1e-6)));
        return { weight: sub(weight, mul(mul(learningRate, scale), gradient)), slots };
      },
    }),
    options: { coupled: true },
  },
  'decays its weights': {
    make: defineOptimizer('decaying', {
      update: (weight, gradient, slots, { learningRate }) => ({
        weight: sub(weight, mul(learningRate, add(gradient, mul(weight, 0.01)))),
        slots,
      }),
    }),
    options: {
      reference:
        published.sgd() === undefined
          ? published.sgd()
          : ({ weight, gradient, learningRate }) => ({
              weight: weight - learningRate * (gradient + 0.01 * weight),
              slots: {},
            }),
    },
  },
};

export const rightSchedules: Readonly<
  Record<string, { readonly make: () => Schedule; readonly options?: ScheduleConformance }>
> = {
  'the same for ever': { make: () => (step) => fill(0.5, [], step.dtype) },
  'up and down for ever': {
    make: () => (step) => add(0.1, abs(sub(div(mod(step, 20), 10), 1))),
    options: { reference: (step) => 0.1 + Math.abs((step % 20) / 10 - 1) },
  },
  'the root of the step': {
    make: () => (step) => div(1, sqrt(add(step, 1))),
    options: { reference: (step) => 1 / Math.sqrt(step + 1) },
  },
  'nothing, then everything': { make: () => (step) => cast(less(7.5, step), step.dtype) },
  'above one': { make: () => (step) => add(1, exp(mul(step, -0.1))) },
};

const draw = (shape: readonly number[], next: () => number) =>
  Float64Array.from({ length: sizeOf(shape) }, next);
export const rightInitializers: Readonly<
  Record<string, { readonly make: () => Initializer; readonly options?: InitializerConformance }>
> = {
  'one number everywhere': {
    make: () => (shape) => draw(shape, () => 0.3),
    options: { mean: 0.3, deviation: 0 },
  },
  'a ramp that needs no random number': {
    make: () => (shape) => Float64Array.from({ length: sizeOf(shape) }, (_, i) => i / 10),
  },
  'two signs': {
    make: () => (shape, random) => draw(shape, () => (random.uniform() < 0.5 ? -1 : 1)),
    options: { mean: 0, deviation: 1, within: [-1, 1] },
  },
  'mostly 0': {
    make: () => (shape, random) => draw(shape, () => (random.uniform() < 0.1 ? random.normal() : 0)),
    options: { mean: 0, deviation: Math.sqrt(0.1) },
  },
  'heavy tails': {
    make: () => (shape, random) => draw(shape, () => random.normal() / (0.1 + random.uniform())),
  },
};
