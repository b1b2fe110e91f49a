import type { Code } from '../../encoding.ts';
import { call, choose, f64, get, i32, i64 } from '../../instructions.ts';
import { horner, type ScalarCode, type ScalarWriter } from './scalar-code.ts';

const x = get(0);
const number = f64.const;
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;

/** log x, as core/elementary/log.ts. */
export const log: ScalarCode = {
  parameters: 1,
  write: (scalar) => {
    scalar.returnWhen(i32.or(f64.ne(x, x), f64.lt(x, number(0))), number(Number.NaN));
    scalar.returnWhen(f64.eq(x, number(0)), number(-Infinity));
    scalar.returnWhen(f64.eq(x, number(Infinity)), x);
    const { k, f } = partsOf(scalar, x);
    const s = scalar.keep(f64.div(f, f64.add(number(2), f)));
    const z = scalar.keep(f64.mul(s, s));
    const w = scalar.keep(f64.mul(z, z));
    const even = f64.mul(w, horner(w, [0.3999999999940942, 0.22222198432149784, 0.15313837699209373]));
    const odd = f64.mul(
      z,
      horner(w, [0.6666666666666735, 0.2857142874366239, 0.1818357216161805, 0.14798198605116586]),
    );
    const half = scalar.keep(f64.mul(f64.mul(number(0.5), f), f));
    const sum = f64.add(f64.mul(s, f64.add(f64.add(half, even), odd)), f64.mul(k, number(ln2Low)));
    return f64.sub(f64.mul(k, number(ln2High)), f64.sub(f64.sub(half, sum), f));
  },
};

/** k and f of a positive z = 2^k (1 + f), with 1 + f from sqrt 1/2 to sqrt 2. */
export function partsOf(scalar: ScalarWriter, z: Code): { readonly k: Code; readonly f: Code } {
  const denormal = scalar.keepInt(f64.lt(z, number(2 ** -1022)));
  const bits = scalar.keepLong(i64.reinterpretF64(choose(f64.mul(z, number(2 ** 54)), z, denormal)));
  const high = scalar.keepInt(i32.wrapI64(i64.shrU(bits, i64.const(32))));
  const fraction = scalar.keepInt(i32.and(high, i32.const(0xfffff)));
  const above = scalar.keepInt(i32.gtS(fraction, i32.const(0x6a09e)));
  const exponent = i32.sub(i32.add(i32.shrU(high, i32.const(20)), above), i32.const(1023));
  const k = scalar.keep(f64.convertI32S(i32.sub(exponent, i32.mul(denormal, i32.const(54)))));
  // The fraction under the exponent of 1, or of 1/2 where it is above sqrt 2.
  const upper = i32.or(fraction, i32.sub(i32.const(0x3ff00000), i32.shl(above, i32.const(20))));
  const lower = i64.shrU(i64.shl(bits, i64.const(32)), i64.const(32));
  const m = f64.reinterpretI64(i64.or(i64.shl(i64.extendI32S(upper), i64.const(32)), lower));
  return { k, f: scalar.keep(f64.sub(m, number(1))) };
}

/** log(1 + x), as core/elementary/log1p.ts. */
export const log1p: ScalarCode = {
  parameters: 1,
  write: (scalar) => {
    const u = scalar.keep(f64.add(number(1), x));
    scalar.returnWhen(f64.eq(u, number(1)), x);
    scalar.returnWhen(f64.eq(u, number(Infinity)), u);
    return f64.div(f64.mul(call(scalar.indexOf('log'), u), x), f64.sub(u, number(1)));
  },
};
