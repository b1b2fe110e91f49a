import * as core from '@pullback/core';
import { isFloat, type Value } from '@pullback/core';
import {
  both,
  functionError,
  jump,
  largest,
  over,
  product,
  type Rule,
  steepest,
  through,
  times,
  unlessExact,
} from './error-rules.ts';

/** How the kit takes an elementwise primitive. */
export interface Elementwise<F> {
  readonly f: F;
  readonly error: Rule;
  /** It where any number is in its domain, for random Programs; `f` when left out. */
  readonly anywhere?: F;
  /** Whether random Programs apply it to int32 too. */
  readonly int32?: boolean;
}

/** Elementwise primitives of one operand, in the order in which random Programs choose among them. */
export const functionsOfOne = {
  neg: { f: core.neg, error: through, int32: true },
  abs: { f: core.abs, error: through, int32: true },
  square: { f: core.square, error: (_, a) => product(a, a), int32: true },
  tanh: { f: core.tanh, error: steepest(1) },
  exp: { f: core.exp, error: (out, a) => times(Math.expm1(a.error), out.most) + functionError(out) },
  log: {
    f: core.log,
    anywhere: (x) => core.log(core.add(core.square(x), 1)),
    error: (out, a) => over(a.error, a.smallest, a.error) + functionError(out),
  },
  sqrt: {
    f: core.sqrt,
    anywhere: (x) => core.sqrt(core.add(core.abs(x), 1)),
    error: (_, a) => Math.sqrt(a.error),
  },
  sin: { f: core.sin, error: steepest(1) },
  cos: { f: core.cos, error: steepest(1) },
  erf: { f: core.erf, error: steepest(1.2) },
  floor: { f: core.floor, error: jump },
  ceil: { f: core.ceil, error: jump },
  round: { f: core.round, error: jump },
  sign: { f: core.sign, error: unlessExact(2), int32: true },
  expm1: { f: core.expm1, error: (out, a) => times(Math.expm1(a.error), out.most + 1) + functionError(out) },
  log1p: {
    f: core.log1p,
    anywhere: (x) => core.log1p(core.square(x)),
    error: (out, a) => over(a.error, 1 + a.smallest, a.error) + functionError(out),
  },
  not: { f: core.not, error: unlessExact(1) },
} satisfies Readonly<Record<string, Elementwise<(x: Value) => Value>>>;

/** Those of two operands alike. */
export const functionsOfTwo = {
  add: { f: core.add, error: both },
  sub: { f: core.sub, error: both },
  mul: { f: core.mul, error: (_, a, b) => product(a, b) },
  maximum: { f: core.maximum, error: largest },
  minimum: { f: core.minimum, error: largest },
  div: { f: core.div, error: (out, a, b) => over(a.error + times(b.error, out.most), b.least, b.error) },
  mod: { f: core.mod, error: unlessExact(Infinity) },
  less: { f: core.less, error: unlessExact(1) },
  lessEqual: { f: core.lessEqual, error: unlessExact(1) },
  equal: { f: core.equal, error: unlessExact(1) },
  and: { f: core.and, error: unlessExact(1) },
  or: { f: core.or, error: unlessExact(1) },
} satisfies Readonly<Record<string, Elementwise<(a: Value, b: Value) => Value>>>;

/** Those that take other operands than numbers alike, or attributes: probes and steps of their own apply them. */
const others: Readonly<Record<string, Rule>> = {
  // Its slope is not bounded by the sizes of its operands.
  pow: (out, a, b) => (a.error === 0 && b.error === 0 ? functionError(out) : Infinity),
  select: (_, c, a, b) => (c.error === 0 ? Math.max(a.error, b.error) : a.most + b.most + a.error + b.error),
  cast: (out, a, b, c) =>
    isFloat(out.dtype)
      ? a.error
      : out.dtype === 'int32' && a.most < 2 ** 30
        ? jump(out, a, b, c)
        : unlessExact(Infinity)(out, a, b, c),
};

/** The rules of all of them, by name. */
export const elementwiseRules: ReadonlyMap<string, Rule> = new Map([
  ...[...Object.entries(functionsOfOne), ...Object.entries(functionsOfTwo)].map(
    ([name, { error }]) => [name, error] as const,
  ),
  ...Object.entries(others),
]);
