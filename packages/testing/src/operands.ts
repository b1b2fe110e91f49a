import {
  type Attributes,
  isFloat,
  type Primitive,
  type Tensor,
  type TensorSpec,
  tensorOf,
} from '@pullback/core';

/** A primitive as a graph applies it. */
export interface Applied {
  readonly primitive: Primitive;
  readonly attributes: Attributes;
  readonly specs: readonly TensorSpec[];
}

/** Whole numbers from -2 to 4, no two neighbours alike; places and bytes from 0 up. */
export function wholeNumbers({ shape, dtype }: TensorSpec, offset: number): Tensor {
  const tensor = tensorOf({ shape, dtype });
  const low = dtype === 'uint8' || dtype === 'int32' ? 0 : -2;
  for (let i = 0; i < tensor.data.length; i++)
    tensor.data[i] = dtype === 'bool' ? (3 * i + offset) % 2 : ((5 * i + 3 * offset) % 7) + low;
  return tensor;
}

/** The outputs for these operands, in arrays that hold `before` when `evaluate` is called. */
export function evaluated(
  { primitive, attributes }: Pick<Applied, 'primitive' | 'attributes'>,
  operands: readonly Tensor[],
  before = 0,
): Tensor[] {
  const specs = [
    primitive.infer(
      operands.map(({ shape, dtype }) => ({ shape, dtype })),
      attributes,
    ),
  ].flat();
  const outputs = specs.map((spec) => {
    const tensor = tensorOf(spec);
    tensor.data.fill(before);
    return tensor;
  });
  const [first, ...others] = outputs;
  if (first !== undefined) primitive.evaluate(operands, [first, ...others], attributes);
  return outputs;
}

/** A number for each element of an operand, by its place. */
export function filledBy(spec: TensorSpec, f: (k: number) => number): Tensor {
  const tensor = tensorOf(spec);
  for (let k = 0; k < tensor.data.length; k++) tensor.data[k] = isFloat(spec.dtype) ? f(k) : k % 2;
  return tensor;
}

/** Unlike each other, not whole, with both signs. */
export const distinct = (seed: number) => (k: number) => Math.sin(1 + k + 100 * seed) * 3 + 0.01 * k;
