import {
  type Activation,
  abs,
  add,
  cos,
  defineActivation,
  div,
  erf,
  exp,
  expm1,
  fill,
  log,
  log1p,
  maximum,
  minimum,
  mul,
  neg,
  type Operand,
  pow,
  relu,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  sub,
  tanh,
  Value,
} from 'pullback';
import type { Expression, FunctionName, Operator } from './expression.ts';
import { parse } from './parse.ts';

/** What was typed as an activation: its derivative is derived from these functions, as for any other. @throws ExpressionError */
export function activationOf(text: string): Activation {
  const expression = parse(text);
  return defineActivation(text, (x) => asValue(operandOf(expression, { x }, x), x));
}

/** What was typed as the error of one output, of the prediction p and its target t. @throws ExpressionError */
export function errorOf(text: string): (p: Value, t: Value) => Value {
  const expression = parse(text, ['p', 't']);
  return (p, t) => asValue(operandOf(expression, { p, t }, p), p);
}

type Variables = Readonly<Record<string, Value>>;

const unary = { abs, cos, erf, exp, expm1, log, log1p, relu, sigmoid, sign, sin, softplus, sqrt, tanh };
const binary = { max: maximum, min: minimum };

const onNumbers: Readonly<Record<Operator, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '^': (a, b) => a ** b,
};
const onValues = { '+': add, '-': sub, '*': mul, '/': div };

/** Numbers stay numbers, so that x^2 is a square and not e^(2 log x). */
function operandOf(expression: Expression, variables: Variables, like: Value): Operand {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'variable':
      return variables[expression.name] ?? like;
    case 'negated': {
      const of = operandOf(expression.of, variables, like);
      return typeof of === 'number' ? -of : neg(of);
    }
    case 'operation':
      return operation(
        expression.operator,
        operandOf(expression.left, variables, like),
        operandOf(expression.right, variables, like),
        like,
      );
    case 'call':
      return call(
        expression.name,
        expression.operands.map((operand) => asValue(operandOf(operand, variables, like), like)),
      );
    default:
      return expression satisfies never;
  }
}

function operation(operator: Operator, left: Operand, right: Operand, x: Value): Operand {
  if (typeof left === 'number' && typeof right === 'number') return onNumbers[operator](left, right);
  if (operator === '^') return pow(asValue(left, x), right);
  return onValues[operator](left, right);
}

function call(name: FunctionName, operands: readonly Value[]): Value {
  const [first, second] = operands;
  if (first === undefined) throw new TypeError(`${name} without an operand`);
  if (name !== 'max' && name !== 'min') return unary[name](first);
  if (second === undefined) throw new TypeError(`${name} with one operand`);
  return binary[name](first, second);
}

function asValue(operand: Operand, { shape, dtype }: Value): Value {
  return operand instanceof Value ? operand : fill(operand, shape, dtype);
}
