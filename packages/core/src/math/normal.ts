import type { Value } from '../graph/value.ts';
import { mul, sub } from '../ops/arithmetic.ts';
import { cos, log, sqrt } from '../ops/functions.ts';
import { fill } from '../ops/leaves.ts';
import { foldIn, uniform } from '../ops/random.ts';
import { checkOptions } from '../options/check-options.ts';
import { floatFields } from '../options/op-fields.ts';
import type { FloatDType } from '../tensors/dtype.ts';
import type { Shape } from '../tensors/shape.ts';

/**
 * Normal with mean 0 and variance 1: sqrt(-2 log(1 - u)) cos(2 pi v) for u, v uniform on [0, 1).
 * Source: Box and Muller 1958.
 */
export function normal(key: Value, shape: Shape, options: { dtype?: FloatDType } = {}): Value {
  const { dtype = 'float32' } = checkOptions('normal', options, floatFields);
  const draw = (place: number) => uniform(foldIn(key, fill(place, [], 'int32')), shape, { dtype });
  return mul(sqrt(mul(log(sub(1, draw(0))), -2)), cos(mul(draw(1), 2 * Math.PI)));
}
