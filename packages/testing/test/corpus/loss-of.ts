// What the corpus of losses is made of.
import {
  add,
  broadcast,
  defineNode,
  div,
  equal,
  fill,
  formatShape,
  greaterEqual,
  isFloat,
  type Loss,
  logSoftmax,
  max,
  maximum,
  mul,
  neg,
  oneHot,
  type Placement,
  type Reduction,
  ShapeError,
  sameShape,
  select,
  square,
  sub,
  sum,
  type Value,
} from '@pullback/core';
import type { conformLoss } from '@pullback/testing';

export type Options = NonNullable<Parameters<typeof conformLoss>[1]>;
export type Make = (options: { readonly reduction: Reduction }) => Loss;
export interface WrongLoss {
  readonly make: Make;
  readonly options?: Options;
  readonly says: RegExp;
}
export type Formula = (prediction: Value, target: Value, at: Placement) => Value;

export const matched = (x: Value, t: Value) => {
  if (!sameShape(x.shape, t.shape))
    throw new ShapeError({ got: `targets of ${formatShape(t.shape)}`, expected: formatShape(x.shape) });
  return x;
};
export const count = (x: Value, at: Placement) => x.shape.at(at.sampleAxis) ?? 1;
/** Sums what belongs to one sample: [n]. */
export const bySample = (errors: Value, at: Placement): Value => {
  let left = errors;
  while (left.shape.length > 1) left = sum(left, { axis: at.sampleAxis === 0 ? 1 : 0 });
  return left;
};
export const reduced = (reduction: Reduction, total: Value, n: number) =>
  reduction === 'sum' ? total : div(total, n);

/** A right loss of errors of components, in which anything can be exchanged. */
export const of =
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
export const squared: Formula = (x, t) => square(sub(x, t));

export const ruled = (rule: (gradient: Value, x: Value, t: Value) => Value) =>
  defineNode('ruled', {
    forward: (x: Value, t: Value) => square(sub(x, t)),
    vjp: (gradient, { inputs: [x, t] }) => {
      const slope = rule(gradient, x, t);
      return [slope, neg(slope)];
    },
  });
export const twice = (gradient: Value, x: Value, t: Value) => mul(gradient, mul(sub(x, t), 2));
export const bumped = ruled((g, x, t) =>
  add(twice(g, x, t), mul(g, select(equal(x, t), fill(1, x.shape, x.dtype), 0))),
);
export const doubled = ruled((g, x, t) => mul(twice(g, x, t), 2));
export const downhill = ruled((g, x, t) => neg(twice(g, x, t)));
export const rightRule = ruled(twice);
export const hingeOfMine = defineNode('hinge', {
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
export const largest = defineNode('largest', {
  forward: (x: Value) => max(x, { axis: -1, keepAxis: true }),
  vjp: (gradient, { inputs: [x], output: y }) => [
    mul(broadcast(gradient, x.shape), select(equal(x, broadcast(y, x.shape)), fill(1, x.shape, x.dtype), 0)),
  ],
});
export const labelsOf = (t: Value, x: Value, axis: number, shift = 0) =>
  isFloat(t.dtype) && t.shape.length === x.shape.length
    ? t
    : oneHot(shift === 0 ? t : add(t, shift), x.shape.at(axis) ?? 1, {
        dtype: isFloat(x.dtype) ? x.dtype : 'float32',
      });
export const crossEntropy =
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
export const both: Reduction[] = ['sum', 'mean'];
