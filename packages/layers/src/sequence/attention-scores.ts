import { add, einsum, equal, iota, lessEqual, select, stopGradient, type Value } from '@pullback/core';

/** A part of the scores: the places of queries and keys that it is of. */
export interface Part {
  readonly rows: readonly [from: number, to: number];
  readonly columns: readonly [from: number, to: number];
}

/** q k^T [n, groups, heads of each, t, s] of a part, with -infinity where nothing is seen. */
export function scoresOf(
  q: Value,
  k: Value,
  mask: Value | undefined,
  causal: boolean,
  { rows, columns }: Part,
): Value {
  let scores = einsum('ntgrd,nsgd->ngrts', q, k);
  if (mask !== undefined)
    scores = mask.dtype === 'bool' ? select(mask, scores, -Infinity) : add(scores, mask);
  // Parts at or below the diagonal are seen whole.
  if (!causal || columns[1] - 1 <= rows[0]) return scores;
  const [t, s] = [rows[1] - rows[0], columns[1] - columns[0]];
  const place = (axis: number, from: number) => add(iota([t, s], { axis }), from);
  return select(lessEqual(place(1, columns[0]), place(0, rows[0])), scores, -Infinity);
}

/** A sum of exponentials as a divisor: 1 where nothing is seen. */
export function positive(total: Value): Value {
  return select(equal(total, 0), 1, total);
}

/** The shift that keeps exp from overflowing: 0 where nothing is seen. */
export function shiftOf(top: Value): Value {
  const fixed = stopGradient(top);
  return select(equal(fixed, -Infinity), 0, fixed);
}
