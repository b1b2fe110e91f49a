import type { Code } from '../encoding.ts';
import { f32x4, i32x4, v128 } from '../instructions.ts';
import type { Lane } from '../lane.ts';
import { minusProduct, multiplyAdd, polynomial } from './multiply-add.ts';

// x = 2^k (1 + f) with 1 + f in [sqrt 1/2, sqrt 2). Coefficients: S. Moshier, Cephes (logf.c).
const ln2High = 0.693359375;
const ln2Low = -2.1219444e-4;
const tail = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
];

/** The bits of sqrt 1/2 as a float. */
const rootHalf = 0x3f3504f3;

/** k ln 2 + log(1 + f) */
function combine(lane: Lane, k: Code, f: Code): Code {
  const constant = (c: number) => lane.constant(f32x4.const(c));
  const z = lane.keep(f32x4.mul(f, f));
  const cubic = f32x4.mul(f32x4.mul(polynomial(lane, f, tail), f), z);
  const small = minusProduct(lane, constant(0.5), z, multiplyAdd(lane, k, constant(ln2Low), cubic));
  return multiplyAdd(lane, k, constant(ln2High), f32x4.add(f, small));
}

/** `y` where the argument is positive and finite; the limits of the logarithm elsewhere. */
function withLimits(lane: Lane, argument: Code, y: Code): Code {
  const constant = (c: number) => lane.constant(f32x4.const(c));
  const infinity = constant(Infinity);
  const finite = v128.bitselect(argument, y, f32x4.eq(argument, infinity));
  const outside = v128.bitselect(constant(-Infinity), constant(Number.NaN), f32x4.eq(argument, constant(0)));
  return v128.bitselect(finite, outside, f32x4.gt(argument, constant(0)));
}

/** log x, of float32; about 1 ulp off. */
export function log(lane: Lane, given: Code): Code {
  const constant = (c: number) => lane.constant(f32x4.const(c));
  const x = given;
  const denormal = lane.keep(f32x4.lt(x, constant(2 ** -126)));
  const scaled = lane.keep(v128.bitselect(f32x4.mul(x, constant(2 ** 23)), x, denormal));
  const exponent = lane.keep(i32x4.shrS(i32x4.sub(scaled, lane.constant(i32x4.const(rootHalf))), 23));
  const f = lane.keep(f32x4.sub(i32x4.sub(scaled, i32x4.shl(exponent, 23)), constant(1)));
  const k = lane.keep(f32x4.sub(f32x4.convertI32x4S(exponent), v128.and(denormal, constant(23))));
  return withLimits(lane, x, combine(lane, k, f));
}

/** log(1 + x), of float32: k from 1 + x rounded, f = 2^-k x + (2^-k - 1), which is x itself for k = 0. */
export function log1p(lane: Lane, x: Code): Code {
  const constant = (c: number) => lane.constant(f32x4.const(c));
  const u = lane.keep(f32x4.add(x, constant(1)));
  const exponent = lane.keep(i32x4.shrS(i32x4.sub(u, lane.constant(i32x4.const(rootHalf))), 23));
  // 4 times 2^-k, since 2^-128 is no normal float.
  const scale = lane.keep(i32x4.sub(constant(4), i32x4.shl(exponent, 23)));
  const quarter = constant(0.25);
  const f = lane.keep(
    f32x4.add(f32x4.mul(f32x4.mul(x, quarter), scale), f32x4.sub(f32x4.mul(scale, quarter), constant(1))),
  );
  const y = lane.keep(withLimits(lane, u, combine(lane, lane.keep(f32x4.convertI32x4S(exponent)), f)));
  // Where x^2 / 2 is less than half a unit of x: denormals and the sign of 0 are kept.
  return v128.bitselect(x, y, f32x4.lt(f32x4.abs(x), constant(2 ** -25)));
}
