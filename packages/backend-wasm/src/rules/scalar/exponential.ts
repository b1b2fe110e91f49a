import type { Code } from '../../encoding.ts';
import { call, choose, f64, get, i32, i64 } from '../../instructions.ts';
import { horner, type ScalarCode, type ScalarWriter } from './scalar-code.ts';

const x = get(0);
const number = f64.const;
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;

/** e^x, as core/elementary/exp.ts. */
export const exp: ScalarCode = {
  parameters: 1,
  write: (scalar) => {
    scalar.returnWhen(f64.ne(x, x), x);
    scalar.returnWhen(f64.gt(x, number(709.782712893384)), number(Infinity));
    scalar.returnWhen(f64.lt(x, number(-745.1332191019411)), number(0));
    return expOfSum(scalar, x, number(0));
  },
};

/** e^(x + tail), as core/elementary/exp.ts; `x` is read several times. */
export function expOfSum(scalar: ScalarWriter, x: Code, tail: Code): Code {
  const k = scalar.keep(mathRound(scalar.keep(f64.mul(x, number(Math.LOG2E)))));
  const high = scalar.keep(f64.sub(x, f64.mul(k, number(ln2High))));
  const low = scalar.keep(f64.sub(f64.mul(k, number(ln2Low)), tail));
  const r = scalar.keep(f64.sub(high, low));
  const t = scalar.keep(f64.mul(r, r));
  const series = horner(
    t,
    [
      0.16666666666666602, -0.0027777777777015593, 6.613756321437934e-5, -1.6533902205465252e-6,
      4.1381367970572385e-8,
    ],
  );
  const c = scalar.keep(f64.sub(r, f64.mul(t, series)));
  const quotient = f64.div(f64.mul(r, c), f64.sub(number(2), c));
  const y = f64.sub(number(1), f64.sub(f64.sub(low, quotient), high));
  const n = scalar.keepInt(i32.truncSatF64S(k));
  const half = scalar.keepInt(i32.shrS(n, i32.const(1)));
  return f64.mul(f64.mul(y, powerOfTwo(half)), powerOfTwo(i32.sub(n, half)));
}

/** e^x - 1, as core/elementary/expm1.ts. */
export const expm1: ScalarCode = {
  parameters: 1,
  write: (scalar) => {
    const u = scalar.keep(call(scalar.indexOf('exp'), x));
    const less = scalar.keep(f64.sub(u, number(1)));
    scalar.returnWhen(f64.eq(u, number(1)), x);
    scalar.returnWhen(i32.or(f64.eq(less, number(-1)), f64.eq(u, number(Infinity))), less);
    return f64.mul(less, f64.div(x, call(scalar.indexOf('log'), u)));
  },
};

/** tanh x, as core/elementary/tanh.ts. */
export const tanh: ScalarCode = {
  parameters: 1,
  write: (scalar) => {
    scalar.returnWhen(f64.eq(x, number(0)), x);
    const z = scalar.keep(f64.abs(x));
    const argument = f64.mul(number(-2), z);
    const small = () => {
      const m = scalar.keep(call(scalar.indexOf('expm1'), argument));
      return f64.div(f64.neg(m), f64.add(m, number(2)));
    };
    const large = () => {
      const e = scalar.keep(call(scalar.indexOf('exp'), argument));
      return f64.sub(number(1), f64.div(f64.mul(number(2), e), f64.add(number(1), e)));
    };
    const y = scalar.either(f64.lt(z, number(0.5)), small, large);
    return choose(f64.neg(y), y, f64.lt(x, number(0)));
  },
};

/** The nearest whole number, halves up, as Math.round. */
function mathRound(value: Code): Code {
  const above = f64.ceil(value);
  return choose(f64.sub(above, number(1)), above, f64.gt(f64.sub(above, number(0.5)), value));
}

function powerOfTwo(n: Code): Code {
  return f64.reinterpretI64(i64.shl(i64.extendI32S(i32.add(n, i32.const(1023))), i64.const(52)));
}
