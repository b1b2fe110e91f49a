import { elementsPrimitive } from '../forms/elements.ts';
import { applyPrimitive } from '../graph/apply.ts';
import type { Value } from '../graph/value.ts';
import * as scalar from '../scalar/operations.ts';
import { of1 } from '../scalar/scalar.ts';
import { type DType, isFloat } from '../tensors/dtype.ts';

interface CastAttributes extends Readonly<Record<string, string>> {
  readonly dtype: DType;
}

const castPrimitive = elementsPrimitive<readonly [Value], CastAttributes>('cast', {
  infer: ([x], { dtype }) => ({ shape: x.shape, dtype }),
  formula: (x, at) => of1((one) => scalar.cast(one, at.attributes.dtype))(x, at),
  vjp: (g, { input: x }) => [isFloat(x.dtype) && isFloat(g.dtype) ? cast(g, x.dtype) : undefined],
});

/** `x` as another dtype: nearest float, integers towards 0 modulo 2^32, bool by x != 0. Between floats the gradient is cast back. */
export function cast(x: Value, dtype: DType): Value {
  return x.dtype === dtype ? x : applyPrimitive(castPrimitive, [x], { dtype });
}
