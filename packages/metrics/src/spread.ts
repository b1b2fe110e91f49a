import {
  broadcast,
  cast,
  concatenate,
  div,
  equal,
  fill,
  max,
  min,
  reshape,
  select,
  square,
  sub,
  sum,
  type Value,
  weigh,
} from '@pullback/core';

/** How targets are spread, and how far predictions are off: sum w, sum w (t - mean t)^2 and sum w (t - x)^2 of one output. */
export interface Spread {
  readonly weight: number;
  readonly spread: number;
  readonly residual: number;
}

/** Numbers of each output in the record of a batch: its weight, centre, first and second moment about it, residual, and extremes. */
const fields = 7;

/**
 * The record of a batch of predictions x and targets t, [n, k]: k, and for each field its number of every output. The centre is the mean as it
 * is rounded; what the rounding took off is in the first moment.
 */
export function spreadRecord(x: Value, t: Value, weights: Value | undefined): Value {
  const [n = 0, k = 0] = t.shape;
  const dtype = t.dtype === 'float64' ? 'float64' : 'float32';
  const header = fill(k, [1], dtype);
  if (n === 0) return concatenate([header, fill(0, [fields * k], dtype)]);
  const w =
    weights === undefined ? fill(1, [n, k], dtype) : broadcast(reshape(cast(weights, dtype), [n, 1]), [n, k]);
  const left = equal(w, 0);
  const total = (of: Value) => sum(weigh(of, w), { axis: 0 });
  const weight = sum(w, { axis: 0 });
  const centre = div(total(t), select(equal(weight, 0), 1, weight));
  const away = sub(t, centre);
  return concatenate([
    header,
    weight,
    centre,
    total(away),
    total(square(away)),
    total(square(sub(t, x))),
    min(select(left, Infinity, t), { axis: 0 }),
    max(select(left, -Infinity, t), { axis: 0 }),
  ]);
}

/** The spread of every output over all batches, from their records. Source: Chan, Golub and LeVeque 1979. */
export function spreadOf(records: readonly number[]): Spread[] {
  const [outputs = 0] = records;
  const size = 1 + fields * outputs;
  return Array.from({ length: outputs }, (_, k) => {
    let [weight, mean, spread, residual, low, high] = [0, 0, 0, 0, Infinity, -Infinity];
    for (let from = 1 + k; from < records.length; from += size) {
      const at = (field: number) => records[from + field * outputs] ?? 0;
      const own = at(0);
      if (own === 0) continue;
      const gap = at(1) + at(2) / own - mean;
      spread += Math.max(0, at(3) - at(2) ** 2 / own) + (gap ** 2 * weight * own) / (weight + own);
      mean += (gap * own) / (weight + own);
      weight += own;
      residual += at(4);
      low = Math.min(low, at(5));
      high = Math.max(high, at(6));
    }
    // Equal targets have no spread, whatever the rounding of their mean says.
    return { weight, residual, spread: low === high ? 0 : spread };
  });
}
