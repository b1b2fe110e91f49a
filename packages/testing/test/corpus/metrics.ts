// Metrics with a mistake in each, and right ones that are unusual. Written before the examination was.
import {
  abs,
  add,
  and,
  argmax,
  cast,
  concatenate,
  DataError,
  defineMetric,
  div,
  equal,
  fill,
  formatShape,
  greater,
  iota,
  less,
  log,
  type Metric,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  not,
  oneHot,
  type Placement,
  reshape,
  ShapeError,
  sameShape,
  scatterAdd,
  select,
  sizeOf,
  slice,
  softmax,
  sqrt,
  square,
  stack,
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

const size = (x: Value) => fill(sizeOf(x.shape), [], floatOf(x));
const floatOf = ({ dtype }: Value) => (dtype === 'float64' ? 'float64' : 'float32');
const float = (holds: Value, like: Value) => cast(holds, floatOf(like));
const same = (x: Value, t: Value) => {
  if (!sameShape(x.shape, t.shape))
    throw new ShapeError({ got: formatShape(t.shape), expected: formatShape(x.shape) });
};
const ratio = ([a = 0, b = 0]: readonly number[]) => {
  if (b === 0) throw new DataError({ got: 'no samples', expected: 'at least one' });
  return a / b;
};
/** Rows are samples, whatever the layout is. */
const rows = (x: Value, { layout }: Placement) => (layout === 'row' || x.shape.length < 2 ? x : transpose(x));
const metric = (given: Partial<Metric> & Pick<Metric, 'observe'>): Metric => ({
  name: 'wrong',
  better: 'lower',
  summarize: ratio,
  ...given,
});
const squaredErrors = (x: Value, t: Value) => {
  same(x, t);
  return square(sub(x, t));
};

type Rows = readonly (readonly number[])[];
const flat = (x: Rows) => x.flat();
const average = (x: readonly number[]) => x.reduce((a, b) => a + b, 0) / x.length;
const meanSquare = (x: Rows, t: Rows) => average(flat(x).map((a, i) => (a - (flat(t)[i] ?? 0)) ** 2));
const determination = (x: Rows, t: Rows) => {
  if (new Set(flat(t)).size < 2) throw new DataError({ got: 'equal targets', expected: 'two that differ' });
  const centre = average(flat(t));
  return 1 - meanSquare(x, t) / average(flat(t).map((a) => (a - centre) ** 2));
};
const areaOf = (x: Rows, t: Rows) => {
  let [wins, pairs] = [0, 0];
  flat(x).forEach((a, i) => {
    flat(x).forEach((b, j) => {
      if (!((flat(t)[i] ?? 0) > 0.5) || (flat(t)[j] ?? 0) > 0.5) return;
      pairs++;
      wins += a > b ? 1 : a === b ? 0.5 : 0;
    });
  });
  if (pairs === 0) throw new DataError({ got: 'one class', expected: 'two' });
  return wins / pairs;
};
const shareRight = (x: Rows, t: Rows) =>
  average(x.map((row, i) => (row.indexOf(Math.max(...row)) === t[i]?.[0] ? 1 : 0)));
/** Counts of tp, fp, fn of one output at 1/2. */
const counts = (x: Value, t: Value, threshold = 0.5) => {
  same(x, t);
  const [said, is] = [greater(x, threshold), greater(t, 0.5)];
  return [and(said, is), and(said, not(is)), and(not(said), is)].map((holds) => sum(float(holds, x)));
};
const harmonic = ([tp = 0, fp = 0, fn = 0]: readonly number[]) =>
  tp + fp + fn === 0 ? 0 : (2 * tp) / (2 * tp + fp + fn);
const harmonicOf = (threshold: number) => (x: Rows, t: Rows) => {
  const of = (said: boolean, is: boolean) =>
    flat(x).filter((a, i) => a > threshold === said && (flat(t)[i] ?? 0) > 0.5 === is).length;
  return harmonic([of(true, true), of(true, false), of(false, true)]);
};
const labelled = (x: Value, t: Value, at: Placement) => {
  if (
    t.dtype !== 'int32' ||
    t.shape.length !== x.shape.length - 1 ||
    t.shape[0] !== x.shape.at(at.sampleAxis)
  )
    throw new ShapeError({ got: formatShape(t.shape), expected: 'one label for each sample' });
};

const binary: MetricConformance = { targets: 'binary', predictions: [0, 1], outputs: [1] };
const labels: MetricConformance = { targets: 'labels', predictions: [0, 1], outputs: [2, 3, 4] };

export const wrongMetrics: Readonly<Record<string, Examined>> = {
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

/** |x - t| as kept numbers of samples. */
const distances = (x: Value, t: Value) => {
  same(x, t);
  return reshape(abs(sub(x, t)), [sizeOf(x.shape)]);
};

class Kappa implements Metric {
  readonly name = 'kappa';
  readonly better = 'higher';
  readonly #classes = 3;

  observe(x: Value, t: Value, at: Placement): Value {
    labelled(x, t, at);
    const said = argmax(x, { axis: at.classAxis });
    const k = this.#classes;
    const place = add(mul(t, k), said);
    return reshape(scatterAdd(fill(1, [t.shape[0] ?? 0], floatOf(x)), place, { size: k * k }), [k, k]);
  }

  summarize(table: readonly number[]): number {
    const k = this.#classes;
    const n = table.reduce((a, b) => a + b, 0);
    if (n === 0) throw new DataError({ got: 'no samples', expected: 'at least one' });
    let [agreed, chance] = [0, 0];
    for (let i = 0; i < k; i++) {
      agreed += (table[i * k + i] ?? 0) / n;
      let [row, column] = [0, 0];
      for (let j = 0; j < k; j++) {
        row += table[i * k + j] ?? 0;
        column += table[j * k + i] ?? 0;
      }
      chance += (row * column) / n ** 2;
    }
    return chance === 1 ? 1 : (agreed - chance) / (1 - chance);
  }
}

export const unusualMetrics: Readonly<Record<string, Examined>> = {
  'a number of errors, which grows with the samples': {
    make: () =>
      metric({
        name: 'errors',
        observe: (x, t, at) => {
          labelled(x, t, at);
          const wrong = not(equal(argmax(x, { axis: at.classAxis }), t));
          return stack([sum(cast(wrong, 'int32'))]);
        },
        summarize: ([errors = 0]) => errors,
      }),
    options: labels,
  },
  'the median of what was kept': {
    make: () =>
      metric({
        name: 'median absolute error',
        keeps: true,
        observe: distances,
        summarize: (numbers) => {
          if (numbers.length === 0) throw new DataError({ got: 'no samples', expected: 'at least one' });
          const sorted = [...numbers].sort((a, b) => a - b);
          const half = sorted.length / 2;
          return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2;
        },
      }),
  },
  'R2 by merging what is known of batches': {
    make: () =>
      metric({
        name: 'R2',
        better: 'higher',
        keeps: true,
        observe: (x, t) => {
          same(x, t);
          const n = size(t);
          const centre = sizeOf(t.shape) === 0 ? fill(0, [], floatOf(t)) : mean(t);
          const away = sub(t, centre);
          return stack([n, centre, sum(away), sum(square(away)), sum(square(sub(t, x)))]);
        },
        summarize: (numbers) => {
          let [n, centre, spread, residual] = [0, 0, 0, 0];
          for (let i = 0; i < numbers.length; i += 5) {
            const [m = 0, shift = 0, first = 0, second = 0, error = 0] = numbers.slice(i, i + 5);
            if (m === 0) continue;
            const own = shift + first / m;
            const gap = own - centre;
            spread += second - first ** 2 / m + (gap ** 2 * n * m) / (n + m);
            centre += (gap * m) / (n + m);
            n += m;
            residual += error;
          }
          if (n === 0) throw new DataError({ got: 'no samples', expected: 'two' });
          return spread === 0 ? Number(residual === 0) : 1 - residual / spread;
        },
      }),
    options: { reference: determination, outputs: [1] },
  },
  'a geometric mean': {
    make: () =>
      metric({
        name: 'geometric mean of errors',
        observe: (x, t) => stack([sum(log(add(distances(x, t), 1e-3))), size(x)]),
        summarize: (sums) => Math.exp(ratio(sums)),
      }),
  },
  'the largest of what was kept': {
    make: () =>
      metric({
        name: 'largest error',
        keeps: true,
        observe: distances,
        summarize: (numbers) => numbers.reduce((a, b) => Math.max(a, b), 0),
      }),
  },
  'one that does not look at the target, nor says what is better': {
    make: () => ({
      name: 'surprise',
      observe: (x, _, at) => {
        const p = softmax(x, { axis: at.classAxis });
        const entropy = neg(sum(mul(p, log(p)), { axis: at.classAxis }));
        return stack([sum(entropy), fill(entropy.shape[0] ?? 0, [], floatOf(x))]);
      },
      summarize: ratio,
    }),
    options: { anyTarget: true },
  },
  'a table of classes, by an object with fields of its own': {
    make: () => new Kappa(),
    options: { ...labels, outputs: [3] },
  },
  'NaN counts as wrong': {
    make: defineMetric(
      'accuracy',
      (x, t) => {
        same(x, t);
        return float(and(equal(x, x), equal(greater(x, 0.5), greater(t, 0.5))), x);
      },
      { better: 'higher', weighted: true },
    ),
    options: binary,
  },
  'half for one class only': {
    make: () =>
      metric({
        name: 'AUC',
        better: 'higher',
        keeps: true,
        observe: (x, t) => {
          same(x, t);
          const n = sizeOf(x.shape);
          return stack([reshape(x, [n]), reshape(t, [n])], { axis: 1 });
        },
        summarize: (numbers) => {
          const pairs = Array.from({ length: numbers.length / 2 }, (_, i) => numbers.slice(2 * i, 2 * i + 2));
          if (numbers.some(Number.isNaN)) return Number.NaN;
          try {
            return areaOf(
              pairs.map(([x = 0]) => [x]),
              pairs.map(([, t = 0]) => [t]),
            );
          } catch {
            return 0.5;
          }
        },
      }),
    options: { ...binary, reference: (x, t) => (new Set(flat(t)).size < 2 ? 0.5 : areaOf(x, t)) },
  },
  'weights in a sum of its own': {
    make: () =>
      metric({
        name: 'weighted squared error',
        weighted: true,
        observe: (x, t, at, weights) => {
          const errors = mean(rows(squaredErrors(x, t), at), { axis: 1 });
          if (weights === undefined) return stack([sum(errors), sum(fill(1, errors.shape, floatOf(x)))]);
          return stack([sum(select(greater(weights, 0), mul(errors, weights), 0)), sum(weights)]);
        },
      }),
    options: { reference: meanSquare },
  },
  'places of the labels among all': {
    make: defineMetric(
      'mean rank',
      (x, t, at) => {
        labelled(x, t, at);
        const each = rows(x, at);
        const [n = 0, k = 0] = each.shape;
        const own = sum(select(equal(iota([n, k], { axis: 1 }), reshape(t, [n, 1])), each, 0), {
          axis: 1,
          keepAxis: true,
        });
        return sub(k - 1, sum(float(less(each, own), x), { axis: 1 }));
      },
      { better: 'lower' },
    ),
    options: labels,
  },
};
