// Losses with a mistake in each, written from the public pages alone. What the report has to speak of stands beside it.
import {
  abs,
  add,
  broadcast,
  cast,
  defineNode,
  div,
  equal,
  exp,
  fill,
  flip,
  formatShape,
  greaterEqual,
  isFloat,
  type Loss,
  log,
  logSoftmax,
  max,
  maximum,
  mean,
  mul,
  neg,
  norm,
  oneHot,
  type Placement,
  type Reduction,
  reshape,
  ShapeError,
  sameShape,
  select,
  slice,
  softmax,
  sqrt,
  square,
  squeeze,
  stopGradient,
  sub,
  sum,
  type Value,
} from '@pullback/core';
import type { conformLoss } from '@pullback/testing';

type Options = NonNullable<Parameters<typeof conformLoss>[1]>;
type Make = (options: { readonly reduction: Reduction }) => Loss;
export interface WrongLoss {
  readonly make: Make;
  readonly options?: Options;
  readonly says: RegExp;
}
type Formula = (prediction: Value, target: Value, at: Placement) => Value;

const matched = (x: Value, t: Value) => {
  if (!sameShape(x.shape, t.shape))
    throw new ShapeError({ got: `targets of ${formatShape(t.shape)}`, expected: formatShape(x.shape) });
};
const count = (x: Value, at: Placement) => x.shape.at(at.sampleAxis) ?? 1;
/** Sums what belongs to one sample: [n]. */
const bySample = (errors: Value, at: Placement): Value => {
  let left = errors;
  while (left.shape.length > 1) left = sum(left, { axis: at.sampleAxis === 0 ? 1 : 0 });
  return left;
};
const reduced = (reduction: Reduction, total: Value, n: number) =>
  reduction === 'sum' ? total : div(total, n);

/** A right loss of errors of components, in which anything can be exchanged. */
const of =
  (error: Formula, changes: (reduction: Reduction) => Partial<Loss> = () => ({})): Make =>
  ({ reduction }) => ({
    name: 'mine',
    reduction,
    forward: (x, t, at) => {
      matched(x, t);
      return reduced(reduction, sum(error(x, t, at)), count(x, at));
    },
    perSample: (x, t, at) => {
      matched(x, t);
      return bySample(error(x, t, at), at);
    },
    ...changes(reduction),
  });
const squared: Formula = (x, t) => square(sub(x, t));

const ruled = (rule: (gradient: Value, x: Value, t: Value) => Value) =>
  defineNode('ruled', {
    forward: (x: Value, t: Value) => square(sub(x, t)),
    vjp: (gradient, { inputs: [x, t] }) => {
      const slope = rule(gradient, x, t);
      return [slope, neg(slope)];
    },
  });
const twice = (gradient: Value, x: Value, t: Value) => mul(gradient, mul(sub(x, t), 2));
const bumped = ruled((g, x, t) =>
  add(twice(g, x, t), mul(g, select(equal(x, t), fill(1, x.shape, x.dtype), 0))),
);
const doubled = ruled((g, x, t) => mul(twice(g, x, t), 2));
const downhill = ruled((g, x, t) => neg(twice(g, x, t)));
const rightRule = ruled(twice);
const hingeOfMine = defineNode('hinge', {
  forward: (x: Value, t: Value) => maximum(sub(1, mul(x, t)), 0),
  vjp: (gradient, { inputs: [x, t] }) => {
    const margin = sub(1, mul(x, t));
    const active = add(
      select(greaterEqual(margin, 0), fill(1, x.shape, x.dtype), 0),
      select(equal(margin, 0), fill(1, x.shape, x.dtype), 0),
    );
    return [neg(mul(gradient, mul(t, active))), neg(mul(gradient, mul(x, active)))];
  },
});
const largest = defineNode('largest', {
  forward: (x: Value) => max(x, { axis: -1, keepAxis: true }),
  vjp: (gradient, { inputs: [x], output: y }) => [
    mul(broadcast(gradient, x.shape), select(equal(x, broadcast(y, x.shape)), fill(1, x.shape, x.dtype), 0)),
  ],
});
const labelsOf = (t: Value, x: Value, axis: number, shift = 0) =>
  isFloat(t.dtype) && t.shape.length === x.shape.length
    ? t
    : oneHot(shift === 0 ? t : add(t, shift), x.shape.at(axis) ?? 1, {
        dtype: isFloat(x.dtype) ? x.dtype : 'float32',
      });
const crossEntropy =
  (axisOf: (at: Placement) => number, shift = 0): Make =>
  ({ reduction }) => {
    const perSample: Formula = (x, t, at) => {
      const targets = labelsOf(t, x, at.classAxis, shift);
      matched(x, targets);
      return bySample(neg(mul(targets, logSoftmax(x, { axis: axisOf(at) }))), at);
    };
    return {
      name: 'crossEntropy',
      reduction,
      perSample,
      forward: (x, t, at) => reduced(reduction, sum(perSample(x, t, at)), count(x, at)),
    };
  };
let calls = 0;
const both: Reduction[] = ['sum', 'mean'];

export const wrongLosses: Readonly<Record<string, WrongLoss>> = {
  'the root of a square': { make: of((x, t) => sqrt(square(sub(x, t)))), says: /NaN/ },
  'the length of the difference': {
    make: ({ reduction }) => {
      const perSample: Formula = (x, t, at) => {
        matched(x, t);
        return sqrt(bySample(square(sub(x, t)), at));
      };
      return {
        name: 'length',
        reduction,
        perSample,
        forward: (x, t, at) => reduced(reduction, sum(perSample(x, t, at)), count(x, at)),
      };
    },
    says: /NaN/,
  },
  'a gradient of 1 at the target': { make: of((x, t) => bumped(x, t)), says: /target/ },
  'a gradient twice too large': { make: of((x, t) => doubled(x, t)), says: /gradient|vjp/ },
  'a gradient that leads uphill': { make: of((x, t) => downhill(x, t)), says: /gradient|vjp/ },
  'twice the slope at the margin': {
    make: of((x, t) => hingeOfMine(x, t)),
    options: { targets: [-1, 1] },
    says: /gradient|vjp|kink|tie/,
  },
  'every one of equal scores is the largest': {
    make: ({ reduction }) => {
      const perSample: Formula = (x, t) => {
        matched(x, t);
        return sub(reshape(largest(x), [x.shape[0] ?? 1]), sum(mul(x, t), { axis: 1 }));
      };
      return {
        name: 'margin',
        reduction,
        perSample,
        forward: (x, t, at) => reduced(reduction, sum(perSample(x, t, at)), count(x, at)),
      };
    },
    options: { targets: [0, 1] },
    says: /tie|equal|gradient|vjp|layout|column/,
  },
  'the mean of a sample where the sum is meant': {
    make: of(squared, () => ({
      perSample: (x, t, at) => div(bySample(square(sub(x, t)), at), x.shape.at(at.classAxis) ?? 1),
    })),
    says: /perSample|sample/,
  },
  'errors of samples that were divided already': {
    make: of(squared, (reduction) => ({
      perSample: (x, t, at) => reduced(reduction, bySample(square(sub(x, t)), at), count(x, at)),
    })),
    says: /perSample|sample/,
  },
  'errors of samples without a gradient': {
    make: of(squared, () => ({ perSample: (x, t, at) => stopGradient(bySample(square(sub(x, t)), at)) })),
    says: /perSample.*gradient|gradient.*perSample|sample/,
  },
  'errors of samples with half a gradient': {
    make: of(squared, () => ({
      perSample: (x, t, at) => bySample(mul(sub(x, t), stopGradient(sub(x, t))), at),
    })),
    says: /perSample|sample/,
  },
  'errors of samples with another gradient': {
    make: of(
      (x, t) => rightRule(x, t),
      () => ({ perSample: (x, t, at) => bySample(doubled(x, t), at) }),
    ),
    says: /perSample|sample/,
  },
  'errors of samples along axis 1 in every layout': {
    make: of(squared, () => ({ perSample: (x, t) => sum(square(sub(x, t)), { axis: 1 }) })),
    says: /column|perSample|sample/,
  },
  'errors of samples with an axis too many': {
    make: of(squared, () => ({
      perSample: (x, t) => sum(square(sub(x, t)), { axis: 1, keepAxis: true }),
    })),
    says: /perSample|sample|shape/,
  },
  'one error for all samples': {
    make: of(squared, () => ({ perSample: (x, t) => sum(square(sub(x, t))) })),
    says: /perSample|sample|shape/,
  },
  'errors of samples in the other order': {
    make: of(squared, () => ({ perSample: (x, t, at) => flip(bySample(square(sub(x, t)), at), 0) })),
    says: /perSample|sample/,
  },
  'classes along the last axis in every layout': {
    make: crossEntropy(() => -1),
    options: { targets: [0, 1] },
    says: /column|sample/,
  },
  'labels from 1 on': {
    make: crossEntropy((at) => at.classAxis, -1),
    options: { targets: [0, 1] },
    says: /label|whole|one-hot|integer/,
  },
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
    make: of(squared, () => ({ forward: (x, t) => (matched(x, t), sum(square(sub(x, t)))) })),
    options: { reductions: both },
    says: /mean|reduction/,
  },
  'a mean that says that it is a sum': {
    make: of(squared, () => ({
      forward: (x, t) => (matched(x, t), mean(square(sub(x, t)))),
      perSample: undefined as never,
    })),
    options: { reductions: both },
    says: /sum|reduction/,
  },
  'the count of the first axis in every layout': {
    make: of(squared, (reduction) => ({
      forward: (x, t) => (matched(x, t), reduced(reduction, sum(square(sub(x, t))), x.shape[0] ?? 1)),
    })),
    says: /column|mean|reduction/,
  },
  'divided by one sample less': {
    make: of(squared, (reduction) => ({
      forward: (x, t, at) => (matched(x, t), reduced(reduction, sum(square(sub(x, t))), count(x, at) - 1)),
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
      forward: (x, t, at) => (
        matched(x, t), cast(reduced(reduction, sum(square(sub(x, t))), count(x, at)), 'float32')
      ),
    })),
    says: /dtype|float32/,
  },
  'a vector where one number is meant': {
    make: of(squared, (reduction) => ({
      forward: (x, t, at) => (
        matched(x, t), reshape(reduced(reduction, sum(square(sub(x, t))), count(x, at)), [1])
      ),
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
