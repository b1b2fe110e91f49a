// Losses with a mistake in each, written from the public pages alone. What the report has to speak of stands beside it.
import {
  abs,
  add,
  cast,
  div,
  exp,
  flip,
  log,
  max,
  mean,
  mul,
  neg,
  norm,
  reshape,
  ShapeError,
  slice,
  softmax,
  square,
  squeeze,
  stopGradient,
  sub,
  sum,
} from '@pullback/core';

import {
  both,
  bySample,
  count,
  type Formula,
  matched,
  of,
  reduced,
  squared,
  type WrongLoss,
} from './loss-of.ts';

let calls = 0;

export const wrongOfBatches: Readonly<Record<string, WrongLoss>> = {
  'the first five samples': {
    make: of(squared, (reduction) => ({
      forward: (x, t, at) => {
        matched(x, t);
        const n = count(x, at);
        const errors = bySample(square(sub(x, t)), at);
        return reduced(reduction, sum(n > 5 ? slice(errors, [0], [5]) : errors), n);
      },
    })),
    says: /sample/,
  },
  'another formula from the ninth sample on': {
    make: of((x, t, at) => (count(x, at) > 8 ? abs(sub(x, t)) : square(sub(x, t)))),
    says: /sample/,
  },
  'targets that are broadcast': {
    make: ({ reduction }) => ({
      name: 'broadcasting',
      reduction,
      forward: (x, t, at) => reduced(reduction, sum(square(sub(x, t))), count(x, at)),
    }),
    says: /broadcast|target|shape/i,
  },
  'targets cut to the width of the prediction': {
    make: of(squared, (reduction) => ({
      forward: (x, t, at) =>
        reduced(reduction, sum(square(sub(x, slice(t, [0, 0], [...x.shape])))), count(x, at)),
      perSample: (x, t, at) => bySample(square(sub(x, slice(t, [0, 0], [...x.shape]))), at),
    })),
    says: /target|shape/i,
  },
  'a sum that says that it is a mean': {
    make: of(squared, () => ({ forward: (x, t) => sum(square(sub(matched(x, t), t))) })),
    options: { reductions: both },
    says: /mean|reduction/,
  },
  'a mean that says that it is a sum': {
    make: of(squared, () => ({
      forward: (x, t) => mean(square(sub(matched(x, t), t))),
      perSample: undefined as never,
    })),
    options: { reductions: both },
    says: /sum|reduction/,
  },
  'the count of the first axis in every layout': {
    make: of(squared, (reduction) => ({
      forward: (x, t) => reduced(reduction, sum(square(sub(matched(x, t), t))), x.shape[0] ?? 1),
    })),
    says: /column|mean|reduction/,
  },
  'divided by one sample less': {
    make: of(squared, (reduction) => ({
      forward: (x, t, at) => reduced(reduction, sum(square(sub(matched(x, t), t))), count(x, at) - 1),
    })),
    says: /NaN|Infinity|infinite|sample|mean|reduction/,
  },
  'a batch of one loses its axis': {
    make: of(squared, () => ({
      perSample: (x, t) => {
        const errors = square(sub(x, t));
        return sum(x.shape[0] === 1 ? squeeze(errors, 0) : errors, { axis: -1 });
      },
    })),
    says: /perSample|sample|shape/,
  },
  'the logarithm of a probability of 0': {
    make: of((x, t) => neg(add(mul(t, log(x)), mul(sub(1, t), log(sub(1, x)))))),
    options: { predictions: [0, 1], targets: [0, 1] },
    says: /NaN|infin/i,
  },
  'e to the power of a large logit': {
    make: of((x, t) => sub(log(add(1, exp(x))), mul(x, t))),
    options: { targets: [0, 1] },
    says: /NaN|infin/i,
  },
  'softmax without taking out the largest': {
    make: ({ reduction }) => {
      const perSample: Formula = (x, t, at) => {
        matched(x, t);
        const e = exp(x);
        return bySample(neg(mul(t, log(div(e, sum(e, { axis: at.classAxis, keepAxis: true }))))), at);
      };
      return {
        name: 'own',
        reduction,
        perSample,
        forward: (x, t, at) => reduced(reduction, sum(perSample(x, t, at)), count(x, at)),
      };
    },
    options: { targets: [0, 1] },
    says: /NaN|infin/i,
  },
  'another number at each use': {
    make: of((x, t) => mul(squared(x, t, { layout: 'row', sampleAxis: 0, classAxis: -1 }), 1 + calls++)),
    says: /pure|same|twice/,
  },
  'half of the gradient is stopped': {
    make: of((x, t) => mul(sub(x, t), stopGradient(sub(x, t)))),
    says: /gradient|vjp/,
  },
  'no gradient at all': {
    make: of((x, t) => stopGradient(squared(x, t, { layout: 'row', sampleAxis: 0, classAxis: -1 }))),
    says: /gradient|vjp/,
  },
  'divided by the largest error of the batch': {
    make: of((x, t) => div(square(sub(x, t)), add(1, max(abs(sub(x, t)))))),
    says: /sample/,
  },
  'targets in the other order': { make: of((x, t) => square(sub(x, flip(t, 0)))), says: /sample/ },
  'by way of float32': {
    make: of((x, t) => cast(square(cast(sub(x, t), 'float32')), x.dtype)),
    says: /dtype|float32|float64|precision|gradient/,
  },
  'float32, whatever goes in': {
    make: of(squared, (reduction) => ({
      forward: (x, t, at) =>
        cast(reduced(reduction, sum(square(sub(matched(x, t), t))), count(x, at)), 'float32'),
    })),
    says: /dtype|float32/,
  },
  'a vector where one number is meant': {
    make: of(squared, (reduction) => ({
      forward: (x, t, at) =>
        reshape(reduced(reduction, sum(square(sub(matched(x, t), t))), count(x, at)), [1]),
    })),
    says: /scalar|one number|shape/,
  },
  'NaN for a prediction of zeros': {
    make: ({ reduction }) => {
      const perSample: Formula = (x, t, at) => {
        matched(x, t);
        const axis = at.classAxis;
        return sub(
          1,
          bySample(
            div(mul(x, t), mul(norm(x, { axis, keepAxis: true }), norm(t, { axis, keepAxis: true }))),
            at,
          ),
        );
      };
      return {
        name: 'cosine',
        reduction,
        perSample,
        forward: (x, t, at) => reduced(reduction, sum(perSample(x, t, at)), count(x, at)),
      };
    },
    says: /NaN/,
  },
  'refuses what it is meant for': {
    make: of(squared, () => ({
      check: (target) => {
        if (target.data.length > 4) throw new ShapeError({ got: 'too many targets', expected: 'four' });
      },
    })),
    says: /check|refuse|target/,
  },
  'weights of classes that are softmax of the batch': {
    make: of((x, t) => mul(square(sub(x, t)), softmax(x, { axis: 0 }))),
    says: /sample/,
  },
  'infinite at a target of 0': {
    make: of((x, t) => mul(t, log(div(t, x)))),
    options: { predictions: [0.1, 1], targets: [0, 1] },
    says: /NaN/,
  },
};
