import {
  abs,
  add,
  applyPrimitive,
  broadcast,
  defineNode,
  div,
  elementsPrimitive,
  floor,
  log,
  log1p,
  mul,
  neg,
  type Primitive,
  scalar,
  sign,
  sqrt,
  square,
  sub,
  type Value,
} from '@pullback/core';

type Scalar = Parameters<typeof scalar.abs>[0];
type Of1 = (x: Scalar) => Scalar;
type Of2 = (a: Scalar, b: Scalar) => Scalar;

const missing = scalar.number(0, 'float32');

type Two = Primitive<readonly [Value, Value], Readonly<Record<string, never>>, Value>;

function bitwise(name: string, f: Of2, vjp?: Two['vjp']): (a: Value, b: Value) => Value {
  const primitive: Two = elementsPrimitive(name, {
    infer: ([a]) => a,
    formula: ([a = missing, b = missing]) => f(a, b),
    ...(vjp && { vjp }),
  });
  return (a, b) => {
    const shape = add(a, b).shape;
    return applyPrimitive(primitive, [broadcast(a, shape), broadcast(b, shape)], {});
  };
}

/** x shifted by the bits of `by`, in five steps, one for each bit of the distance. */
function steps(shift: (x: Scalar, by: number) => Scalar, x: Scalar, by: Scalar): Scalar {
  return [0, 1, 2, 3, 4].reduce<Scalar>(
    (now, bit) => scalar.select(scalar.equal(scalar.and(by, 2 ** bit), 0), now, shift(now, 2 ** bit)),
    x,
  );
}

/** Distances below 0 and from 32 on push everything out. */
function out(by: Scalar): Scalar {
  return scalar.or(scalar.less(by, 0), scalar.less(31, by));
}

/** Of int32, bit by bit. */
export const bitAnd = bitwise('bitAnd', scalar.and);
export const bitOr = bitwise('bitOr', scalar.or);
export const bitXor = bitwise('bitXor', scalar.xor);
export const shiftLeft = bitwise('shiftLeft', (x, by) =>
  scalar.select(out(by), scalar.number(0, 'int32'), steps(scalar.shl, x, by)),
);
export const shiftRight = bitwise('shiftRight', (x, by) =>
  steps(scalar.shrS, x, scalar.select(out(by), scalar.number(31, 'int32'), by)),
);
/** a - b trunc(a / b), of the sign of a; the gradient of a is g, that of b is -g trunc(a / b). */
export const remainder = bitwise('remainder', scalar.rest, (g, { inputs: [a, b] }) => {
  const ratio = div(a, b);
  return [g, neg(mul(g, mul(sign(ratio), floor(abs(ratio)))))];
});

function reinterpreted(name: string, dtype: 'int32' | 'float32', f: Of1): (x: Value) => Value {
  const primitive: Primitive<readonly [Value], Readonly<Record<string, never>>, Value> = elementsPrimitive(
    name,
    { infer: ([x]) => ({ shape: x.shape, dtype }), formula: ([x = missing]) => f(x) },
  );
  return (x) => applyPrimitive(primitive, [x], {});
}

/** The bits of a float32 as int32, and back. */
export const bitsOfFloat = reinterpreted('bitsOfFloat', 'int32', scalar.bits);
export const floatOfBits = reinterpreted('floatOfBits', 'float32', scalar.fromBits);

// Rational approximation on [0, tan(pi/8)]. Source: Cephes, atan.c.
const top = [
  -0.8750608600031904, -16.157537187333652, -75.00855792314705, -122.88666844901361, -64.85021904942025,
];
const bottom = [
  1, 24.858464901423062, 165.02700983169885, 432.88106049129027, 485.3903996359137, 194.5506571482614,
];

function arcTangent(x: Scalar): Scalar {
  const size = scalar.abs(x);
  const [far, middle] = [scalar.less(2.414213562373095, size), scalar.less(0.66, size)];
  const inner = scalar.select(middle, scalar.div(scalar.sub(size, 1), scalar.add(size, 1)), size);
  const near = scalar.select(far, scalar.div(scalar.number(-1, x.type), size), inner);
  const z = scalar.mul(near, near);
  const ratio = scalar.div(scalar.horner(z, [...top].reverse()), scalar.horner(z, [...bottom].reverse()));
  const part = scalar.add(scalar.mul(scalar.mul(near, z), ratio), near);
  const quarter = scalar.select(middle, scalar.number(Math.PI / 4, x.type), scalar.number(0, x.type));
  const sum = scalar.add(scalar.select(far, scalar.number(Math.PI / 2, x.type), quarter), part);
  return scalar.withSign(sum, x);
}

const atanPrimitive: Primitive<readonly [Value], Readonly<Record<string, never>>, Value> = elementsPrimitive(
  'atan',
  {
    infer: ([x]) => x,
    formula: ([x = missing]) => arcTangent(x),
    vjp: (g, { input: x }) => [div(g, add(1, square(x)))],
  },
);

/** The arc tangent; gradient g / (1 + x^2). */
export function atan(x: Value): Value {
  return applyPrimitive(atanPrimitive, [x], {});
}

/** atan(x / sqrt(1 - x^2)), with the square as (1 - x)(1 + x), exact near 1. */
export function asin(x: Value): Value {
  return atan(div(x, sqrt(mul(sub(1, x), add(1, x)))));
}

/** 2 atan(sqrt((1 - x) / (1 + x))) */
export function acos(x: Value): Value {
  return mul(2, atan(sqrt(div(sub(1, x), add(1, x)))));
}

/** sign x log1p(|x| + x^2 / (1 + sqrt(1 + x^2))), exact near 0; gradient g / sqrt(1 + x^2), at 0 too. */
export const asinh = defineNode('asinh', {
  mixes: [],
  forward: (x: Value) => {
    const [size, s] = [abs(x), square(x)];
    return mul(sign(x), log1p(add(size, div(s, add(1, sqrt(add(1, s)))))));
  },
  vjp: (g, { inputs: [x] }) => [div(g, sqrt(add(1, square(x))))],
});

export function acosh(x: Value): Value {
  return log(add(x, sqrt(mul(sub(x, 1), add(x, 1)))));
}

/** log1p(2x / (1 - x)) / 2 */
export function atanh(x: Value): Value {
  return mul(0.5, log1p(div(mul(2, x), sub(1, x))));
}
