import { applyPrimitive } from '../apply.ts';
import { isFloat } from '../dtype.ts';
import { DTypeError, OptionError } from '../errors.ts';
import type { Cotangents, Primitive } from '../node.ts';
import { broadcastShapes } from '../shape.ts';
import { Value, type Vertex } from '../value.ts';
import { broadcast } from './broadcast-sum.ts';
import { fill } from './leaves.ts';

/** A Value, or a number that takes the other operand's dtype. */
export type Operand = Value | number;

interface Rules<In extends readonly Value[]> {
  readonly scalar: (...x: number[]) => number;
  readonly vjp: (gradient: Value, at: Vertex<In>) => Cotangents;
}

function elementwise<In extends readonly Value[]>(name: string, { scalar, vjp }: Rules<In>): Primitive<In> {
  return {
    kind: 'elementwise',
    name,
    infer: (inputs) => {
      const [first] = inputs;
      const dtypes = inputs.map((input) => input.dtype);
      if (first === undefined || !isFloat(first.dtype) || !dtypes.every((dtype) => dtype === first.dtype))
        throw new DTypeError({
          got: `${name} of ${dtypes.join(' and ')}`,
          expected: 'operands of one float dtype',
          hint: 'Nothing is promoted silently: cast one of them.',
        });
      return first;
    },
    evaluate: (inputs, output) => {
      const [a, b] = inputs;
      for (let i = 0; i < output.data.length; i++) output.data[i] = scalar(a?.data[i] ?? 0, b?.data[i] ?? 0);
    },
    vjp,
  };
}

/** Makes f(x) for every element. */
export function unary(name: string, rules: Rules<readonly [Value]>): (x: Value) => Value {
  const primitive = elementwise(name, rules);
  return (x) => applyPrimitive(primitive, [x], {});
}

/** Makes f(a, b) for every pair of elements, after broadcasting. */
export function binary(
  name: string,
  rules: Rules<readonly [Value, Value]>,
): (a: Operand, b: Operand) => Value {
  const primitive = elementwise(name, rules);
  return (a, b) => {
    const like = a instanceof Value ? a : b;
    if (!(like instanceof Value))
      throw new OptionError({
        got: `${name} of two numbers`,
        expected: 'at least one Value',
        hint: 'Use constant(x).',
      });
    const shape = broadcastShapes(shapeOf(a), shapeOf(b));
    const lift = (x: Operand) => (x instanceof Value ? broadcast(x, shape) : fill(x, shape, like.dtype));
    return applyPrimitive(primitive, [lift(a), lift(b)], {});
  };
}

const shapeOf = (x: Operand) => (x instanceof Value ? x.shape : []);
