import { applyPrimitive } from '../graph/apply.ts';
import type { Primitive, Value } from '../graph/value.ts';
import { checkOptions } from '../options/check-options.ts';
import { axisFields, dtypeFields } from '../options/op-fields.ts';
import { type DType, roundTo } from '../tensors/dtype.ts';
import { checkShape, normalizeAxis, type Shape, sizeOf } from '../tensors/shape.ts';

interface IotaAttributes extends Readonly<Record<string, number | string | readonly number[]>> {
  readonly shape: Shape;
  readonly axis: number;
  readonly dtype: DType;
}

const iotaPrimitive: Primitive<readonly [], IotaAttributes, Value> = {
  kind: 'generator',
  name: 'iota',
  form: { kind: 'place', axis: ({ axis }) => axis },
  infer: (_, { shape, dtype }) => ({ shape, dtype }),
  evaluate: (_, [output], { shape, axis, dtype }) => {
    const inner = sizeOf(shape.slice(axis + 1));
    const extent = shape[axis] ?? 1;
    for (let i = 0; i < output.data.length; i++)
      output.data[i] = roundTo(dtype, Math.floor(i / inner) % extent);
  },
};

/** The place 0, 1, 2, ... along `axis`, as int32 unless another dtype is asked for. */
export function iota(shape: Shape, options: { axis?: number; dtype?: DType } = {}): Value {
  const { axis = 0, dtype = 'int32' } = checkOptions('iota', options, { ...axisFields, ...dtypeFields });
  checkShape(shape);
  return applyPrimitive(iotaPrimitive, [], { shape, axis: normalizeAxis(axis, shape.length), dtype });
}
