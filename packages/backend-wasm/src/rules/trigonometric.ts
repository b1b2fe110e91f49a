import type { Code } from '../encoding.ts';
import { f32x4, f64x2, i32x4, v128 } from '../instructions.ts';
import type { Lane, Rule } from '../lane.ts';
import {
  demoteFloats,
  eachHalf,
  eachTwoHalves,
  integerShifter,
  lowerWords,
  promoteFloats,
} from './halves.ts';
import { multiplyAdd, polynomial } from './multiply-add.ts';
import { replaceWhere } from './replace-where.ts';
import { callFloat32 } from './scalar-call.ts';

// pi / 2 in two parts: the first has 33 bits, so that k times it is exact for k up to 2^20.
const halfPiHigh = 1.5707963267341256;
const halfPiLow = 6.077100506506192e-11;
const farthest = 2 ** 20;

// Coefficients: S. Moshier, Cephes (sinf.c).
const sineTail = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1];
const cosineTail = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2];

interface Reduced {
  readonly r: Code;
  /** An int32. */
  readonly k: Code;
}

/** x = k pi/2 + r, in float64: r has all bits of a float32 next to multiples of pi, too. */
function reduce(lane: Lane, x: Code): Reduced {
  const constant = (c: number) => lane.constant(f64x2.const(c));
  const keep = (half: Code) => lane.keep(half);
  const wide = eachHalf(promoteFloats(x), keep);
  const shifter = constant(integerShifter);
  const shifted = eachHalf(wide, (half) => keep(f64x2.add(f64x2.mul(half, constant(2 / Math.PI)), shifter)));
  const r = eachTwoHalves(wide, shifted, (half, sum) => {
    const k = keep(f64x2.sub(sum, shifter));
    const near = f64x2.sub(half, f64x2.mul(k, constant(halfPiHigh)));
    return f64x2.sub(near, f64x2.mul(k, constant(halfPiLow)));
  });
  return { r: demoteFloats(r), k: lowerWords(shifted) };
}

/** sin x of float32, or of the next quadrant cos x; within 2.1 ulp. Beyond 2^20 core's own function is called. */
function trigonometric(name: 'sin' | 'cos'): Rule {
  return (lane, [x]) => {
    const constant = (c: number) => lane.constant(f32x4.const(c));
    const integer = (n: number) => lane.constant(i32x4.const(n));
    const reduced = reduce(lane, x);
    const quadrant = lane.keep(name === 'sin' ? reduced.k : i32x4.add(reduced.k, integer(1)));
    const r = lane.keep(reduced.r);
    const z = lane.keep(f32x4.mul(r, r));
    const square = lane.keep(f32x4.mul(z, z));
    // r times a factor, not r plus a term: the sign of 0 is kept.
    const sine = f32x4.mul(r, multiplyAdd(lane, polynomial(lane, z, square, sineTail), z, constant(1)));
    const fourth = f32x4.mul(polynomial(lane, z, square, cosineTail), z);
    const cosine = multiplyAdd(lane, f32x4.sub(fourth, constant(0.5)), z, constant(1));
    const odd = i32x4.eq(v128.and(quadrant, integer(1)), integer(1));
    const sign = v128.and(i32x4.shl(quadrant, 30), integer(-(2 ** 31)));
    const usual = v128.xor(v128.bitselect(cosine, sine, odd), sign);
    const far = f32x4.gt(f32x4.abs(x), constant(farthest));
    return [replaceWhere(lane, far, usual, callFloat32(lane, name, x))];
  };
}

export const sin = trigonometric('sin');
export const cos = trigonometric('cos');
