import type { Code } from '../encoding.ts';
import { f32x4, i32x4, v128 } from '../instructions.ts';
import type { Lane } from '../lane.ts';
import { expWithin } from './exponential.ts';
import { multiplyAdd, polynomial } from './multiply-add.ts';

// Coefficients: N. Juffa, minimax approximations for erff (Stack Overflow 35148198, 2016).
const nearTail = [
  -5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1,
];
const farTail = [
  -1.7285347e-5, 3.83197126e-4, -3.88396438e-3, 2.42546219e-2, -1.06777877e-1, -6.34846687e-1, -1.28717512e-1,
];

/** erf x, of float32: with z = |x|, z + z p(z^2) below 0.93, else 1 - e^(z q(z) - z), and the sign of x; within 1.2 ulp. */
export function erf(lane: Lane, x: Code): Code {
  const constant = (c: number) => lane.constant(f32x4.const(c));
  const z = lane.keep(f32x4.abs(x));
  const square = lane.keep(f32x4.mul(z, z));
  const fourth = lane.keep(f32x4.mul(square, square));
  const near = multiplyAdd(lane, polynomial(lane, square, fourth, nearTail), z, z);
  // From 3.92 on erf rounds to 1. NaN, the first operand, passes.
  const bounded = lane.keep(f32x4.pmin(z, constant(4)));
  const boundedSquare = lane.keep(f32x4.mul(bounded, bounded));
  const tail = polynomial(lane, bounded, boundedSquare, farTail);
  const exponent = f32x4.sub(f32x4.mul(tail, bounded), bounded);
  const far = f32x4.sub(constant(1), expWithin(lane, lane.keep(exponent)));
  const size = v128.bitselect(near, far, f32x4.lt(z, constant(475 / 512)));
  return v128.or(size, v128.and(x, lane.constant(i32x4.const(-(2 ** 31)))));
}
