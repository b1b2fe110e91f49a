import type { DType, Tensor } from '@pullback/core';

/** Numbers, and how far those of another backend may be from them. */
export interface Known {
  readonly dtype: DType;
  readonly size: number;
  /** The largest and the smallest |x|. */
  readonly most: number;
  /** The largest finite |x|. */
  readonly finite: number;
  readonly least: number;
  readonly smallest: number;
  readonly whole: boolean;
  readonly error: number;
}

export function known({ dtype, data }: Tensor, error: number): Known {
  let [most, finite, least, smallest, whole] = [0, 0, Infinity, Infinity, true];
  for (const x of data) {
    const size = Number.isNaN(x) ? Infinity : Math.abs(x);
    most = Math.max(most, size);
    if (size < Infinity) finite = Math.max(finite, size);
    least = Math.min(least, size);
    smallest = Math.min(smallest, Number.isNaN(x) ? -Infinity : x);
    whole &&= Number.isInteger(x);
  }
  return { dtype, size: data.length, most, finite, least, smallest, whole, error };
}

/**
 * The error of a result, from those of its operands: to first order in what is known of all elements at once. Where a step of a function may
 * be on either side of an operand, the step. Of all operands, however many: those that a rule names and a primitive lacks are exact zeros.
 */
export type Rule = (out: Known, ...inputs: readonly [Known, Known, Known, ...Known[]]) => number;

/** Half a unit in the last place of 1. */
export const half = 2 ** -24;

/** Elementary functions in float32 are within 2 units of the rounded float64 ones, whose rounding is half of one. */
export const functionError = ({ dtype, finite }: Known) =>
  dtype !== 'float32' ? 0 : finite > 1e37 ? Infinity : 5 * half * finite;

/** An error times a size; none is none, however large what it would be times. */
export const times = (error: number, size: number) => (error === 0 ? 0 : error * size);

/**
 * float32 terms are added in float64 in any order, and rounded once; nothing is rounded when they are whole and few.
 */
export function sumError(terms: number, most: number, whole: boolean, { dtype }: Known): number {
  if (dtype !== 'float32' || (whole && terms * most <= 2 ** 24)) return 0;
  return terms * most * (2 * half + terms * 2 ** -52);
}

export const largest: Rule = (_, ...inputs) => Math.max(...inputs.map(({ error }) => error));
export const unlessExact =
  (otherwise: number): Rule =>
  (out, ...inputs) =>
    largest(out, ...inputs) === 0 ? 0 : otherwise;
export const jump: Rule = (out, ...inputs) => (largest(out, ...inputs) === 0 ? 0 : inputs[0].error + 1);
export const through: Rule = (_, a) => a.error;
export const both: Rule = (_, a, b) => a.error + b.error;
export const product = (a: Known, b: Known) =>
  times(a.error, b.most) + times(b.error, a.most) + a.error * b.error;
/** E / least where the smallest of what is divided by stays above 0. */
export const over = (error: number, least: number, own: number): number =>
  error === 0 ? 0 : least > own ? error / (least - own) : Infinity;
/** |f'| <= slope, and the rounding of a function. */
export const steepest =
  (slope: number): Rule =>
  (out, a) =>
    slope * a.error + functionError(out);
