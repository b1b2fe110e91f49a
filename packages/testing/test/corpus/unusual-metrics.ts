// Metrics that are right, if unusual: none may be refused.
import {
  abs,
  add,
  and,
  argmax,
  cast,
  DataError,
  defineMetric,
  equal,
  fill,
  greater,
  iota,
  less,
  log,
  type Metric,
  mean,
  mul,
  neg,
  not,
  type Placement,
  reshape,
  scatterAdd,
  select,
  sizeOf,
  softmax,
  square,
  stack,
  sub,
  sum,
  type Value,
} from '@pullback/core';
import {
  areaOf,
  binary,
  determination,
  type Examined,
  flat,
  float,
  floatOf,
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
