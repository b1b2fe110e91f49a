import {
  abs,
  add,
  argmax,
  cast,
  div,
  exp,
  fill,
  flip,
  isFloat,
  log,
  logSumExp,
  max,
  min,
  mul,
  neg,
  ones,
  pad,
  reshape,
  sqrt,
  square,
  sub,
  sum,
  transpose,
  type Value,
} from '@pullback/core';
import { int64, needing, type Operator, type OperatorNode, type Operators } from '../operator-node.ts';
import { along, axesOf, axisOf, range, sizeOfShape, withExtent } from './axes.ts';

type Reduction = (x: Value, axes: readonly number[]) => Value;

/** A reduction that keeps its axes, over the axes of a node. */
function over(reduce: Reduction): Operator {
  return (node) => {
    const x = node.x(0);
    const given = node.numbersAt(1, 'axes') ?? [];
    if (given.length === 0 && node.int('noop_with_empty_axes', 0) === 1) return reduce(x, []);
    const axes = given.length === 0 ? range(x.shape.length) : axesOf(given, x.shape.length);
    const kept = reduce(x, axes);
    if (node.int('keepdims', 1) === 1) return kept;
    return reshape(
      kept,
      kept.shape.filter((_, axis) => !axes.includes(axis)),
    );
  };
}

const total: Reduction = (x, axis) => sum(x, { axis, keepAxis: true });

/** The result of nothing where there is nothing to reduce. */
const orNothing =
  (of: (x: Value) => number, reduce: Reduction): Reduction =>
  (x, axes) => {
    const shape = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
    return sizeOfShape(x.shape) === 0 ? fill(of(x), shape, x.dtype) : reduce(x, axes);
  };

/** The extreme of numbers, of bools as numbers. */
const extreme =
  (reduce: typeof max): Reduction =>
  (x, axis) => {
    if (x.dtype !== 'bool') return reduce(x, { axis, keepAxis: true });
    return cast(reduce(cast(x, 'int32'), { axis, keepAxis: true }), 'bool');
  };

const lowest = (x: Value) => (isFloat(x.dtype) ? -Infinity : x.dtype === 'bool' ? 0 : -(2 ** 31));
const highest = (x: Value) => (isFloat(x.dtype) ? Infinity : x.dtype === 'bool' ? 1 : 2 ** 31 - 1);

/** The product over axes as a tree of halves, so that its gradients are right at zeros too. */
function product(x: Value, axes: readonly number[]): Value {
  const kept = range(x.shape.length).filter((axis) => !axes.includes(axis));
  const shape = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const outer = kept.map((axis) => x.shape[axis] ?? 1);
  const n = sizeOfShape(axes.map((axis) => x.shape[axis] ?? 1));
  if (n === 0) return ones(shape, x.dtype);
  let rows = reshape(transpose(x, [...kept, ...axes]), [sizeOfShape(outer), n]);
  while ((rows.shape[1] ?? 1) > 1) {
    const length = rows.shape[1] ?? 1;
    const half = Math.ceil(length / 2);
    const second = along(rows, 1, half, length);
    rows = mul(along(rows, 1, 0, half), length % 2 === 0 ? second : pad(second, { high: [0, 1], value: 1 }));
  }
  return reshape(rows, shape);
}

/** log sum e^x, -infinity of nothing. Integers go by float64. */
function logOfExponentials(x: Value, axis: readonly number[]): Value {
  if (!isFloat(x.dtype)) return cast(logOfExponentials(cast(x, 'float64'), axis), x.dtype);
  if (axis.length === 0) return log(exp(x));
  const kept = range(x.shape.length).filter((a) => !axis.includes(a));
  const outer = kept.map((a) => x.shape[a] ?? 1);
  const flat = reshape(transpose(x, [...kept, ...axis]), [...outer, -1]);
  return reshape(
    logSumExp(flat, { axis: -1 }),
    x.shape.map((extent, a) => (axis.includes(a) ? 1 : extent)),
  );
}

function inDoubles(f: (x: Value) => Value): (x: Value) => Value {
  return (x) => (isFloat(x.dtype) ? f(x) : cast(f(cast(x, 'float64')), x.dtype));
}

function average(x: Value, axes: readonly number[]): Value {
  return div(total(x, axes), sizeOfShape(axes.map((axis) => x.shape[axis] ?? 1)));
}

function place(node: OperatorNode, sense: (x: Value) => Value) {
  const x = sense(isFloat(node.x(0).dtype) ? node.x(0) : cast(node.x(0), 'float64'));
  const axis = axisOf(node.int('axis', 0), x.shape.length);
  const keepAxis = node.int('keepdims', 1) === 1;
  if (node.int('select_last_index', 0) === 0) return int64(argmax(x, { axis, keepAxis }));
  const last = argmax(flip(x, axis), { axis, keepAxis });
  return int64(sub((x.shape[axis] ?? 1) - 1, last));
}

/** Running sums or products along an axis, in log n steps: y_i += y_(i - 2^k). */
function running(node: OperatorNode, combine: (a: Value, b: Value) => Value, neutral: number): Value {
  const rank = node.x(0).shape.length;
  const axis = axisOf(node.known(1)[0] ?? 0, rank);
  const backwards = node.int('reverse', 0) === 1;
  const turned = backwards ? flip(node.x(0), axis) : node.x(0);
  const n = turned.shape[axis] ?? 0;
  const behind = (x: Value, by: number): Value =>
    pad(along(x, axis, 0, Math.max(0, n - by)), {
      low: withExtent(
        x.shape.map(() => 0),
        axis,
        Math.min(by, n),
      ),
      value: neutral,
    });
  let made = node.int('exclusive', 0) === 1 ? behind(turned, 1) : turned;
  for (let by = 1; by < n; by *= 2) made = combine(made, behind(made, by));
  return backwards ? flip(made, axis) : made;
}

const reductions_ = {
  ReduceSum: over(orNothing(() => 0, total)),
  ReduceMean: over(average),
  ReduceMax: over(orNothing(lowest, extreme(max))),
  ReduceMin: over(
    orNothing(highest, (x, axis) =>
      x.dtype === 'bool'
        ? cast(min(cast(x, 'int32'), { axis, keepAxis: true }), 'bool')
        : min(x, { axis, keepAxis: true }),
    ),
  ),
  ReduceProd: over(product),
  ReduceL1: over((x, axes) => total(abs(x), axes)),
  ReduceL2: over((x, axes) => inDoubles(sqrt)(total(square(x), axes))),
  ReduceSumSquare: over((x, axes) => total(square(x), axes)),
  ReduceLogSum: over((x, axes) => inDoubles(log)(total(x, axes))),
  ReduceLogSumExp: over(orNothing(() => -Infinity, logOfExponentials)),
} satisfies Record<string, Operator>;

export const reductions: Operators = {
  ...Object.fromEntries(Object.entries(reductions_).map(([name, make]) => [name, needing([1], make)])),
  ArgMax: (node) => place(node, (x) => x),
  ArgMin: (node) => place(node, neg),
  CumSum: needing([1], (node) => running(node, add, 0)),
  CumProd: needing([1], (node) => running(node, mul, 1)),
};
