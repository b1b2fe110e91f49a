import { applyPrimitive, elementsPrimitive, type Primitive, scalar, type Value } from '@pullback/core';
import { type ElementType, type SmallFloat, typeOfCode } from './element-types.ts';

type Scalar = Parameters<typeof scalar.abs>[0];

interface Attributes extends Readonly<Record<string, number>> {
  readonly code: number;
  readonly saturate: number;
}

/** Straight through: rounding passes gradients on as they are, since its own derivative is 0 almost everywhere. Source: Bengio et al. 2013. */
const roundedPrimitive: Primitive<readonly [Value], Attributes, Value> = elementsPrimitive('smallFloat', {
  infer: ([x]) => x,
  formula: ([x = missing], { attributes: { code, saturate } }) => {
    const type = typeOfCode(code, 'a Value');
    return type.kind === 'float' && type.small !== undefined ? rounded(x, type.small, saturate === 1) : x;
  },
  vjp: (g) => [g],
});

const wrappedPrimitive: Primitive<readonly [Value], Attributes, Value> = elementsPrimitive('smallInteger', {
  infer: ([x]) => x,
  formula: ([x = missing], { attributes: { code } }) => {
    const type = typeOfCode(code, 'a Value');
    if (type.kind !== 'integer') return x;
    const rest = 32 - type.bits;
    return (type.signed ? scalar.shrS : scalar.shrU)(scalar.shl(x, rest), rest);
  },
});

const missing = scalar.number(0, 'float32');

/** The nearest number of a format, halves to the even one, in steps of 2^(exponent - mantissa). */
function rounded(x: Scalar, format: SmallFloat, saturate: boolean): Scalar {
  const { mantissa, lowest, largest, beyond, oneZero, hasNaN } = format;
  const size = scalar.abs(x);
  const exponent = scalar.sub(scalar.shrU(scalar.bits(scalar.cast(size, 'float32')), 23), 127 + mantissa);
  const least = Math.max(lowest - mantissa, -126);
  const step = scalar.fromBits(scalar.shl(scalar.add(scalar.min(scalar.max(exponent, least), 127), 127), 23));
  const wide = x.type === 'float64' ? scalar.cast(step, 'float64') : step;
  // Powers of 2 alone are rounded up, so that nothing that is scaled by them overflows.
  const whole = mantissa === 0 ? scalar.ceil : scalar.nearest;
  const near = scalar.mul(whole(scalar.div(size, wide)), wide);
  const past = saturate || beyond === 'largest' ? largest : beyond === 'NaN' ? Number.NaN : Infinity;
  const bounded = scalar.select(scalar.less(largest, near), scalar.number(past, x.type), near);
  const infinite = saturate && beyond !== 'infinity' ? largest : past;
  const finite = scalar.select(
    scalar.equal(size, Infinity),
    scalar.number(saturate ? largest : infinite, x.type),
    bounded,
  );
  const passed = scalar.select(
    scalar.equal(x, x),
    scalar.withSign(finite, x),
    hasNaN ? x : scalar.number(0, x.type),
  );
  return oneZero === true ? scalar.select(scalar.equal(passed, 0), scalar.number(0, x.type), passed) : passed;
}

/** Numbers as their type holds them: integers modulo 2^bits, small floats rounded. Types of 32 bits and more are left as they are. */
export function kept(value: Value, type: ElementType, options: { readonly saturate?: boolean } = {}): Value {
  const attributes = { code: type.code, saturate: options.saturate === true ? 1 : 0 };
  if (type.kind === 'float' && type.small !== undefined)
    return applyPrimitive(roundedPrimitive, [value], attributes);
  if (type.kind === 'integer' && type.bits < 32) return applyPrimitive(wrappedPrimitive, [value], attributes);
  return value;
}
