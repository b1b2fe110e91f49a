import type { Code } from '../encoding.ts';
import { f32x4, i32x4, v128 } from '../instructions.ts';
import type { Lane } from '../lane.ts';
import { expWithin } from './exponential.ts';
import { multiplyAdd, polynomial } from './multiply-add.ts';

// Coefficients: S. Moshier, Cephes (tanhf.c).
const tail = [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1];

/** tanh x, of float32: with z = |x|, a polynomial below 0.625, else 1 - 2 / (e^2z + 1), and the sign of x; within 1.4 ulp. */
export function tanh(lane: Lane, x: Code): Code {
  const constant = (c: number) => lane.constant(f32x4.const(c));
  const z = lane.keep(f32x4.abs(x));
  const square = lane.keep(f32x4.mul(z, z));
  const fourth = f32x4.mul(square, square);
  const near = multiplyAdd(lane, polynomial(lane, square, lane.keep(fourth), tail), f32x4.mul(square, z), z);
  // From 9.02 on tanh rounds to 1. NaN, the first operand, passes.
  const bounded = lane.keep(f32x4.pmin(z, constant(9.5)));
  const e = expWithin(lane, lane.keep(f32x4.add(bounded, bounded)));
  const far = f32x4.sub(constant(1), f32x4.div(constant(2), f32x4.add(e, constant(1))));
  const size = v128.bitselect(near, far, f32x4.lt(z, constant(0.625)));
  return v128.or(size, v128.and(x, lane.constant(i32x4.const(-(2 ** 31)))));
}
