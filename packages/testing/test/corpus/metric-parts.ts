// What the metrics of the corpus are made of.
import {
  and,
  cast,
  DataError,
  fill,
  formatShape,
  greater,
  type Metric,
  not,
  type Placement,
  ShapeError,
  sameShape,
  sizeOf,
  square,
  sub,
  sum,
  transpose,
  type Value,
} from '@pullback/core';
import type { MetricConformance } from '@pullback/testing';

/** A metric and what its author says of it. */
export interface Examined {
  readonly make: () => Metric;
  readonly options?: MetricConformance;
}

export const size = (x: Value) => fill(sizeOf(x.shape), [], floatOf(x));
export const floatOf = ({ dtype }: Value) => (dtype === 'float64' ? 'float64' : 'float32');
export const float = (holds: Value, like: Value) => cast(holds, floatOf(like));
export const same = (x: Value, t: Value) => {
  if (!sameShape(x.shape, t.shape))
    throw new ShapeError({ got: formatShape(t.shape), expected: formatShape(x.shape) });
};
export const ratio = ([a = 0, b = 0]: readonly number[]) => {
  if (b === 0) throw new DataError({ got: 'no samples', expected: 'at least one' });
  return a / b;
};
/** Rows are samples, whatever the layout is. */
export const rows = (x: Value, { layout }: Placement) =>
  layout === 'row' || x.shape.length < 2 ? x : transpose(x);
export const metric = (given: Partial<Metric> & Pick<Metric, 'observe'>): Metric => ({
  name: 'wrong',
  better: 'lower',
  summarize: ratio,
  ...given,
});
export const squaredErrors = (x: Value, t: Value) => {
  same(x, t);
  return square(sub(x, t));
};

export type Rows = readonly (readonly number[])[];
export const flat = (x: Rows) => x.flat();
export const average = (x: readonly number[]) => x.reduce((a, b) => a + b, 0) / x.length;
export const meanSquare = (x: Rows, t: Rows) => average(flat(x).map((a, i) => (a - (flat(t)[i] ?? 0)) ** 2));
export const determination = (x: Rows, t: Rows) => {
  if (new Set(flat(t)).size < 2) throw new DataError({ got: 'equal targets', expected: 'two that differ' });
  const centre = average(flat(t));
  return 1 - meanSquare(x, t) / average(flat(t).map((a) => (a - centre) ** 2));
};
export const areaOf = (x: Rows, t: Rows) => {
  const [scores, is] = [flat(x), flat(t).map((label) => label > 0.5)];
  let [wins, pairs] = [0, 0];
  scores.forEach((a, i) => {
    scores.forEach((b, j) => {
      if (is[i] !== true || is[j] === true) return;
      pairs++;
      wins += a > b ? 1 : a === b ? 0.5 : 0;
    });
  });
  if (pairs === 0) throw new DataError({ got: 'one class', expected: 'two' });
  return wins / pairs;
};
export const shareRight = (x: Rows, t: Rows) =>
  average(x.map((row, i) => (row.indexOf(Math.max(...row)) === t[i]?.[0] ? 1 : 0)));
/** Counts of tp, fp, fn of one output at 1/2. */
export const counts = (x: Value, t: Value, threshold = 0.5) => {
  same(x, t);
  const [said, is] = [greater(x, threshold), greater(t, 0.5)];
  return [and(said, is), and(said, not(is)), and(not(said), is)].map((holds) => sum(float(holds, x)));
};
export const harmonic = ([tp = 0, fp = 0, fn = 0]: readonly number[]) =>
  tp + fp + fn === 0 ? 0 : (2 * tp) / (2 * tp + fp + fn);
export const harmonicOf = (threshold: number) => (x: Rows, t: Rows) => {
  const of = (said: boolean, is: boolean) =>
    flat(x).filter((a, i) => a > threshold === said && (flat(t)[i] ?? 0) > 0.5 === is).length;
  return harmonic([of(true, true), of(true, false), of(false, true)]);
};
export const labelled = (x: Value, t: Value, at: Placement) => {
  if (
    t.dtype !== 'int32' ||
    t.shape.length !== x.shape.length - 1 ||
    t.shape[0] !== x.shape.at(at.sampleAxis)
  )
    throw new ShapeError({ got: formatShape(t.shape), expected: 'one label for each sample' });
};

export const binary: MetricConformance = { targets: 'binary', predictions: [0, 1], outputs: [1] };
export const labels: MetricConformance = { targets: 'labels', predictions: [0, 1], outputs: [2, 3, 4] };
