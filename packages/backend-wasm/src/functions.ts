import type { DType } from '@pullback/core';
import { type Code, get, type Locals, set, types, v128 } from './assembler.ts';

/** Where a kernel for one vector of elements is written: statements so far, and new locals. */
export class Lane {
  readonly statements: Code[] = [];

  constructor(readonly locals: Locals) {}

  /** The value in a local, to be used several times. */
  keep(value: Code): Code {
    const local = this.locals.make(types.v128);
    this.statements.push(set(local, value));
    return get(local);
  }
}

const K = v128.const;

function polynomial(x: Code, [highest = 0, ...others]: readonly number[]): Code {
  return others.reduce<Code>((sum, c) => v128.add(v128.mul(sum, x), K(c)), K(highest));
}

/**
 * e^x = 2^n e^r with n = round(x / ln 2): a polynomial in r, and 2^n as two factors, so that results may be denormal. NaN, infinities and
 * overflow come out as they should: `x` is the first operand of pmin and pmax. Coefficients: Moshier's Cephes.
 */
function exp(lane: Lane, given: Code): Code {
  const x = lane.keep(v128.pmax(v128.pmin(lane.keep(given), K(89)), K(-104)));
  const shifter = 12582912 + 254;
  const t = lane.keep(v128.add(v128.mul(x, K(Math.LOG2E)), K(shifter)));
  const n = lane.keep(v128.sub(t, K(shifter)));
  const reduced = v128.sub(v128.sub(x, v128.mul(n, K(0.693359375))), v128.mul(n, K(-2.1219444e-4)));
  const r = lane.keep(reduced);
  const p = polynomial(
    r,
    [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1],
  );
  const y = v128.add(v128.add(v128.mul(p, v128.mul(r, r)), r), K(1));
  const half = lane.keep(v128.shiftRight(v128.subInts(t, v128.const(shifter)), 1));
  const rest = v128.subInts(v128.subInts(t, v128.const(shifter)), half);
  const power = (k: Code) => v128.shiftLeft(v128.addInts(k, v128.bits(127)), 23);
  return v128.mul(v128.mul(y, power(half)), power(rest));
}

/** log x = e ln 2 + log f with f in [sqrt 1/2, sqrt 2). Coefficients: Moshier's Cephes. */
function log(lane: Lane, given: Code): Code {
  const x = lane.keep(given);
  const small = lane.keep(v128.less(x, K(1.17549435e-38)));
  const scaled = lane.keep(v128.select(v128.mul(x, K(8388608)), x, small));
  const e = lane.keep(v128.shiftRight(v128.subInts(scaled, v128.bits(0x3f3504f3)), 23));
  const f = lane.keep(v128.sub(v128.subInts(scaled, v128.shiftLeft(e, 23)), K(1)));
  const k = lane.keep(v128.sub(v128.toFloats(e), v128.and(small, K(23))));
  const z = lane.keep(v128.mul(f, f));
  const p = polynomial(
    f,
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
      2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
  );
  const tail = v128.add(v128.mul(v128.mul(p, f), z), v128.mul(k, K(-2.1219444e-4)));
  const y = v128.add(v128.add(f, v128.sub(tail, v128.mul(K(0.5), z))), v128.mul(k, K(0.693359375)));
  const finite = v128.select(x, y, v128.equal(x, K(Infinity)));
  const outside = v128.select(K(-Infinity), K(Number.NaN), v128.equal(x, K(0)));
  return v128.select(finite, outside, v128.less(K(0), x));
}

/** tanh x: a polynomial below 0.625, else 1 - 2 / (e^2|x| + 1), with the sign of x. Coefficients: Moshier's Cephes. */
function tanh(lane: Lane, given: Code): Code {
  const x = lane.keep(given);
  const size = lane.keep(v128.abs(x));
  const z = lane.keep(v128.mul(x, x));
  const p = polynomial(
    z,
    [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1],
  );
  const near = lane.keep(v128.add(x, v128.mul(x, v128.mul(z, p))));
  const e = lane.keep(exp(lane, v128.add(size, size)));
  const far = v128.sub(K(1), v128.div(K(2), v128.add(e, K(1))));
  const signed = v128.or(far, v128.and(x, v128.bits(-2147483648)));
  return v128.select(near, lane.keep(signed), v128.less(size, K(0.625)));
}

/**
 * What elementwise primitives are for four elements, by `kernelName`; operands are locals or constants. Booleans are masks, bytes are
 * int32.
 */
export const functions: Readonly<Record<string, (lane: Lane, ...x: Code[]) => Code>> = {
  add: (_, a = [], b = []) => v128.add(a, b),
  sub: (_, a = [], b = []) => v128.sub(a, b),
  mul: (_, a = [], b = []) => v128.mul(a, b),
  div: (_, a = [], b = []) => v128.div(a, b),
  maximum: (_, a = [], b = []) => v128.max(a, b),
  minimum: (_, a = [], b = []) => v128.min(a, b),
  neg: (_, x = []) => v128.neg(x),
  abs: (_, x = []) => v128.abs(x),
  square: (_, x = []) => v128.mul(x, x),
  sqrt: (_, x = []) => v128.sqrt(x),
  floor: (_, x = []) => v128.floor(x),
  ceil: (_, x = []) => v128.ceil(x),
  exp: (lane, x = []) => exp(lane, x),
  log: (lane, x = []) => log(lane, x),
  tanh: (lane, x = []) => tanh(lane, x),
  less: (_, a = [], b = []) => v128.less(a, b),
  lessEqual: (_, a = [], b = []) => v128.lessEqual(a, b),
  equal: (_, a = [], b = []) => v128.equal(a, b),
  and: (_, a = [], b = []) => v128.and(a, b),
  or: (_, a = [], b = []) => v128.or(a, b),
  not: (_, x = []) => v128.not(x),
  'equal int32': (_, a = [], b = []) => v128.equalInts(a, b),
  'less int32': (_, a = [], b = []) => v128.lessInts(a, b),
  'lessEqual int32': (_, a = [], b = []) => v128.lessEqualInts(a, b),
  'cast int32': (_, x = []) => v128.toFloats(x),
  'cast uint8': (_, x = []) => v128.toFloats(x),
  'cast bool': (_, mask = []) => v128.and(mask, K(1)),
  select: (_, mask = [], a = [], b = []) => v128.select(a, b, mask),
};

/** The function of a primitive for operands of these dtypes, undefined where there is none. */
export function kernelName(name: string, dtypes: readonly DType[]): string | undefined {
  const [first = 'float32'] = dtypes;
  const masks = name === 'and' || name === 'or' || name === 'not';
  const wanted =
    name === 'select' ? ['bool', 'float32', 'float32'] : dtypes.map(() => (masks ? 'bool' : first));
  if (dtypes.some((dtype, i) => dtype !== wanted[i])) return undefined;
  const plain = masks || name === 'select' || first === 'float32';
  const key = plain ? name : `${name} ${first}`;
  return Object.hasOwn(functions, key) ? key : undefined;
}
