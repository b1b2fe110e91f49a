import {
  abs,
  add,
  bits,
  count,
  div,
  equal,
  fromBits,
  horner,
  less,
  lower,
  madd,
  mul,
  neg,
  nmadd,
  select,
  shl,
  signed,
  sub,
} from '../operations.ts';
import type { Scalar } from '../scalar.ts';
import { exp, expm1 } from './exponential.ts';

/** tanh x, odd in x: no overflow, no cancellation, -0 stays. Of float64 about 3 ulp, of float32 within 2.4 ulp. */
export function tanh(x: Scalar): Scalar {
  return x.type === 'float64' ? tanh64(x) : tanh32(x);
}

// With m = e^(-2|x|) - 1 as -m / (m + 2) below 1/2 and with e = e^(-2|x|) as 1 - 2 e / (1 + e) above.
function tanh64(x: Scalar): Scalar {
  const z = abs(x);
  const m = expm1(mul(-2, z));
  const e = exp(mul(-2, z));
  const near = div(neg(m), add(m, 2));
  const far = sub(1, div(mul(2, e), add(1, e)));
  const y = select(less(z, 0.5), near, far);
  return select(equal(x, 0), x, select(less(x, 0), neg(y), y));
}

// Fitted by test/fixtures/float32-fits.py, lowest power first: (e^2r - 1 - 2r) / r^2 for |r| up to ln 2 / 4.
const tail = [1.99999988, 1.33332348, 0.666678905, 0.267733574, 0.0887780711];

// With z = |x| = n ln 2 / 2 + r and m = e^2z - 1 = 2^n (e^2r - 1) + (2^n - 1), m / (m + 2): nothing cancels, and where n rounds off what ln 2
// has beyond a float32, a change of z changes little.
function tanh32(x: Scalar): Scalar {
  // From 9.02 on tanh rounds to 1. NaN, the first operand, passes.
  const z = lower(abs(x), 9.5);
  const shifter = 1.5 * 2 ** 23 + 127;
  const shifted = count(z, 2 * Math.LOG2E, shifter);
  const r = nmadd(sub(shifted, shifter), Math.LN2 / 2, z);
  const power = madd(horner(r, tail), mul(r, r), add(r, r));
  const scale = fromBits(shl(bits(shifted), 23));
  const m = madd(power, scale, sub(scale, 1));
  return signed(div(m, add(m, 2)), x);
}
