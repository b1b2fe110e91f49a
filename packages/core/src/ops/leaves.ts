import { applyPrimitive } from '../apply.ts';
import type { TypedArray } from '../dtype.ts';
import { type DType, roundTo, type TensorSpec } from '../dtype.ts';
import type { Primitive } from '../node.ts';
import { checkShape, type Shape } from '../shape.ts';
import { type TensorLike, tensor } from '../tensor.ts';
import type { Value } from '../value.ts';

interface LeafAttributes extends Readonly<Record<string, number | string | readonly number[] | TypedArray>> {
  readonly shape: Shape;
  readonly dtype: DType;
}

const specOf = ({ shape, dtype }: LeafAttributes): TensorSpec => ({ shape, dtype });

const inputPrimitive: Primitive<readonly [], LeafAttributes & { readonly name: string }> = {
  kind: 'leaf',
  name: 'input',
  infer: (_, attributes) => specOf(attributes),
  evaluate: () => {},
};

/** A value that is given when the graph is run. */
export function placeholder({ shape, dtype }: TensorSpec, name: string): Value {
  checkShape(shape);
  return applyPrimitive(inputPrimitive, [], { shape, dtype, name });
}

const fillPrimitive: Primitive<readonly [], LeafAttributes & { readonly value: number }> = {
  kind: 'structural',
  name: 'fill',
  infer: (_, attributes) => specOf(attributes),
  evaluate: (_, output, { value }) => void output.data.fill(value),
};

/** The same number everywhere. */
export function fill(value: number, shape: Shape, dtype: DType = 'float32'): Value {
  checkShape(shape);
  return applyPrimitive(fillPrimitive, [], { value: roundTo(dtype, value), shape, dtype });
}

const literalPrimitive: Primitive<readonly [], LeafAttributes & { readonly data: TypedArray }> = {
  kind: 'structural',
  name: 'literal',
  infer: (_, attributes) => specOf(attributes),
  evaluate: (_, output, { data }) => output.data.set(data),
};

/** Numbers that are part of the graph. */
export function constant(like: TensorLike, options: { dtype?: DType } = {}): Value {
  const { shape, dtype, data } = tensor(like, options);
  return applyPrimitive(literalPrimitive, [], { shape, dtype, data: data.slice() });
}
