// Metrics with a mistake in each. Written before the examination was.
import {
  abs,
  add,
  argmax,
  concatenate,
  DataError,
  defineMetric,
  div,
  equal,
  fill,
  formatShape,
  greater,
  maximum,
  mean,
  minimum,
  mul,
  oneHot,
  reshape,
  ShapeError,
  select,
  sizeOf,
  slice,
  sqrt,
  square,
  stack,
  sub,
  sum,
} from '@pullback/core';
import {
  average,
  binary,
  counts,
  type Examined,
  flat,
  float,
  floatOf,
  harmonic,
  harmonicOf,
  labelled,
  labels,
  meanSquare,
  metric,
  ratio,
  rows,
  same,
  size,
  squaredErrors,
} from './metric-parts.ts';

/** Mistakes of direction, layout, weights, order, precision and targets. */
export const wronglyWeighed: Readonly<Record<string, Examined>> = {
  'the wrong way is better': {
    make: defineMetric(
      'accuracy',
      (x, t, at) => {
        labelled(x, t, at);
        return float(equal(argmax(x, { axis: at.classAxis }), t), x);
      },
      { better: 'lower' },
    ),
    options: labels,
  },
  'classes along the last axis in columns too': {
    make: defineMetric(
      'accuracy',
      (x, t) => {
        if (t.dtype !== 'int32' || x.shape.length !== 2)
          throw new ShapeError({ got: formatShape(t.shape), expected: 'labels' });
        const right = equal(argmax(x, { axis: 1 }), slice(t, [0], [x.shape[0] ?? 0]));
        return float(right, x);
      },
      { better: 'higher' },
    ),
    options: labels,
  },
  'weights that do not count': {
    make: () => metric({ weighted: true, observe: (x, t) => stack([sum(squaredErrors(x, t)), size(x)]) }),
  },
  'weights divided by the number of samples': {
    make: () =>
      metric({
        weighted: true,
        observe: (x, t, at, weights) => {
          const errors = mean(rows(squaredErrors(x, t), at), { axis: 1 });
          const total = weights === undefined ? errors : select(equal(weights, 0), 0, mul(errors, weights));
          return stack([sum(total), fill(x.shape.at(at.sampleAxis) ?? 0, [], floatOf(x))]);
        },
      }),
  },
  'a weight of 0 times NaN': {
    make: () =>
      metric({
        weighted: true,
        observe: (x, t, at, weights) => {
          const errors = mean(rows(squaredErrors(x, t), at), { axis: 1 });
          if (weights === undefined)
            return stack([sum(errors), fill(x.shape.at(at.sampleAxis) ?? 0, [], floatOf(x))]);
          return stack([sum(mul(errors, weights)), sum(weights)]);
        },
      }),
  },
  'weights that are squared': {
    make: () =>
      metric({
        weighted: true,
        observe: (x, t, at, weights) => {
          const errors = mean(rows(squaredErrors(x, t), at), { axis: 1 });
          const w = weights ?? fill(1, [x.shape.at(at.sampleAxis) ?? 0], floatOf(x));
          return stack([sum(select(equal(w, 0), 0, mul(errors, square(w)))), sum(square(w))]);
        },
      }),
  },
  'each sample beside the one before': {
    make: () =>
      metric({
        observe: (x, t, at) => {
          const errors = sum(rows(squaredErrors(x, t), at), { axis: 1 });
          const n = errors.shape[0] ?? 0;
          const before =
            n === 0 ? errors : concatenate([fill(0, [1], floatOf(x)), slice(errors, [0], [n - 1])]);
          return stack([sum(abs(sub(errors, before))), fill(n, [], floatOf(x))]);
        },
      }),
  },
  'the median of medians': {
    make: () => {
      const middle = (numbers: readonly number[]) =>
        [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
      return metric({
        keeps: true,
        observe: (x, t) => stack([mean(abs(sqrt(squaredErrors(x, t))))]),
        summarize: (numbers) => {
          if (numbers.length === 0) throw new DataError({ got: 'no samples', expected: 'one' });
          return middle(numbers);
        },
      });
    },
  },
  'F1 of logits at 1/2': {
    make: () => metric({ better: 'higher', observe: (x, t) => stack(counts(x, t)), summarize: harmonic }),
    options: {
      targets: 'binary',
      outputs: [1],
      meaning: { as: 'logits', exclusive: false },
      reference: harmonicOf(0),
    },
  },
  'the percentage of the prediction': {
    make: defineMetric(
      'wrong',
      (x, t) => {
        same(x, t);
        return div(abs(sub(x, t)), abs(x));
      },
      { better: 'lower' },
    ),
    options: {
      predictions: [1, 2],
      targets: [1, 2],
      reference: (x, t) => average(flat(x).map((a, i) => Math.abs(a / (flat(t)[i] ?? 1) - 1))),
    },
  },
  'numbers of samples that are summed': {
    make: () =>
      metric({
        observe: (x, t) => reshape(squaredErrors(x, t), [sizeOf(x.shape)]),
        summarize: (numbers) => (numbers.length === 0 ? 0 : average(numbers)),
      }),
  },
  'only whole blocks of four samples': {
    make: () =>
      metric({
        observe: (x, t, at) => {
          const errors = mean(rows(squaredErrors(x, t), at), { axis: 1 });
          const n = (errors.shape[0] ?? 0) - ((errors.shape[0] ?? 0) % 4);
          return stack([sum(slice(errors, [0], [n])), fill(n, [], floatOf(x))]);
        },
        summarize: ([total = 0, count = 0]) => (count === 0 ? 0 : total / count),
      }),
  },
  'the first batch alone': {
    make: () =>
      metric({
        keeps: true,
        observe: (x, t) => stack([sum(squaredErrors(x, t)), size(x)]),
        summarize: ratio,
      }),
  },
  'the last hundred of what was kept': {
    make: () =>
      metric({
        keeps: true,
        observe: (x, t) => reshape(squaredErrors(x, t), [sizeOf(x.shape)]),
        summarize: (numbers) => {
          if (numbers.length === 0) throw new DataError({ got: 'no samples', expected: 'one' });
          return average(numbers.slice(-100).sort((a, b) => a - b));
        },
      }),
    options: { outputs: [1], reference: meanSquare },
  },
  'counts in integers of 32 bits': {
    make: () =>
      metric({
        better: 'higher',
        observe: (x, t) => stack(counts(x, t)),
        summarize: ([tp = 0, fp = 0, fn = 0]) => harmonic([tp | 0, fp | 0, fn | 0]),
      }),
    options: binary,
  },
  'another figure at each use': {
    make: () => {
      let uses = 0;
      return metric({ observe: (x, t) => stack([mul(sum(squaredErrors(x, t)), ++uses), size(x)]) });
    },
  },
  'far off in float32': {
    make: defineMetric(
      'wrong',
      (x, t) => {
        same(x, t);
        return sub(add(square(sub(x, t)), 1e7), 1e7);
      },
      { better: 'lower' },
    ),
  },
  'all right where nothing is a number': {
    make: defineMetric(
      'accuracy',
      (x, t) => {
        same(x, t);
        return sub(1, float(greater(mul(sub(x, 0.5), sub(0.5, t)), 0), x));
      },
      { better: 'higher' },
    ),
    options: binary,
  },
  'a label outside that counts for another': {
    make: defineMetric(
      'accuracy',
      (x, t, at) => {
        labelled(x, t, at);
        const classes = x.shape.at(at.classAxis) ?? 1;
        return float(equal(argmax(x, { axis: at.classAxis }), minimum(t, classes - 1)), x);
      },
      { better: 'higher' },
    ),
    options: { ...labels, refuses: [{ outputs: 3, target: Int32Array.of(0, 3) }] },
  },
  'macro F1 of each batch': {
    make: () =>
      metric({
        better: 'higher',
        observe: (x, t, at) => {
          labelled(x, t, at);
          const k = x.shape.at(at.classAxis) ?? 1;
          const said = oneHot(argmax(x, { axis: at.classAxis }), k, { dtype: floatOf(x) });
          const is = oneHot(t, k, { dtype: floatOf(x) });
          const tp = sum(mul(said, is), { axis: 0 });
          const all = add(sum(said, { axis: 0 }), sum(is, { axis: 0 }));
          const n = t.shape[0] ?? 0;
          return stack([mul(mean(div(mul(tp, 2), maximum(all, 1))), n), fill(n, [], floatOf(x))]);
        },
      }),
    options: labels,
  },
};
