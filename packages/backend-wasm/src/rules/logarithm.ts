import type { Code } from '../encoding.ts';
import { f32x4, i32x4, v128 } from '../instructions.ts';
import type { Lane } from '../lane.ts';
import { minusProduct, multiplyAdd, polynomial } from './multiply-add.ts';
import { replaceWhere } from './replace-where.ts';
import { callFloat32 } from './scalar-call.ts';

// x = 2^k (1 + f) with 1 + f in [sqrt 1/2, sqrt 2). Coefficients: S. Moshier, Cephes (logf.c).
const ln2High = 0.693359375;
const ln2Low = -2.1219444e-4;
const tail = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
];

/** Bits of floats as int32: sqrt 1/2, 2^-126, infinity. */
const bits = { rootHalf: 0x3f3504f3, smallestNormal: 0x00800000, infinity: 0x7f800000 } as const;

/** log x, of float32; within 0.9 ulp. */
export function log(lane: Lane, x: Code): Code {
  const exponent = exponentOf(lane, x);
  const scaled = i32x4.sub(x, i32x4.shl(exponent, 23));
  const f = lane.keep(f32x4.sub(scaled, lane.constant(f32x4.const(1))));
  return replaceWhere(lane, unusual(lane, x), combine(lane, exponent, f), callFloat32(lane, 'log', x));
}

/** log(1 + x), of float32: k from 1 + x rounded, f = 2^-k x + (2^-k - 1), which is x itself for k = 0; within 1.4 ulp. */
export function log1p(lane: Lane, x: Code): Code {
  const constant = (c: number) => lane.constant(f32x4.const(c));
  const u = lane.keep(f32x4.add(x, constant(1)));
  const exponent = exponentOf(lane, u);
  // 4 times 2^-k, since 2^-128 is no normal float.
  const scale = lane.keep(i32x4.sub(constant(4), i32x4.shl(exponent, 23)));
  const quarter = constant(0.25);
  const moved = f32x4.sub(f32x4.mul(scale, quarter), constant(1));
  const f = lane.keep(multiplyAdd(lane, f32x4.mul(x, quarter), scale, moved));
  // Where x^2 / 2 is less than half a unit of x: denormals and the sign of 0 are kept.
  const tiny = f32x4.lt(f32x4.abs(x), constant(2 ** -25));
  const usual = v128.bitselect(x, combine(lane, exponent, f), tiny);
  return replaceWhere(lane, unusual(lane, u), usual, callFloat32(lane, 'log1p', x));
}

/** k, an int32. */
function exponentOf(lane: Lane, x: Code): Code {
  return lane.keep(i32x4.shrS(i32x4.sub(x, lane.constant(i32x4.const(bits.rootHalf))), 23));
}

/** k ln 2 + log(1 + f) */
function combine(lane: Lane, exponent: Code, f: Code): Code {
  const constant = (c: number) => lane.constant(f32x4.const(c));
  const k = lane.keep(f32x4.convertI32x4S(exponent));
  const z = lane.keep(f32x4.mul(f, f));
  const cubic = f32x4.mul(polynomial(lane, f, z, tail), f32x4.mul(f, z));
  const small = minusProduct(lane, constant(0.5), z, multiplyAdd(lane, k, constant(ln2Low), cubic));
  return multiplyAdd(lane, k, constant(ln2High), f32x4.add(f, small));
}

/** Where x is not positive, finite and normal: one comparison, as of unsigned integers. */
function unusual(lane: Lane, x: Code): Code {
  const integer = (n: number) => lane.constant(i32x4.const(n));
  const moved = i32x4.sub(x, integer(bits.smallestNormal - 2 ** 31));
  return i32x4.geS(moved, integer(bits.infinity - bits.smallestNormal - 2 ** 31));
}
