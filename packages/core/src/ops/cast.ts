import { applyPrimitive } from '../apply.ts';
import { type DType, isFloat, roundTo } from '../dtype.ts';
import { native } from '../native.ts';
import type { Primitive } from '../node.ts';
import type { Value } from '../value.ts';

interface CastAttributes extends Readonly<Record<string, string>> {
  readonly dtype: DType;
}

const castPrimitive: Primitive<readonly [Value], CastAttributes, Value> = native({
  kind: 'elementwise',
  name: 'cast',
  infer: ([x], { dtype }) => ({ shape: x.shape, dtype }),
  evaluate: ([x], [output], { dtype }) => {
    for (let i = 0; i < output.data.length; i++) output.data[i] = roundTo(dtype, x.data[i] ?? 0);
  },
  vjp: (g, { input: x }) => [isFloat(x.dtype) && isFloat(g.dtype) ? cast(g, x.dtype) : undefined],
});

/** `x` as another dtype: nearest float, integers towards 0 modulo 2^32, bool by x != 0. Between floats the gradient is cast back. */
export function cast(x: Value, dtype: DType): Value {
  return x.dtype === dtype ? x : applyPrimitive(castPrimitive, [x], { dtype });
}
