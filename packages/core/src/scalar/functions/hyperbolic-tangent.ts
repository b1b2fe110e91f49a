import {
  abs,
  add,
  div,
  equal,
  less,
  lower,
  madd,
  mul,
  neg,
  polynomial,
  select,
  signed,
  sub,
} from '../operations.ts';
import type { Scalar } from '../scalar.ts';
import { exp, expm1, expWithin } from './exponential.ts';

/** tanh x, odd in x: no overflow, no cancellation, -0 stays. Of float64 about 3 ulp, of float32 within 1.4 ulp. */
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

// Coefficients: S. Moshier, Cephes (tanhf.c).
const tail = [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1];

// With z = |x|, a polynomial below 0.625, else 1 - 2 / (e^2z + 1).
function tanh32(x: Scalar): Scalar {
  const z = abs(x);
  const square = mul(z, z);
  const near = madd(polynomial(square, mul(square, square), tail), mul(square, z), z);
  // From 9.02 on tanh rounds to 1. NaN, the first operand, passes.
  const bounded = lower(z, 9.5);
  const e = expWithin(add(bounded, bounded));
  const far = sub(1, div(2, add(e, 1)));
  return signed(select(less(z, 0.625), near, far), x);
}
