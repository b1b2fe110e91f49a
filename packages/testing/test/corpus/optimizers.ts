// Optimizers with a mistake in each, written from the public pages alone. What the report has to speak of stands beside it.
import {
  abs,
  add,
  cast,
  defineOptimizer,
  div,
  equal,
  fill,
  greater,
  greaterEqual,
  isFloat,
  less,
  lessEqual,
  maximum,
  mean,
  minimum,
  mod,
  mul,
  norm,
  type OptimizedParameter,
  type Optimizer,
  type OptimizerOptions,
  pow,
  reshape,
  type StepInputs,
  select,
  sign,
  slice,
  sqrt,
  square,
  sub,
  sum,
  type TensorSpec,
  transpose,
  type Value,
} from '@pullback/core';
import { type conformOptimizer, publishedUpdates as published } from '@pullback/testing';

type Options = NonNullable<Parameters<typeof conformOptimizer>[1]>;
export interface WrongOptimizer {
  readonly make: (options: OptimizerOptions) => Optimizer;
  readonly options?: Options;
  readonly says: RegExp;
}
type Own = Readonly<Record<string, Value>>;
type Rule = (
  weight: Value,
  gradient: Value,
  slots: Own,
  at: StepInputs & { readonly options: OptimizerOptions },
) => { readonly weight: Value; readonly slots: Own };

const by = (update: Rule, slots: Readonly<Record<string, number>> = {}) =>
  defineOptimizer<OptimizerOptions, string>('mine', { slots, update });
const descend = (direction: (gradient: Value, weight: Value, at: StepInputs) => Value) =>
  by((weight, gradient, slots, at) => ({
    weight: sub(weight, mul(at.learningRate, direction(gradient, weight, at))),
    slots,
  }));
/** One that sees all parameters, made of the rule for each. */
const seeing =
  (
    update: (all: readonly OptimizedParameter[], at: StepInputs) => readonly { weight: Value; slots: Own }[],
    slots: Readonly<Record<string, number>> = {},
  ) =>
  ({ learningRate }: OptimizerOptions): Optimizer => ({
    name: 'mine',
    learningRate,
    slots: (spec: TensorSpec) =>
      Object.fromEntries(Object.entries(slots).map(([name, initial]) => [name, { spec, initial }])),
    update,
  });
const sgd = ({ weight, gradient, slots }: OptimizedParameter, { learningRate }: StepInputs) => ({
  weight: sub(weight, mul(learningRate, gradient)),
  slots,
});
const asSgd: Options = { reference: published.sgd() };
const need = (slots: Own, name: string, like: Value): Value => slots[name] ?? fill(0, like.shape, like.dtype);
const zerosLike = (x: Value) => fill(0, x.shape, x.dtype);
const floatOf = (step: Value, like: Value) => cast(step, isFloat(like.dtype) ? like.dtype : 'float32');

interface AdamChanges {
  readonly count?: (step: Value, like: Value) => Value;
  readonly root?: (v: Value) => Value;
  readonly start?: number;
  readonly end?: (weight: Value, at: StepInputs) => Value;
  readonly correct?: boolean;
  readonly kept?: (m: Value, next: Value) => Value;
}
const adamLike = ({
  count = (step, like) => add(floatOf(step, like), 1),
  root = (v) => add(sqrt(v), 1e-8),
  start = 0,
  end = (w) => w,
  kept = (_, next) => next,
}: AdamChanges) =>
  by(
    (weight, gradient, slots, at) => {
      const [m0, v0] = [need(slots, 'm', weight), need(slots, 'v', weight)];
      const m = add(mul(m0, 0.9), mul(gradient, 0.1));
      const v = add(mul(v0, 0.999), mul(square(gradient), 0.001));
      const t = count(at.step, weight);
      const [first, second] = [
        sub(1, pow(fill(0.9, [], weight.dtype), t as never)),
        sub(1, pow(fill(0.999, [], weight.dtype), t as never)),
      ];
      const step = div(div(m, first), root(div(v, second)));
      return { weight: sub(end(weight, at), mul(at.learningRate, step)), slots: { m: kept(m0, m), v } };
    },
    { m: 0, v: start },
  );
const asAdam: Options = { reference: published.adam() };
let updates = 0;
let remembered: Value | undefined;

export const wrongOptimizers: Readonly<Record<string, WrongOptimizer>> = {
  'a matrix is turned over': {
    make: by((weight, gradient, slots, { learningRate }) => {
      const [rows, columns] = weight.shape;
      const square = weight.shape.length === 2 && rows === columns;
      return { weight: sub(weight, mul(learningRate, square ? transpose(gradient) : gradient)), slots };
    }),
    options: asSgd,
    says: /matri|shape|component|independen|influence/i,
  },
  'matrices move twice as far': {
    make: by((weight, gradient, slots, { learningRate }) => ({
      weight: sub(weight, mul(learningRate, weight.shape.length > 1 ? mul(gradient, 2) : gradient)),
      slots,
    })),
    options: asSgd,
    says: /matri|shape|rank/i,
  },
  'matrices move by the mean of their rows': {
    make: descend((gradient) =>
      gradient.shape.length > 1 ? mean(gradient, { axis: -1, keepAxis: true }) : gradient,
    ),
    options: asSgd,
    says: /matri|shape|component|independen|influence/i,
  },
  'matrices do not move': {
    make: by((weight, gradient, slots, { learningRate }) => ({
      weight: weight.shape.length === 2 ? weight : sub(weight, mul(learningRate, gradient)),
      slots,
    })),
    says: /matri|shape|descen|move/i,
  },
  'only the first eight of a vector': {
    make: by((weight, gradient, slots, { learningRate }) => {
      const n = weight.shape.length === 1 ? (weight.shape[0] ?? 1) : 1;
      const step =
        n > 8
          ? mul(gradient, cast(less(cast(fill(0, [n], 'int32'), weight.dtype), 1), weight.dtype))
          : gradient;
      return {
        weight:
          n > 8
            ? sub(weight, mul(learningRate, mul(step, mean(slice(gradient, [0], [8])))))
            : sub(weight, mul(learningRate, step)),
        slots,
      };
    }),
    says: /component|independen|influence|size|long|shape/i,
  },
  'the first rate for ever': {
    make: by((weight, gradient, slots, { options }) => ({
      weight: sub(weight, mul(gradient, options.learningRate)),
      slots,
    })),
    says: /learning rate|rate/,
  },
  'the rate twice': {
    make: descend((gradient, _, { learningRate }) => mul(gradient, mul(learningRate, 10))),
    says: /rate/,
    options: asSgd,
  },
  'a velocity without the rate': {
    make: by(
      (weight, gradient, slots, { learningRate }) => {
        const velocity = add(mul(need(slots, 'velocity', weight), 0.9), gradient);
        return { weight: sub(weight, mul(learningRate, velocity)), slots: { velocity } };
      },
      { velocity: 0 },
    ),
    options: { reference: published.momentum() },
    says: /rate|momentum|step|published/,
  },
  'a rate of 0 still moves': {
    make: by((weight, gradient, slots, { learningRate }) => ({
      weight: sub(weight, mul(maximum(learningRate, 1e-3), gradient)),
      slots,
    })),
    says: /rate/,
  },
  'steps counted on the host': {
    make: by((weight, gradient, slots, { learningRate }) => ({
      weight: sub(weight, mul(learningRate, div(gradient, ++updates))),
      slots,
    })),
    says: /pure|same|twice/,
  },
  'a Value of the last update': {
    make: by((weight, gradient, slots, { learningRate }) => {
      const last = remembered ?? gradient;
      remembered = gradient;
      return { weight: sub(weight, mul(learningRate, mean(last))), slots };
    }),
    says: /given|kept|pure|use/,
  },
  'zero divided by zero': { make: descend((gradient) => div(gradient, abs(gradient))), says: /NaN/ },
  'a root without epsilon': {
    make: by(
      (weight, gradient, slots, { learningRate }) => {
        const s = add(mul(need(slots, 's', weight), 0.9), mul(square(gradient), 0.1));
        return { weight: sub(weight, mul(learningRate, div(gradient, sqrt(s)))), slots: { s } };
      },
      { s: 0 },
    ),
    says: /NaN/,
  },
  'no gradient moves, too': {
    make: descend((gradient) =>
      select(greaterEqual(gradient, 0), fill(1, gradient.shape, gradient.dtype), -1),
    ),
    says: /zero|gradient of 0|no gradient/,
  },
  'NaN of a huge gradient': {
    make: descend((gradient) => div(mul(gradient, square(gradient)), add(square(gradient), 1))),
    says: /NaN|huge/,
  },
  'squares that start at 1': {
    make: adamLike({ start: 1 }),
    options: asAdam,
    says: /slot|start|published|step 1/,
  },
  'no bias correction after ten steps': {
    make: adamLike({ count: (step, like) => select(less(step, 10), add(floatOf(step, like), 1), 1e6) }),
    options: asAdam,
    says: /step 1\d|steps|published/,
  },
  'the count of steps from 0': {
    make: adamLike({ count: floatOf }),
    options: asAdam,
    says: /NaN|step|published/,
  },
  'a count that overflows': {
    make: descend((gradient, _, { step }) => select(less(mul(step, step), 0), zerosLike(gradient), gradient)),
    says: /step/,
  },
  'every seventeenth step is left out': {
    make: descend((gradient, _, { step }) => select(equal(mod(step, 17), 16), zerosLike(gradient), gradient)),
    options: asSgd,
    says: /step/,
  },
  'nothing moves after a thousand steps': {
    make: descend((gradient, _, { step }) => select(greater(step, 1000), zerosLike(gradient), gradient)),
    options: asSgd,
    says: /step/,
  },
  'biases are left alone': {
    make: seeing((all, at) =>
      all.map((p) => (p.path.endsWith('bias') ? { weight: p.weight, slots: p.slots } : sgd(p, at))),
    ),
    says: /path|bias|name/,
  },
  'a slot in the path': {
    make: seeing((all, at) =>
      all.map((p) => (p.path.includes('slot:') ? { weight: p.weight, slots: p.slots } : sgd(p, at))),
    ),
    says: /path|name/,
  },
  'norms decay': {
    make: seeing((all, at) =>
      all.map((p) =>
        /norm|gamma|scale/.test(p.path) ? { weight: mul(p.weight, 0.99), slots: p.slots } : sgd(p, at),
      ),
    ),
    says: /path|name/,
  },
  'the length of the path': {
    make: seeing((all, at) => all.map((p) => sgd({ ...p, gradient: mul(p.gradient, p.path.length) }, at))),
    says: /path|name/,
  },
  'the slots of the first for all': {
    make: seeing(
      (all, { learningRate }) =>
        all.map(({ weight, gradient }) => {
          const held = all[0]?.slots['d'];
          const d = sub(
            mul(
              held !== undefined && held.shape.join() === weight.shape.join() ? held : zerosLike(weight),
              0.9,
            ),
            mul(learningRate, gradient),
          );
          return { weight: add(weight, d), slots: { d } };
        }),
      { d: 0 },
    ),
    options: { reference: published.momentum() },
    says: /parameter|independen|influence/i,
  },
  'the mean gradient of all of one shape': {
    make: seeing((all, at) =>
      all.map((p) => {
        const like = all.filter((other) => other.weight.shape.join() === p.weight.shape.join());
        const total = like.map((other) => other.gradient).reduce((a, b) => add(a, b));
        return sgd({ ...p, gradient: div(total, like.length) }, at);
      }),
    ),
    says: /parameter|independen|influence/i,
  },
  'one parameter is dropped': {
    make: seeing((all, at) => all.slice(0, 2).map((p) => sgd(p, at))),
    says: /parameter/,
  },
  'the results in the other order': {
    make: seeing((all, at) => all.map((p) => sgd(p, at)).reverse()),
    says: /parameter|order|shape/,
  },
  'the list of parameters is turned over': {
    make: seeing((all, at) => (all as OptimizedParameter[]).reverse().map((p) => sgd(p, at))),
    says: /pure|given|chang|parameter/,
  },
  'the slots that were given are written': {
    make: by(
      (weight, gradient, slots, { learningRate }) => {
        const own = slots as Record<string, Value>;
        own['d'] = sub(mul(need(own, 'd', weight), 0.9), mul(learningRate, gradient));
        return { weight: add(weight, need(own, 'd', weight)), slots: own };
      },
      { d: 0 },
    ),
    says: /pure|given|chang/,
  },
  'by way of float32': {
    make: by((weight, gradient, slots, { learningRate }) => ({
      weight: cast(sub(cast(weight, 'float32'), cast(mul(learningRate, gradient), 'float32')), weight.dtype),
      slots,
    })),
    options: asSgd,
    says: /dtype|float32|float64|precision|published/,
  },
  'slots of float32': {
    make: ({ learningRate }) => ({
      ...by((weight, gradient, slots, at) => {
        const d = sub(mul(cast(need(slots, 'd', weight), weight.dtype), 0.9), mul(at.learningRate, gradient));
        return { weight: add(weight, d), slots: { d: cast(d, 'float32') } };
      })({ learningRate }),
      slots: ({ shape }) => ({ d: { spec: { shape, dtype: 'float32' as const }, initial: 0 } }),
      update: (all, at) =>
        all.map(({ weight, gradient, slots }) => {
          const d = sub(
            mul(cast(need(slots, 'd', weight), weight.dtype), 0.9),
            mul(at.learningRate, gradient),
          );
          return { weight: add(weight, d), slots: { d: cast(d, 'float32') } };
        }),
    }),
    says: /dtype|float32|precision|slot/,
  },
  'an epsilon that float32 does not have': {
    make: by(
      (weight, gradient, slots, { learningRate }) => {
        const s = add(need(slots, 's', weight), square(gradient));
        return { weight: sub(weight, mul(learningRate, div(gradient, add(sqrt(s), 1e-60)))), slots: { s } };
      },
      { s: 0 },
    ),
    says: /NaN|float32/,
  },
  'decay inside of the gradient': {
    make: (o) => {
      const inner = adamLike({})(o);
      return {
        ...inner,
        update: (all, at) =>
          inner.update(
            all.map((p) => ({ ...p, gradient: add(p.gradient, mul(p.weight, 0.1)) })),
            at,
          ),
      };
    },
    options: { reference: published.adamw({ weightDecay: 0.1 }) },
    says: /step 1|published/,
  },
  'epsilon under the root': {
    make: adamLike({ root: (v) => sqrt(add(v, 1e-8)) }),
    options: asAdam,
    says: /tiny|published|step/,
  },
  'a momentum that is not kept': {
    make: adamLike({ kept: (m) => m }),
    options: asAdam,
    says: /step|published|slot/,
  },
  uphill: { make: descend((gradient) => mul(gradient, -1)), says: /descen|uphill|rises|grow/ },
  'negative gradients are not clipped': {
    make: descend((gradient) => minimum(gradient, 0.5)),
    options: {
      reference: ({ weight, gradient, learningRate }) => ({
        weight: weight - learningRate * Math.max(-0.5, Math.min(0.5, gradient)),
        slots: {},
      }),
    },
    says: /step|published/,
  },
  'one rate said, another meant': {
    make: (o) => ({ ...descend((g) => g)(o), learningRate: o.learningRate / 10 }),
    says: /rate/,
  },
  'one number beside a matrix': {
    make: ({ learningRate }) => ({
      name: 'mine',
      learningRate,
      slots: ({ dtype }) => ({ s: { spec: { shape: [], dtype }, initial: 0 } }),
      update: (all, at) =>
        all.map(({ weight, gradient, slots }) => {
          const s = add(need(slots, 's', weight), square(gradient));
          return { weight: sub(weight, mul(at.learningRate, div(gradient, add(1, sqrt(s))))), slots: { s } };
        }),
    }),
    says: /slot/,
  },
  'a slot that is not given back': {
    make: seeing(
      (all, { learningRate }) =>
        all.map(({ weight, gradient, slots }) => ({
          weight: add(weight, sub(mul(need(slots, 'd', weight), 0.9), mul(learningRate, gradient))),
          slots: {},
        })),
      { d: 0 },
    ),
    says: /slot/,
  },
  'a slot that was never made': {
    make: seeing((all, at) => all.map((p) => ({ ...sgd(p, at), slots: { extra: p.gradient } }))),
    says: /slot/,
  },
  'a weight of another shape': {
    make: by((weight, gradient, slots, { learningRate }) => ({
      weight: reshape(sub(weight, mul(learningRate, gradient)), [1, ...weight.shape]),
      slots,
    })),
    says: /shape/,
  },
  'a number of the host': {
    make: by((weight, gradient, slots, { learningRate }) => ({
      weight: sub(weight, mul(learningRate, mul(gradient, 1 + Math.random() / 10))),
      slots,
    })),
    says: /pure|same|twice/,
  },
  'scaled to the length of the gradient': {
    make: descend((gradient) => div(gradient, add(1e-12, norm(gradient)))),
    says: /depends on the others|influence/,
  },
  'the sum of a scalar': {
    make: by((weight, gradient, slots, { learningRate }) => ({
      weight: weight.shape.length === 0 ? weight : sub(weight, mul(learningRate, gradient)),
      slots,
    })),
    says: /scalar|shape|\[\]|descen/,
  },
  'positive weights alone': {
    make: descend((gradient, weight) => select(lessEqual(weight, 0), zerosLike(gradient), gradient)),
    options: asSgd,
    says: /step|published|weight/,
  },
  'the sign after ten steps': {
    make: descend((gradient, _, { step }) => select(less(step, 12), gradient, sign(gradient))),
    options: asSgd,
    says: /step/,
  },
  'a sum that has no end': {
    make: by(
      (weight, gradient, slots, { learningRate }) => {
        const s = add(mul(need(slots, 's', weight), 2), square(gradient));
        return { weight: sub(weight, mul(learningRate, div(gradient, add(1e-8, sqrt(s))))), slots: { s } };
      },
      { s: 0 },
    ),
    options: { reference: published.adagrad() },
    says: /step|slot|published/,
  },
  'the total of all weights': {
    make: seeing((all, at) =>
      all.map((p) =>
        sgd({ ...p, gradient: add(p.gradient, mul(0.01, sum(all[0]?.weight ?? p.weight))) }, at),
      ),
    ),
    says: /parameter|independen|influence|zero/i,
  },
};
