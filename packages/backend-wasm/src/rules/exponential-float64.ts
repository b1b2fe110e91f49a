import type { Code } from '../encoding.ts';
import { f64x2, i64x2, v128 } from '../instructions.ts';
import type { Lane } from '../lane.ts';

const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;
const tail = [
  4.1381367970572385e-8, -1.6533902205465252e-6, 6.613756321437934e-5, -0.0027777777777015593,
  0.16666666666666602,
];

/** e^x of two float64, operation for operation as core/elementary/exp.ts: the same bits. */
export function expFloat64(lane: Lane, x: Code): Code {
  const constant = (c: number) => lane.constant(f64x2.const(c));
  // As Math.round: halves up.
  const turns = lane.keep(f64x2.mul(x, constant(Math.LOG2E)));
  const above = lane.keep(f64x2.ceil(turns));
  const tooFar = f64x2.gt(f64x2.sub(above, constant(0.5)), turns);
  const k = lane.keep(f64x2.sub(above, v128.and(tooFar, constant(1))));
  const high = lane.keep(f64x2.sub(x, f64x2.mul(k, constant(ln2High))));
  const low = lane.keep(f64x2.mul(k, constant(ln2Low)));
  const r = lane.keep(f64x2.sub(high, low));
  const t = lane.keep(f64x2.mul(r, r));
  const [highest = 0, ...others] = tail;
  const sum = others.reduce<Code>((p, c) => f64x2.add(constant(c), f64x2.mul(t, p)), constant(highest));
  const c = lane.keep(f64x2.sub(r, f64x2.mul(t, sum)));
  const quotient = f64x2.div(f64x2.mul(r, c), f64x2.sub(constant(2), c));
  const y = f64x2.sub(constant(1), f64x2.sub(f64x2.sub(low, quotient), high));
  // The last bits of the sum are those of k + 2 * 1023, of which each factor's exponent takes half.
  const shifted = lane.keep(f64x2.add(k, constant(1.5 * 2 ** 52 + 2 * 1023)));
  const half = lane.keep(i64x2.shrU(shifted, 1));
  const [first, second] = [i64x2.shl(half, 52), i64x2.shl(i64x2.sub(shifted, half), 52)];
  const power = f64x2.mul(f64x2.mul(y, first), second);
  const finite = v128.bitselect(constant(Infinity), power, f64x2.gt(x, constant(709.782712893384)));
  return v128.andNot(finite, f64x2.lt(x, constant(-745.1332191019411)));
}
