// What came to mind after the first list: more wrong ones of every class, and right ones that the probes might take for wrong.
import {
  abs,
  add,
  broadcast,
  cast,
  concatenate,
  defineNode,
  defineOptimizer,
  div,
  equal,
  exp,
  fill,
  isFloat,
  less,
  log,
  logSoftmax,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  normal,
  type OptimizerOptions,
  oneHot,
  select,
  sigmoid,
  slice,
  softmax,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  tanh,
  uniform,
  type Value,
} from '@pullback/core';
import { filled, type kernelOf, layer, mixes, random, simple, spread, type WrongLayer } from './layer-of.ts';
import { bySample, count, matched, of, reduced, squared, type WrongLoss } from './loss-of.ts';
import { need, type WrongOptimizer } from './optimizer-of.ts';
import type { RightLoss, RightOptimizer } from './unusual.ts';
import type { RightLayer } from './unusual-layers.ts';

const kept = { axis: -1, keepAxis: true } as const;
const wideRule = defineNode('wide', {
  forward: (x: Value) => tanh(x),
  vjp: (gradient, { output: y }) => [mul(gradient, sub(1, (y.shape.at(-1) ?? 0) > 8 ? y : square(y)))],
});
const mask = (x: Value, key: Value, share: number) =>
  less(uniform(key, x.shape, { dtype: 'float32' }), share);
const zeros = (x: Value) => fill(0, x.shape, x.dtype);

export const moreWrongLayers: Readonly<Record<string, WrongLayer>> = {
  'a derivative that is wrong from nine features on': {
    make: simple('wide', (_, x) => wideRule(x)),
    says: /gradient/,
  },
  'dropout that does not scale': {
    make: simple('dropout', (scope, x) =>
      scope.training ? select(mask(x, scope.randomKey(), 0.6), x, zeros(x)) : x,
    ),
    options: random,
    says: /scale/,
  },
  'dropout that scales by the wrong share': {
    make: simple('dropout', (scope, x) =>
      scope.training ? select(mask(x, scope.randomKey(), 0.8), div(x, 0.2), zeros(x)) : x,
    ),
    options: random,
    says: /scale/,
  },
  'dropout whose gradient passes what was dropped': {
    make: simple('dropout', (scope, x) => {
      if (!scope.training) return x;
      const dropped = select(mask(x, scope.randomKey(), 0.5), mul(x, 2), zeros(x));
      return add(x, stopGradient(sub(dropped, x)));
    }),
    options: random,
    says: /gradient/,
  },
  'e to a large power over itself': {
    make: simple('soft', (_, x) => div(exp(x), sum(exp(x), kept))),
    says: /NaN/,
  },
  'divided by the number of samples': {
    make: simple('shared', (_, x) => div(x, x.shape[0] ?? 1)),
    says: /sample/,
  },
  'a regularizer whose gradient is NaN at 0': {
    make: simple('root', (scope, x) =>
      add(
        x,
        scope.parameter('bias', x.shape.slice(1), filled(0.1), { regularizer: (w) => sqrt(sum(square(w))) }),
      ),
    ),
    says: /regularizer/,
  },
  'a state that is set in one use of two': {
    make: () => {
      let uses = 0;
      return layer('moody', (scope, x) => {
        const running = scope.state('mean', x.shape.slice(1), filled(0));
        if (scope.training && uses++ % 2 === 0) running.set(mean(x, { axis: 0 }));
        return sub(x, running.value);
      });
    },
    says: /pure|state/,
  },
  'the figures of the batch in prediction': {
    make: simple('centered', (scope, x) => {
      const running = scope.state('mean', x.shape.slice(1), filled(0));
      const batch = mean(x, { axis: 0 });
      if (scope.training) running.set(add(mul(running.value, 0.9), mul(batch, 0.1)));
      return sub(x, batch);
    }),
    options: mixes,
    says: /influence|samples/,
  },
};

export const moreWrongLosses: Readonly<Record<string, WrongLoss>> = {
  'the first nine classes': {
    make: of((x, t) => {
      const errors = square(sub(x, t));
      const wide = x.shape.length === 2 && (x.shape[1] ?? 0) > 9 && x.shape[1] === t.shape[1];
      return wide
        ? concatenate([slice(errors, [0, 0], [x.shape[0] ?? 0, 9]), mul(slice(errors, [0, 9]), 0)])
        : errors;
    }),
    says: /sample|column|gradient|error/,
  },
  'another sum from 64 samples on': {
    make: of((x, t, at) => mul(squared(x, t, at), count(x, at) >= 64 ? 0.5 : 1)),
    says: /samples/,
  },
  'targets that check rounds': {
    make: of(squared, () => ({
      check: (target) => {
        target.data.forEach((y, k) => {
          target.data[k] = Math.round(y);
        });
      },
    })),
    says: /pure|changes/,
  },
  'labels in columns taken for rows': {
    make: ({ reduction }) => {
      const perSample: WrongLossForm = (x, t, at) => {
        const targets = isFloat(t.dtype)
          ? t
          : at.layout === 'row'
            ? oneHot(t, x.shape.at(-1) ?? 1, { dtype: 'float64' })
            : fill(1 / 3, x.shape, x.dtype);
        matched(x, targets);
        return bySample(neg(mul(targets, logSoftmax(x, { axis: at.classAxis }))), at);
      };
      return {
        name: 'entropy',
        reduction,
        perSample,
        forward: (x, t, at) => reduced(reduction, sum(perSample(x, t, at)), count(x, at)),
      };
    },
    options: { targets: [0, 1] },
    says: /labels/,
  },
  'a class less in the gradient': {
    make: of((x, t, at) => {
      const p = softmax(x, { axis: at.classAxis });
      return neg(mul(t, log(add(stopGradient(p), mul(sub(p, stopGradient(p)), 0.5)))));
    }),
    options: { targets: [0, 1] },
    says: /gradient/,
  },
};
type WrongLossForm = NonNullable<ReturnType<WrongLoss['make']>['perSample']>;

const by = (
  update: (
    w: Value,
    g: Value,
    slots: Readonly<Record<string, Value>>,
    at: { readonly learningRate: Value; readonly step: Value },
  ) => {
    readonly weight: Value;
    readonly slots: Readonly<Record<string, Value>>;
  },
  slots: Readonly<Record<string, number>> = {},
) => defineOptimizer<OptimizerOptions, string>('mine', { slots, update });

export const moreWrongOptimizers: Readonly<Record<string, WrongOptimizer>> = {
  'the rate of the first step, kept in a slot': {
    make: by(
      (w, g, slots, { learningRate, step }) => {
        const rate = select(equal(step, 0), broadcast(learningRate, w.shape), need(slots, 'rate', w));
        return { weight: sub(w, mul(rate, g)), slots: { rate } };
      },
      { rate: 0 },
    ),
    says: /rate/,
  },
  'NaN where a weight is 0': {
    make: by((w, g, slots, { learningRate }) => ({
      weight: sub(w, mul(learningRate, mul(g, div(w, w)))),
      slots,
    })),
    says: /NaN/,
  },
  'kernels of four axes stay': {
    make: by((w, g, slots, { learningRate }) => ({
      weight: w.shape.length === 4 ? w : sub(w, mul(learningRate, g)),
      slots,
    })),
    says: /shape/,
  },
  'a variance that rounds below 0': {
    make: by(
      (w, g, slots, { learningRate }) => {
        const s = add(mul(need(slots, 's', w), 0.9), mul(square(g), 1 - 0.9));
        const m = add(mul(need(slots, 'm', w), 0.9), mul(g, 1 - 0.9));
        return {
          weight: sub(w, mul(learningRate, div(g, add(sqrt(sub(s, square(m))), 1e-8)))),
          slots: { s, m },
        };
      },
      { s: 0, m: 0 },
    ),
    says: /NaN/,
  },
};

export const moreRightLayers: Readonly<Record<string, RightLayer>> = {
  'the whole branch is dropped at once, and scaled': {
    make: simple('depth', (scope, x) => {
      const branch = tanh(matmulOf(scope, x));
      if (!scope.training) return add(x, branch);
      const keep = less(uniform(scope.randomKey(), [], { dtype: scope.dtype }), 0.7);
      return add(x, select(broadcast(keep, x.shape), div(branch, 0.7), zeros(branch)));
    }),
    options: random,
  },
  'a sampled softmax': {
    make: simple('gumbel', (scope, x) => {
      if (!scope.training) return softmax(x);
      const u = uniform(scope.randomKey(), x.shape, { dtype: scope.dtype });
      return softmax(sub(x, log(neg(log(add(mul(u, 0.98), 0.01))))));
    }),
    options: random,
  },
  'a mean, and in training a sample around it': {
    make: simple('sampled', (scope, x) => {
      const center = matmulOf(scope, x);
      const spreadOf = exp(scope.parameter('logDeviation', x.shape.slice(1), filled(-1)));
      if (!scope.training) return add(center, mul(spreadOf, 0));
      return add(center, mul(spreadOf, normal(scope.randomKey(), x.shape, { dtype: scope.dtype })));
    }),
    options: random,
  },
  'frozen weights whose gradient is stopped': {
    make: simple('fixed', (scope, x) =>
      add(x, stopGradient(scope.parameter('shift', x.shape.slice(1), spread, { trainable: false }))),
    ),
  },
  'slopes that are drawn, and their mean in prediction': {
    make: simple('rrelu', (scope, x) => {
      const slope = scope.training
        ? add(mul(uniform(scope.randomKey(), x.shape, { dtype: scope.dtype }), 0.2), 0.1)
        : fill(0.2, x.shape, scope.dtype);
      return select(less(x, 0), mul(x, slope), x);
    }),
    options: random,
  },
  'noise in prediction, as declared': {
    make: simple('noisy', (scope, x) =>
      add(x, mul(normal(scope.randomKey(), x.shape, { dtype: scope.dtype }), 0.1)),
    ),
    options: { random: 'always' },
  },
  'a mask without a scale, as declared': {
    make: simple('masked', (scope, x) =>
      scope.training ? select(mask(x, scope.randomKey(), 0.5), x, zeros(x)) : x,
    ),
    options: { random: true, differsWhileTraining: true },
  },
};
const matmulOf = (scope: Parameters<typeof kernelOf>[0], x: Value): Value =>
  mul(x, scope.parameter('scale', x.shape.slice(1), spread));

export const moreRightLosses: Readonly<Record<string, RightLoss>> = {
  'flat far away, as Tukey has it': {
    make: of((x, t) => {
      const u = maximum(sub(1, square(div(sub(x, t), 4.685))), 0);
      return sub(1, mul(u, square(u)));
    }),
  },
  'smoothed targets': {
    make: of((x, t, at) => neg(mul(add(mul(t, 0.9), 0.1 / 3), logSoftmax(x, { axis: at.classAxis })))),
    options: { targets: [0, 1] },
  },
  'soft signs': {
    make: of((x, t) => mul(sub(1, mul(sub(mul(sigmoid(x), 2), 1), t)), 0.5)),
    options: { targets: [-1, 1] },
  },
};

export const moreRightOptimizers: Readonly<Record<string, RightOptimizer>> = {
  'it comes to rest': {
    make: by((w, g, slots, { learningRate, step }) => {
      const left = exp(mul(cast(step, isFloat(w.dtype) ? w.dtype : 'float32'), -0.001));
      return { weight: sub(w, mul(mul(learningRate, left), g)), slots };
    }),
  },
  'weights within bounds': {
    make: by((w, g, slots, { learningRate }) => ({
      weight: maximum(minimum(sub(w, mul(learningRate, g)), 3), -3),
      slots,
    })),
  },
  'matrices alone decay, as declared': {
    make: by((w, g, slots, { learningRate }) => ({
      weight: sub(w, mul(learningRate, w.shape.length > 1 ? add(g, mul(w, 0.01)) : g)),
      slots,
    })),
    options: { byShape: true },
  },
  'slow weights that start at the first': {
    make: by(
      (w, g, slots, { learningRate, step }) => {
        const slow = select(equal(step, 0), w, need(slots, 'slow', w));
        const fast = sub(w, mul(learningRate, g));
        const next = add(slow, mul(sub(fast, slow), 0.5));
        return { weight: next, slots: { slow: next } };
      },
      { slow: 0 },
    ),
  },
  'steps that a sign makes longer or shorter': {
    make: by(
      (w, g, slots, { learningRate }) => {
        const [last, size] = [need(slots, 'last', w), need(slots, 'size', w)];
        const agreed = mul(last, g);
        const next = select(
          less(agreed, 0),
          mul(size, 0.5),
          select(less(0, agreed), minimum(mul(size, 1.2), 5), size),
        );
        const direction = div(g, maximum(abs(g), 1e-30));
        return { weight: sub(w, mul(mul(learningRate, next), direction)), slots: { last: g, size: next } };
      },
      { last: 0, size: 0.1 },
    ),
  },
};
