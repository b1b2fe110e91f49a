import {
  abs,
  add,
  and,
  argmax,
  cast,
  ceil,
  clip,
  cos,
  div,
  equal,
  erf,
  exp,
  expm1,
  floor,
  greater,
  greaterEqual,
  isFloat,
  less,
  lessEqual,
  log,
  log1p,
  logSoftmax,
  matmul,
  max,
  maximum,
  mean,
  min,
  minimum,
  mod,
  mul,
  neg,
  not,
  or,
  pow,
  relu,
  round,
  select,
  sigmoid,
  sign,
  sin,
  softmax,
  softplus,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  swapAxes,
  tanh,
  type Value,
} from '@pullback/core';
import type { GraphOp, NodeAt } from './node-def.ts';

const of1 =
  (f: (x: Value) => Value): GraphOp =>
  (node) =>
    f(node.x(0));
const of2 =
  (f: (a: Value, b: Value) => Value): GraphOp =>
  (node) =>
    f(node.x(0), node.x(1));

const elu = (x: Value) => select(less(x, 0), expm1(minimum(x, 0)), x);
const leaky = (x: Value, alpha: number) => select(less(x, 0), mul(alpha, x), x);

/** The functions that a fused op ends with, in order: a bias first. */
export function finished(node: NodeAt, y: Value): Value {
  let [now, next] = [y, 2];
  for (const word of node.def.words('fused_ops')) {
    if (word === 'BiasAdd') now = add(now, node.x(next++));
    else if (word === 'Relu') now = relu(now);
    else if (word === 'Relu6') now = clip(now, 0, 6);
    else if (word === 'Elu') now = elu(now);
    else if (word === 'Sigmoid') now = sigmoid(now);
    else if (word === 'Tanh') now = tanh(now);
    else if (word === 'LeakyRelu') now = leaky(now, node.def.float('leakyrelu_alpha', 0.2));
    else if (word === 'Prelu') now = select(less(now, 0), mul(node.x(next++), now), now);
    else throw node.unsupported(`that ends with ${word}`);
  }
  return now;
}

function product(node: NodeAt): Value {
  const turned = (i: number, names: readonly string[]) =>
    names.some((name) => node.def.flag(name)) ? swapAxes(node.x(i), -1, -2) : node.x(i);
  return matmul(turned(0, ['transpose_a', 'adj_x']), turned(1, ['transpose_b', 'adj_y']));
}

const reducing =
  (f: (x: Value, options: { axis: readonly number[]; keepAxis: boolean }) => Value): GraphOp =>
  (node) =>
    f(node.x(0), { axis: node.known(1), keepAxis: node.def.flag('keep_dims') });

/** a / b, and 0 where b is 0. */
function quotient(a: Value, b: Value): Value {
  const isZero = equal(b, 0);
  return select(isZero, 0, div(a, select(isZero, 1, b)));
}

const dtypes: Readonly<Record<string, 'int32' | 'bool'>> = {
  DT_INT32: 'int32',
  DT_INT64: 'int32',
  DT_BOOL: 'bool',
};

/** Ops of numbers: element by element, sums, products. */
export const numeric: Readonly<Record<string, GraphOp>> = {
  Identity: of1((x) => x),
  StopGradient: of1(stopGradient),
  Neg: of1(neg),
  Abs: of1(abs),
  Sign: of1(sign),
  Square: of1(square),
  Sqrt: of1(sqrt),
  Rsqrt: of1((x) => div(1, sqrt(x))),
  Reciprocal: of1((x) => div(1, x)),
  Inv: of1((x) => div(1, x)),
  Exp: of1(exp),
  Expm1: of1(expm1),
  Log: of1(log),
  Log1p: of1(log1p),
  Sin: of1(sin),
  Cos: of1(cos),
  Tanh: of1(tanh),
  Erf: of1(erf),
  Floor: of1(floor),
  Ceil: of1(ceil),
  Round: of1(round),
  Sigmoid: of1(sigmoid),
  Relu: of1(relu),
  Relu6: of1((x) => clip(x, 0, 6)),
  Elu: of1(elu),
  Softplus: of1(softplus),
  LeakyRelu: (node) => leaky(node.x(0), node.def.float('alpha', 0.2)),
  Prelu: of2((x, alpha) => select(less(x, 0), mul(alpha, x), x)),
  Softmax: of1((x) => softmax(x)),
  LogSoftmax: of1((x) => logSoftmax(x)),
  Cast: (node) => cast(node.x(0), dtypes[node.def.type('DstT')] ?? node.floats),
  Add: of2(add),
  AddV2: of2(add),
  BiasAdd: (node) => {
    node.refuseChannelsFirst();
    return add(node.x(0), node.x(1));
  },
  AddN: (node) => node.inputs.reduce((a, b) => add(a, b)),
  Sub: of2(sub),
  Mul: of2(mul),
  RealDiv: of2(div),
  Div: of2(div),
  DivNoNan: of2(quotient),
  Maximum: of2(maximum),
  Minimum: of2(minimum),
  Pow: of2(pow),
  FloorMod: of2(mod),
  FloorDiv: of2((a, b) => (isFloat(a.dtype) ? floor(div(a, b)) : div(sub(a, mod(a, b)), b))),
  SquaredDifference: of2((a, b) => square(sub(a, b))),
  Greater: of2(greater),
  GreaterEqual: of2(greaterEqual),
  Less: of2(less),
  LessEqual: of2(lessEqual),
  Equal: of2(equal),
  NotEqual: of2((a, b) => not(equal(a, b))),
  LogicalAnd: of2(and),
  LogicalOr: of2(or),
  LogicalNot: of1(not),
  SelectV2: (node) => select(node.x(0), node.x(1), node.x(2)),
  Sum: reducing(sum),
  Mean: reducing(mean),
  Max: reducing(max),
  Min: reducing(min),
  ArgMax: (node) => argmax(node.x(0), { axis: node.known(1)[0] ?? 0 }),
  MatMul: product,
  BatchMatMul: product,
  BatchMatMulV2: product,
  _FusedMatMul: (node) => finished(node, product(node)),
};
