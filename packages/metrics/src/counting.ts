import { and, broadcast, cast, equal, reshape, select, sum, type Value, weigh } from '@pullback/core';

/** 1 where something holds, 0 elsewhere, in the dtype of the prediction. */
export function float(holds: Value, { dtype }: Value): Value {
  return cast(holds, dtype === 'float64' ? 'float64' : 'float32');
}

/** The same numbers where all of `known` are numbers, NaN elsewhere: what is not known is neither right nor wrong. */
export function whereKnown(x: Value, ...known: Value[]): Value {
  const [first, ...others] = known.map((value) => equal(value, value));
  return first === undefined ? x : select(others.reduce(and, first), x, Number.NaN);
}

/** A weight for each of the m rows of a prediction, where samples have weights: a row is a sample, or a place in one. */
export function rowWeights(weights: Value | undefined, rows: Value): Value | undefined {
  if (weights === undefined) return undefined;
  const [n = 0] = weights.shape;
  const places = n === 0 ? 1 : (rows.shape[0] ?? 0) / n;
  return reshape(broadcast(reshape(cast(weights, rows.dtype), [n, 1]), [n, places]), [rows.shape[0] ?? 0, 1]);
}

/** sum w_i x_i over rows, for each column. */
export function sumRows(x: Value, weights: Value | undefined): Value {
  return sum(weights === undefined ? x : weigh(x, broadcast(weights, x.shape)), { axis: 0 });
}
