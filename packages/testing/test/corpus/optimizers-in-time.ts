// Optimizers with a mistake in each, written from the public pages alone. What the report has to speak of stands beside it.
import {
  add,
  cast,
  div,
  equal,
  greater,
  less,
  lessEqual,
  minimum,
  mod,
  mul,
  norm,
  type OptimizedParameter,
  reshape,
  select,
  sign,
  sqrt,
  square,
  sub,
  sum,
  type Value,
} from '@pullback/core';
import { publishedUpdates as published } from '@pullback/testing';
import {
  adamLike,
  asAdam,
  asSgd,
  by,
  descend,
  floatOf,
  need,
  seeing,
  sgd,
  type WrongOptimizer,
  zerosLike,
} from './optimizer-of.ts';

export const wrongInTime: Readonly<Record<string, WrongOptimizer>> = {
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
