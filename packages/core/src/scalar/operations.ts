import type { DType } from '../tensors/dtype.ts';
import {
  type HostFunction,
  node,
  type Operation,
  type Scalar,
  type ScalarLike,
  type ScalarType,
  typeOf,
} from './scalar.ts';

/** A number of a type. */
export function number(value: number, type: ScalarType): Scalar {
  return node('number', type, [], { number: value });
}

function lifted(x: ScalarLike, like: ScalarLike): Scalar {
  if (typeof x !== 'number') return x;
  return number(x, typeof like === 'number' ? 'float64' : like.type);
}

const binary =
  (operation: Operation) =>
  (a: ScalarLike, b: ScalarLike): Scalar => {
    const x = lifted(a, b);
    return node(operation, x.type, [x, lifted(b, a)]);
  };
const comparison =
  (operation: Operation) =>
  (a: ScalarLike, b: ScalarLike): Scalar =>
    node(operation, 'bool', [lifted(a, b), lifted(b, a)]);
const unary =
  (operation: Operation) =>
  (x: Scalar): Scalar =>
    node(operation, x.type, [x]);
const shift =
  (operation: Operation) =>
  (x: Scalar, by: number): Scalar =>
    node(operation, x.type, [x], { number: by });

export const add = binary('add');
export const sub = binary('sub');
export const mul = binary('mul');
/** a / b; of int32 towards 0, and 0 for b = 0. */
export const div = binary('div');
/** a - b trunc(a / b), exact, of the sign of a; of int32 0 for b = 0. */
export const rest = binary('rest');
/** The smaller, NaN where one is NaN; -0 is below 0. */
export const min = binary('min');
/** The larger, NaN where one is NaN; 0 is above -0. */
export const max = binary('max');
/** b where b < a, else a. */
export const lower = binary('lower');
/** b where a < b, else a. */
export const higher = binary('higher');
export const and = binary('and');
export const or = binary('or');
export const xor = binary('xor');
export const equal = comparison('equal');
export const less = comparison('less');
export const lessEqual = comparison('lessEqual');
export const neg = unary('neg');
export const abs = unary('abs');
export const not = unary('not');
export const sqrt = unary('sqrt');
export const floor = unary('floor');
export const ceil = unary('ceil');
/** The nearest whole number, halves to the even one. */
export const nearest = unary('nearest');
export const trunc = unary('trunc');
export const shl = shift('shl');
/** With copies of the sign. */
export const shrS = shift('shrS');
/** With zeros. */
export const shrU = shift('shrU');

/** a b + c */
export function madd(a: Scalar, b: ScalarLike, c: ScalarLike): Scalar {
  return node('madd', a.type, [a, lifted(b, a), lifted(c, a)]);
}

/** c - a b */
export function nmadd(a: Scalar, b: ScalarLike, c: ScalarLike): Scalar {
  return node('nmadd', a.type, [a, lifted(b, a), lifted(c, a)]);
}

/** x 2^n, for a whole float n of the type of x that is an exponent of a normal number. */
export function scale(x: Scalar, n: Scalar): Scalar {
  return node('scale', x.type, [x, n]);
}

/**
 * a b rounded to a whole number, plus c, of float32: with c = 1.5 2^23 + k the last bits of the sum are those of the whole number plus k,
 * and less c it is the whole number.
 */
export function count(a: Scalar, b: number, c: number): Scalar {
  return node('count', 'float32', [a, number(b, 'float32'), number(c, 'float32')]);
}

/** a where the condition holds, else b. */
export function select(condition: Scalar, a: ScalarLike, b: ScalarLike): Scalar {
  const x = lifted(a, b);
  return node('select', x.type, [condition, x, lifted(b, x)]);
}

/** As `select`, for a condition that seldom holds: backends compute `rare` only where an element needs it. */
export function rarely(condition: Scalar, rare: Scalar, usual: Scalar): Scalar {
  return node('rarely', usual.type, [condition, rare, usual]);
}

/** x as another dtype: nearest float, integers towards 0 modulo 2^32 or 2^8, bool by x != 0. */
export function cast(x: Scalar, dtype: DType): Scalar {
  return x.type === dtype ? x : node('cast', typeOf(dtype), [x], { dtype });
}

/** The bits of a float32 as int32. */
export function bits(x: Scalar): Scalar {
  return node('bits', 'int32', [x]);
}

export function fromBits(x: Scalar): Scalar {
  return node('fromBits', 'float32', [x]);
}

/** The upper 32 bits of a float64, as int32: sign, exponent and 20 bits of the fraction. */
export function high(x: Scalar): Scalar {
  return node('high', 'int32', [x]);
}

/** The lower 32 bits of a float64, as int32. */
export function low(x: Scalar): Scalar {
  return node('low', 'int32', [x]);
}

/** The float64 of two words. */
export function fromWords(upper: Scalar, lower: Scalar): Scalar {
  return node('fromWords', 'float64', [upper, lower]);
}

/** f(x) of a float64, one element after the other on the host. */
export function host(f: HostFunction, x: Scalar): Scalar {
  return node('host', 'float64', [x], { host: f });
}

/** The sign bit of `sign` on |x|. */
export function withSign(x: Scalar, sign: Scalar): Scalar {
  if (x.type === 'float64') {
    const top = or(and(high(abs(x)), 0x7fffffff), and(high(sign), -(2 ** 31)));
    return fromWords(top, low(x));
  }
  return fromBits(or(and(bits(x), 0x7fffffff), and(bits(sign), -(2 ** 31))));
}

/** The sign bit of `sign` on a float32 that is not negative. */
export function signed(x: Scalar, sign: Scalar): Scalar {
  return fromBits(or(bits(x), and(bits(sign), -(2 ** 31))));
}

/**
 * a + x (b + x (c + ...)), coefficients from the lowest power on: the fewest operations, for formulas of which several elements are computed
 * side by side.
 */
export function horner(x: Scalar, coefficients: readonly number[]): Scalar {
  const [last = 0, ...others] = [...coefficients].reverse();
  return others.reduce<Scalar>((sum, c) => madd(sum, x, c), number(last, x.type));
}

/**
 * A polynomial in x, given with its square; coefficients from that of the highest power on. Horner's scheme in x^2 over pairs a x + b: the
 * chain of operations that wait for each other is half as long.
 */
export function polynomial(x: Scalar, square: Scalar, coefficients: readonly number[]): Scalar {
  const [highest = 0, ...others] = coefficients;
  const pairs: Scalar[] = [];
  if (coefficients.length % 2 === 1) pairs.push(number(highest, x.type));
  const paired = pairs.length === 1 ? others : coefficients;
  for (let i = 0; i < paired.length; i += 2) {
    const [a = 0, b = 0] = paired.slice(i, i + 2);
    pairs.push(madd(number(a, x.type), x, b));
  }
  const [first = number(0, x.type), ...rest_] = pairs;
  return rest_.reduce<Scalar>((sum, pair) => madd(sum, square, pair), first);
}
