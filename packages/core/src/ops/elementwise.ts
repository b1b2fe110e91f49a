import { checkBroadcast } from '../derive/unbroadcast.ts';
import { DTypeError, OptionError, ShapeError } from '../errors.ts';
import { elementsPrimitive } from '../forms/elements.ts';
import { applyPrimitive } from '../graph/apply.ts';
import type { Cotangents, Primitive } from '../graph/value.ts';
import { Value, type Vertex } from '../graph/value.ts';
import type { Formula } from '../scalar/scalar.ts';
import type { DType, TensorSpec } from '../tensors/dtype.ts';
import { broadcastShapes, formatShape, sameShape } from '../tensors/shape.ts';
import { broadcast } from './broadcast-sum.ts';
import { held, literal } from './leaves.ts';

/** A Value, or a number that takes the other operand's dtype. */
export type Operand = Value | number;

export const floats: readonly DType[] = ['float32', 'float64'];
export const numbers: readonly DType[] = ['float32', 'float64', 'int32'];
export const everything: readonly DType[] = ['float32', 'float64', 'int32', 'bool', 'uint8'];

interface Rules<In extends readonly Value[]> {
  /** The dtypes that the operands may have; all operands share one. */
  readonly takes: readonly DType[];
  /** The dtype of the result, where it is not that of the operands. */
  readonly gives?: DType;
  /** The result of one element of each operand. */
  readonly formula: Formula;
  /** Left out when the derivative is 0 wherever there is one. */
  readonly vjp?: (gradient: Value, at: Vertex<In>) => Cotangents;
}

/** A primitive that does the same to every element, for operands of one shape. */
export function elementwise<In extends readonly Value[]>(
  name: string,
  { takes, gives, formula, vjp }: Rules<In>,
): Primitive<In, Readonly<Record<string, never>>, Value> {
  return elementsPrimitive(name, {
    formula,
    infer: (inputs) => {
      const { shape, dtype } = commonSpec(name, inputs, takes);
      return { shape, dtype: gives ?? dtype };
    },
    ...(vjp && { vjp }),
  });
}

/** The one spec that all operands have. */
function commonSpec(name: string, inputs: readonly TensorSpec[], takes: readonly DType[]): TensorSpec {
  const [first] = inputs;
  const dtypes = inputs.map((input) => input.dtype);
  if (first === undefined || !takes.includes(first.dtype) || !dtypes.every((dtype) => dtype === first.dtype))
    throw new DTypeError({
      got: `${name} of ${dtypes.join(' and ')}`,
      expected: `operands of one dtype: ${takes.join(', ')}`,
      hint: 'Nothing is promoted silently: cast(x, dtype) says what is meant.',
    });
  if (!inputs.every(({ shape }) => sameShape(shape, first.shape)))
    throw new ShapeError({
      got: `${name} of ${inputs.map(({ shape }) => formatShape(shape)).join(' and ')}`,
      expected: 'one shape',
    });
  return first;
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
        hint: 'constant(x) makes one.',
      });
    const shape = commonShape(a, b);
    return applyPrimitive(primitive, [lift(a, shape, like.dtype), lift(b, shape, like.dtype)], {});
  };
}

/** The shape that operands broadcast to. @throws ShapeError for shapes that do not, or must not in the formula of a loss. */
export function commonShape(...operands: readonly Operand[]): number[] {
  const shape = broadcastShapes(...operands.map(shapeOf));
  checkBroadcast(
    operands.filter((operand) => operand instanceof Value),
    shape,
  );
  return shape;
}

/** An operand as a Value of `shape`. @throws DTypeError for a number that an integer or bool beside it cannot hold. */
export function lift(x: Operand, shape: readonly number[], dtype: DType): Value {
  return x instanceof Value ? broadcast(x, shape) : literal(held(dtype, x, 'beside'), shape, dtype);
}

export function shapeOf(x: Operand): readonly number[] {
  return x instanceof Value ? x.shape : [];
}
