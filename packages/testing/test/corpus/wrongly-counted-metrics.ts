// Metrics with a mistake in each. Written before the examination was.
import {
  add,
  argmax,
  cast,
  concatenate,
  DataError,
  defineMetric,
  div,
  equal,
  fill,
  greater,
  maximum,
  mean,
  minimum,
  mul,
  reshape,
  sameShape,
  scatterAdd,
  sizeOf,
  slice,
  sqrt,
  square,
  stack,
  sub,
  sum,
} from '@pullback/core';
import {
  areaOf,
  binary,
  counts,
  determination,
  type Examined,
  float,
  floatOf,
  labelled,
  labels,
  metric,
  ratio,
  rows,
  same,
  shareRight,
  size,
  squaredErrors,
} from './metric-parts.ts';

/** Mistakes of counting: over batches, at once and again, and of figures that are none. */
export const wronglyCounted: Readonly<Record<string, Examined>> = {
  'batches count alike, whatever their size': {
    make: () => metric({ observe: (x, t) => stack([mean(squaredErrors(x, t)), fill(1, [], floatOf(x))]) }),
  },
  'the root of each batch': {
    make: () =>
      metric({
        observe: (x, t) => {
          const n = x.shape[0] ?? 0;
          return stack([mul(sqrt(mean(squaredErrors(x, t))), n), fill(n, [], floatOf(x))]);
        },
      }),
  },
  'the number of samples of the first batch, remembered': {
    make: () => {
      let first: number | undefined;
      return metric({
        observe: (x, t) => {
          first ??= sizeOf(x.shape);
          return stack([sum(squaredErrors(x, t)), fill(first, [], floatOf(x))]);
        },
      });
    },
  },
  'a total that is never set back': {
    make: () => {
      let [total, count] = [0, 0];
      return metric({
        observe: (x, t) => stack([sum(squaredErrors(x, t)), size(x)]),
        summarize: ([a = 0, b = 0]) => {
          total += a;
          count += b;
          return ratio([total, count]);
        },
      });
    },
  },
  'the largest output among samples': {
    make: () =>
      metric({
        better: 'higher',
        observe: (x, t, at) => {
          labelled(x, t, at);
          const right = equal(argmax(rows(x, at), { axis: 0 }), slice(t, [0], [0]));
          return stack([sum(float(right, x)), fill(x.shape.at(at.sampleAxis) ?? 0, [], floatOf(x))]);
        },
      }),
    options: labels,
  },
  'labels broadcast against outputs': {
    make: () =>
      metric({
        better: 'higher',
        observe: (x, t) => {
          const [said, is] = [greater(x, 0.5), greater(cast(t, floatOf(x)), 0.5)];
          return stack([sum(float(equal(said, is), x)), size(x)]);
        },
      }),
    options: { ...labels, outputs: [3], reference: shareRight },
  },
  'a target that is broadcast': {
    make: () => metric({ observe: (x, t) => stack([sum(square(sub(x, t))), size(x)]) }),
  },
  'an error of its own for a target of another shape': {
    make: defineMetric(
      'wrong',
      (x, t) => {
        if (!sameShape(x.shape, t.shape)) throw new RangeError('shapes differ');
        return square(sub(x, t));
      },
      { better: 'lower' },
    ),
  },
  'R2 by the square of a sum': {
    make: () =>
      metric({
        better: 'higher',
        observe: (x, t) => stack([sum(squaredErrors(x, t)), sum(square(t)), sum(t), size(t)]),
        summarize: ([residual = 0, squares = 0, total = 0, n = 0]) => {
          const spread = squares - total ** 2 / n;
          if (!(spread > 0)) throw new DataError({ got: 'equal targets', expected: 'two that differ' });
          return 1 - residual / spread;
        },
      }),
    options: { reference: determination, outputs: [1] },
  },
  'R2 about the mean of each batch': {
    make: () =>
      metric({
        better: 'higher',
        observe: (x, t) => stack([sum(squaredErrors(x, t)), sum(square(sub(t, mean(t))))]),
        summarize: ([residual = 0, spread = 0]) => {
          if (!(spread > 0)) throw new DataError({ got: 'equal targets', expected: 'two that differ' });
          return 1 - residual / spread;
        },
      }),
    options: { reference: determination, outputs: [1] },
  },
  'precision as a mean over batches': {
    make: () =>
      metric({
        better: 'higher',
        observe: (x, t) => {
          const [tp = fill(0, []), fp = fill(0, [])] = counts(x, t);
          const n = x.shape[0] ?? 0;
          return stack([mul(div(tp, maximum(add(tp, fp), 1)), n), fill(n, [], floatOf(x))]);
        },
      }),
    options: binary,
  },
  'AUC by eight equal bins': {
    make: () =>
      metric({
        better: 'higher',
        observe: (x, t) => {
          same(x, t);
          const n = sizeOf(x.shape);
          const bin = minimum(cast(mul(reshape(x, [n]), 8), 'int32'), 7);
          const positive = float(greater(reshape(t, [n]), 0.5), x);
          return concatenate([
            scatterAdd(positive, bin, { size: 8 }),
            scatterAdd(sub(1, positive), bin, { size: 8 }),
          ]);
        },
        summarize: (sums) => {
          let [below, wins, positives] = [0, 0, 0];
          for (let i = 0; i < 8; i++) {
            wins += (sums[i] ?? 0) * (below + (sums[8 + i] ?? 0) / 2);
            below += sums[8 + i] ?? 0;
            positives += sums[i] ?? 0;
          }
          if (positives * below === 0) throw new DataError({ got: 'one class', expected: 'two' });
          return wins / (positives * below);
        },
      }),
    options: { ...binary, reference: areaOf },
  },
  'AUC in which ties are wins': {
    make: () =>
      metric({
        better: 'higher',
        keeps: true,
        observe: (x, t) => {
          same(x, t);
          const n = sizeOf(x.shape);
          return stack([reshape(x, [n]), reshape(t, [n])], { axis: 1 });
        },
        summarize: (numbers) => {
          let [wins, pairs] = [0, 0];
          for (let i = 0; i < numbers.length; i += 2)
            for (let j = 0; j < numbers.length; j += 2)
              if (numbers[i + 1] === 1 && numbers[j + 1] === 0) {
                pairs++;
                if ((numbers[i] ?? 0) >= (numbers[j] ?? 0)) wins++;
              }
          if (pairs === 0) throw new DataError({ got: 'one class', expected: 'two' });
          return wins / pairs;
        },
      }),
    options: { ...binary, reference: areaOf },
  },
  'recall that is not a number without positives': {
    make: () =>
      metric({
        better: 'higher',
        observe: (x, t) => stack(counts(x, t)),
        summarize: ([tp = 0, , fn = 0]) => tp / (tp + fn),
      }),
    options: binary,
  },
  'not a number of no samples': {
    make: () =>
      metric({
        observe: (x, t) => stack([sum(squaredErrors(x, t)), size(x)]),
        summarize: ([total = 0, count = 0]) => total / count,
      }),
  },
  'the numbers that it was given, sorted in place': {
    make: () =>
      metric({
        keeps: true,
        observe: (x, t) => {
          const n = sizeOf(x.shape);
          return stack([reshape(x, [n]), reshape(sub(x, t), [n])], { axis: 1 });
        },
        summarize: (numbers) => {
          if (numbers.length === 0) throw new DataError({ got: 'no samples', expected: 'one' });
          const sorted = (numbers as number[]).sort((a, b) => a - b);
          return sorted[1] ?? 0;
        },
      }),
  },
};
