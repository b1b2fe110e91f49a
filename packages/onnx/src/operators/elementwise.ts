import {
  abs,
  add,
  and,
  cast,
  ceil,
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
  maximum,
  minimum,
  mod,
  mul,
  neg,
  not,
  or,
  pow,
  reciprocal,
  round,
  select,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  sub,
  tanh,
  type Value,
} from '@pullback/core';
import {
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atanh,
  bitAnd,
  bitOr,
  bitXor,
  remainder,
  shiftLeft,
  shiftRight,
} from '../functions.ts';
import { hostNumbers } from '../host-numbers.ts';
import type { Operator, OperatorNode, Operators } from '../operator-node.ts';

type Two = (a: Value, b: Value) => Value;

const of1 =
  (f: (x: Value) => Value): Operator =>
  (node) =>
    f(node.x(0));
const of2 =
  (f: Two): Operator =>
  (node) =>
    f(node.x(0), node.x(1));
/** Of any number of inputs, one after the other. */
const ofAll =
  (f: Two): Operator =>
  (node) =>
    node.all().reduce(f);

/** A function of floats: integers are cast, and their result is cut off. */
function inFloats(f: (x: Value) => Value): Operator {
  return (node) => {
    const x = node.x(0);
    return isFloat(x.dtype) ? f(x) : cast(f(cast(x, 'float64')), x.dtype);
  };
}

function power(node: OperatorNode): Value {
  const [x, exponent] = [node.x(0), node.x(1)];
  const known = exponent.shape.length === 0 ? hostNumbers(exponent)?.data[0] : undefined;
  if (known !== undefined && (isFloat(x.dtype) || (Number.isInteger(known) && known >= 0)))
    return pow(x, known);
  if (isFloat(x.dtype)) return pow(x, cast(exponent, x.dtype));
  return cast(round(pow(cast(x, 'float64'), cast(exponent, 'float64'))), x.dtype);
}

function clipped(node: OperatorNode): Value {
  const [low, high] = [node.maybe(1), node.maybe(2)];
  let x = node.x(0);
  if (low !== undefined) x = maximum(x, low);
  else if (node.attribute('min') !== undefined) x = maximum(x, node.float('min', 0));
  if (high !== undefined) return minimum(x, high);
  return node.attribute('max') === undefined ? x : minimum(x, node.float('max', 0));
}

/** x where it is positive, else f(x); the other side's gradient does not come through. */
function positiveOr(x: Value, f: (x: Value) => Value): Value {
  const negative = less(x, 0);
  return select(negative, f(select(negative, x, 0)), x);
}

const selu = { alpha: 1.6732631921768188, gamma: 1.0507010221481323 };

function infinite(node: OperatorNode): Value {
  const x = node.x(0);
  const [above, below] = [node.int('detect_positive', 1) !== 0, node.int('detect_negative', 1) !== 0];
  const size = above && below ? abs(x) : above ? x : neg(x);
  return above || below ? equal(size, Infinity) : less(abs(x), -1);
}

function shrunk(node: OperatorNode): Value {
  const x = node.type(0).kind === 'float' ? node.x(0) : cast(node.x(0), node.around.floats);
  const [bias, far] = [node.float('bias', 0), node.float('lambd', 0.5)];
  const made = select(less(x, -far), add(x, bias), select(less(far, x), sub(x, bias), 0));
  return cast(made, node.x(0).dtype);
}

function gelu(node: OperatorNode): Value {
  const x = node.x(0);
  if (node.word('approximate', 'none', 'tanh') === 'none')
    return mul(mul(0.5, x), add(1, erf(mul(x, Math.SQRT1_2))));
  const inner = mul(Math.sqrt(2 / Math.PI), add(x, mul(0.044715, mul(x, mul(x, x)))));
  return mul(mul(0.5, x), add(1, tanh(inner)));
}

function hardSigmoid(x: Value, alpha: number, beta: number): Value {
  return maximum(0, minimum(1, add(mul(alpha, x), beta)));
}

function hyperbolic(x: Value, even: boolean): Value {
  const [up, down] = [expm1(x), expm1(neg(x))];
  return mul(0.5, even ? add(add(up, down), 2) : sub(up, down));
}

/** Functions of every element. Source: the ONNX operator specification, as of all files of this folder. */
export const elementwise: Operators = {
  Add: of2(add),
  Sub: of2(sub),
  Mul: of2(mul),
  Div: of2(div),
  Sum: ofAll(add),
  Mean: (node) => div(node.all().reduce(add), node.all().length),
  Max: ofAll(maximum),
  Min: ofAll(minimum),
  Mod: (node) => (node.int('fmod', 0) === 1 ? remainder : mod)(node.x(0), node.x(1)),
  Pow: power,
  Neg: of1(neg),
  Abs: of1(abs),
  Sign: of1(sign),
  Reciprocal: of1(reciprocal),
  Sqrt: of1(sqrt),
  Exp: of1(exp),
  Log: of1(log),
  Ceil: of1(ceil),
  Floor: of1(floor),
  Round: of1(round),
  Erf: inFloats(erf),
  Sin: of1(sin),
  Cos: of1(cos),
  Tan: (node) => div(sin(node.x(0)), cos(node.x(0))),
  Asin: of1(asin),
  Acos: of1(acos),
  Atan: of1(atan),
  Sinh: (node) => hyperbolic(node.x(0), false),
  Cosh: (node) => hyperbolic(node.x(0), true),
  Tanh: of1(tanh),
  Asinh: of1(asinh),
  Acosh: of1(acosh),
  Atanh: of1(atanh),
  IsNaN: (node) => not(equal(node.x(0), node.x(0))),
  IsInf: infinite,
  Clip: clipped,
  Relu: (node) => maximum(node.x(0), 0),
  LeakyRelu: (node) => positiveOr(node.x(0), (x) => mul(x, node.float('alpha', 0.01))),
  PRelu: (node) => select(less(node.x(0), 0), mul(node.x(0), node.x(1)), node.x(0)),
  ThresholdedRelu: (node) => select(less(node.float('alpha', 1), node.x(0)), node.x(0), 0),
  Elu: (node) => positiveOr(node.x(0), (x) => mul(node.float('alpha', 1), expm1(x))),
  Celu: (node) => {
    const alpha = node.float('alpha', 1);
    return positiveOr(node.x(0), (x) => mul(alpha, expm1(div(x, alpha))));
  },
  Selu: (node) => {
    const [alpha, gamma] = [node.float('alpha', selu.alpha), node.float('gamma', selu.gamma)];
    return mul(
      gamma,
      positiveOr(node.x(0), (x) => mul(alpha, expm1(x))),
    );
  },
  Sigmoid: of1(sigmoid),
  HardSigmoid: (node) => hardSigmoid(node.x(0), node.float('alpha', 0.2), node.float('beta', 0.5)),
  HardSwish: (node) => mul(node.x(0), hardSigmoid(node.x(0), 1 / 6, 0.5)),
  Softplus: of1(softplus),
  Softsign: (node) => div(node.x(0), add(1, abs(node.x(0)))),
  Mish: (node) => mul(node.x(0), tanh(softplus(node.x(0)))),
  Gelu: gelu,
  Swish: (node) => mul(node.x(0), sigmoid(mul(node.float('alpha', 1), node.x(0)))),
  SwiGLU: (node) => mul(mul(node.x(0), sigmoid(mul(node.float('alpha', 1), node.x(0)))), node.x(1)),
  Shrink: shrunk,
  Equal: of2(equal),
  Less: of2(less),
  LessOrEqual: of2(lessEqual),
  Greater: of2(greater),
  GreaterOrEqual: of2(greaterEqual),
  And: of2(and),
  Or: of2(or),
  Xor: (node) => not(equal(node.x(0), node.x(1))),
  Not: of1(not),
  BitwiseAnd: of2(bitAnd),
  BitwiseOr: of2(bitOr),
  BitwiseXor: of2(bitXor),
  BitwiseNot: (node) => sub(-1, node.x(0)),
  BitShift: (node) =>
    (node.word('direction', 'LEFT', 'RIGHT') === 'LEFT' ? shiftLeft : shiftRight)(node.x(0), node.x(1)),
  Where: (node) => {
    const [condition, a, b] = [node.x(0), node.x(1), node.x(2)];
    return { value: select(condition, a, b), type: node.type(1) };
  },
};
