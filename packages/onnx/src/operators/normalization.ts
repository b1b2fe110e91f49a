import {
  abs,
  add,
  cast,
  div,
  equal,
  logSoftmax,
  maximum,
  mean,
  mul,
  pad,
  pow,
  reciprocal,
  reshape,
  select,
  softmax,
  sqrt,
  square,
  sub,
  sum,
  type Value,
  windows,
} from '@pullback/core';
import type { OperatorNode, Operators } from '../operator-node.ts';
import { axisOf, range, sizeOfShape } from './axes.ts';
import { perChannel } from './convolution.ts';

/** Along one axis; before version 13 over all axes from it on. */
function alongClasses(f: (x: Value, options: { axis: number }) => Value) {
  return (node: OperatorNode): Value => {
    const x = node.x(0);
    if (node.opset >= 13) return f(x, { axis: axisOf(node.int('axis', -1), x.shape.length) });
    const axis = axisOf(node.int('axis', 1), x.shape.length);
    const rows = reshape(x, [sizeOfShape(x.shape.slice(0, axis)), sizeOfShape(x.shape.slice(axis))]);
    return reshape(f(rows, { axis: 1 }), x.shape);
  };
}

/** (x - mean) / sqrt(variance + epsilon) over axes, with what it was made of. */
function standardized(x: Value, axis: readonly number[], epsilon: number) {
  const over = { axis, keepAxis: true };
  const average = mean(x, over);
  const apart = sub(x, average);
  const variance = mean(square(apart), over);
  const inverse = reciprocal(sqrt(add(variance, epsilon)));
  return { y: mul(apart, inverse), average, inverse, variance };
}

function batchNormalization(node: OperatorNode): readonly (Value | undefined)[] {
  const x = node.x(0);
  const rank = x.shape.length;
  const wide = (b: Value) => perChannel(cast(b, x.dtype), rank);
  const [scale, shift] = [wide(node.x(1)), wide(node.x(2))];
  const epsilon = node.float('epsilon', 1e-5);
  if (node.int('training_mode', 0) === 0) {
    const [average, variance] = [wide(node.x(3)), wide(node.x(4))];
    return [add(mul(div(sub(x, average), sqrt(add(variance, epsilon))), scale), shift)];
  }
  const momentum = node.float('momentum', 0.9);
  const { y, average, variance } = standardized(x, [0, ...range(rank - 2, 2)], epsilon);
  const running = (old: Value, now: Value) =>
    add(mul(old, momentum), mul(cast(reshape(now, [-1]), old.dtype), 1 - momentum));
  return [add(mul(y, scale), shift), running(node.x(3), average), running(node.x(4), variance)];
}

function fromAxis(node: OperatorNode): number[] {
  const rank = node.x(0).shape.length;
  const axis = axisOf(node.int('axis', -1), rank);
  return range(rank - axis, axis);
}

function layerNormalization(node: OperatorNode): readonly (Value | undefined)[] {
  const { y, average, inverse } = standardized(node.x(0), fromAxis(node), node.float('epsilon', 1e-5));
  const scaled = mul(y, node.x(1));
  const b = node.maybe(2);
  return [b === undefined ? scaled : add(scaled, b), average, inverse];
}

function rmsNormalization(node: OperatorNode): Value {
  const x = node.x(0);
  const size = mean(square(x), { axis: fromAxis(node), keepAxis: true });
  return mul(
    cast(mul(x, reciprocal(sqrt(add(size, node.float('epsilon', 1e-5))))), node.x(1).dtype),
    node.x(1),
  );
}

function instanceNormalization(node: OperatorNode): Value {
  const x = node.x(0);
  const { y } = standardized(x, range(x.shape.length - 2, 2), node.float('epsilon', 1e-5));
  return add(mul(y, perChannel(node.x(1), x.shape.length)), perChannel(node.x(2), x.shape.length));
}

/** Each group of channels on its own; scale and shift are of groups before version 21, then of channels. */
function groupNormalization(node: OperatorNode): Value {
  const x = node.x(0);
  const [n = 0, c = 0, ...extents] = x.shape;
  const groups = node.int('num_groups', 1);
  const parts = reshape(x, [n, groups, c / groups, ...extents]);
  const { y } = standardized(parts, range(extents.length + 1, 2), node.float('epsilon', 1e-5));
  const ofGroups = node.opset < 21 && node.x(1).shape[0] === groups;
  const wide = (b: Value) =>
    ofGroups
      ? perChannel(b, extents.length + 3)
      : reshape(b, [1, groups, c / groups, ...extents.map(() => 1)]);
  return reshape(add(mul(y, wide(node.x(1))), wide(node.x(2))), x.shape);
}

/** x / (bias + alpha / size sum x^2)^beta, the sum over neighbouring channels. */
function responses(node: OperatorNode): Value {
  const x = node.x(0);
  const size = node.int('size', 1);
  const before = Math.floor((size - 1) / 2);
  const zeros = x.shape.map(() => 0);
  const wide = pad(square(x), {
    low: zeros.map((_, i) => (i === 1 ? before : 0)),
    high: zeros.map((_, i) => (i === 1 ? size - 1 - before : 0)),
  });
  const near = sum(windows(wide, { axes: [1], size }), { axis: -1 });
  const scale = add(node.float('bias', 1), mul(node.float('alpha', 1e-4) / size, near));
  return div(x, pow(scale, node.float('beta', 0.75)));
}

/** x over its norm along an axis, 0 where that is 0. */
function lpNormalization(node: OperatorNode): Value {
  const x = node.x(0);
  const over = { axis: axisOf(node.int('axis', -1), x.shape.length), keepAxis: true };
  const total = node.int('p', 2) === 1 ? sum(abs(x), over) : sum(square(x), over);
  const zero = equal(total, 0);
  const safe = select(zero, 1, total);
  return select(zero, 0, div(x, node.int('p', 2) === 1 ? safe : sqrt(safe)));
}

function meanVariance(node: OperatorNode): Value {
  const x = node.x(0);
  const over = { axis: node.ints('axes') ?? [0, 2, 3], keepAxis: true };
  const average = mean(x, over);
  const deviation = sqrt(maximum(sub(mean(square(x), over), square(average)), 0));
  return div(sub(x, average), add(deviation, 1e-9));
}

/** Normalisations and functions of classes. */
export const normalization: Operators = {
  Softmax: alongClasses(softmax),
  LogSoftmax: alongClasses(logSoftmax),
  BatchNormalization: { make: batchNormalization, fixed: [3, 4] },
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LRN: responses,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVariance,
};
