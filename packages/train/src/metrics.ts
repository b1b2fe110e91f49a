import {
  abs,
  add,
  and,
  argmax,
  cast,
  concatenate,
  defineMetric,
  equal,
  fill,
  formatShape,
  greater,
  iota,
  type Metric,
  minimum,
  mul,
  not,
  type Placement,
  reshape,
  ShapeError,
  scatterAdd,
  select,
  sizeOf,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  transpose,
  type Value,
} from '@pullback/core';

const count = (holds: Value) => sum(cast(holds, 'float32'));
const float = (holds: Value) => cast(holds, 'float32');

/** The labelled class of each sample, as int32: from labels, or from one-hot targets. */
function classOf(target: Value, { classAxis }: Placement): Value {
  return target.dtype === 'int32' ? target : argmax(target, { axis: classAxis });
}

/** The share of samples whose largest output is the labelled class, labels as integers or one-hot. */
export const categoricalAccuracy = defineMetric('accuracy', (prediction, target, at) =>
  float(equal(argmax(prediction, { axis: at.classAxis }), classOf(target, at))),
);

/** The share of outputs on the target's side of `threshold`: 0.5 for probabilities, 0 for logits. */
export function binaryAccuracy({ threshold = 0.5 }: { readonly threshold?: number } = {}): Metric {
  return defineMetric('accuracy', (prediction, target) =>
    float(equal(greater(prediction, threshold), greater(target, 0.5))),
  )();
}

/**
 * The share of samples that are right: by class when there are several outputs, by the side of 1/2 when there is one. For a
 * single logit use `binaryAccuracy({ threshold: 0 })`.
 */
export function accuracy(): Metric {
  const [byClass, bySide] = [categoricalAccuracy(), binaryAccuracy()];
  return {
    ...byClass,
    observe: (prediction, target, at) =>
      ((prediction.shape.at(at.classAxis) ?? 0) > 1 ? byClass : bySide).observe(prediction, target, at),
  };
}

/** The share of samples whose labelled class is among the k largest outputs; of equal outputs the first counts as larger. */
export function topK(k: number): Metric {
  return defineMetric(`top-${k} accuracy`, (prediction, target, at) => {
    const rows = at.layout === 'row' ? prediction : transpose(prediction);
    const [n = 0, classes = 0] = rows.shape;
    const labels = reshape(classOf(target, at), [n, 1]);
    const places = iota([n, classes], { axis: 1 });
    const score = sum(select(equal(places, labels), rows, 0), { axis: 1, keepAxis: true });
    const before = and(equal(rows, score), greater(labels, places));
    const above = add(float(greater(rows, score)), float(before));
    return float(greater(k, sum(above, { axis: 1 })));
  })();
}

export interface ThresholdOptions {
  /** From where on an output counts as positive: 0.5 for probabilities, 0 for logits. */
  readonly threshold?: number;
}

/** True positives, false positives and false negatives of every output, as sums. */
function confusions(
  name: string,
  { threshold = 0.5 }: ThresholdOptions,
  summarize: Metric['summarize'],
): Metric {
  return {
    name,
    observe: (prediction, target) => {
      const [said, is] = [greater(prediction, threshold), greater(target, 0.5)];
      return stack([count(and(said, is)), count(and(said, not(is))), count(and(not(said), is))]);
    },
    summarize,
  };
}

/** Of what was said to be positive, the share that is: tp / (tp + fp). NaN when nothing was. */
export function precision(options: ThresholdOptions = {}): Metric {
  return confusions('precision', options, ([tp = 0, fp = 0]) => tp / (tp + fp));
}

/** Of what is positive, the share that was said to be: tp / (tp + fn). NaN when nothing is. */
export function recall(options: ThresholdOptions = {}): Metric {
  return confusions('recall', options, ([tp = 0, , fn = 0]) => tp / (tp + fn));
}

/** The harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn). */
export function f1(options: ThresholdOptions = {}): Metric {
  return confusions('F1', options, ([tp = 0, fp = 0, fn = 0]) => (2 * tp) / (2 * tp + fp + fn));
}

/**
 * The area under the receiver operating characteristic: how often a positive has a larger probability than a negative, ties
 * counting half. Probabilities are counted in `bins` equal bins of [0, 1], so that the sums of batches add up; exact when no bin
 * holds both a positive and a negative that differ.
 */
export function auc({ bins = 1024 }: { readonly bins?: number } = {}): Metric {
  return {
    name: 'AUC',
    observe: (prediction, target) => {
      const n = sizeOf(prediction.shape);
      const bin = minimum(cast(mul(reshape(prediction, [n]), bins), 'int32'), bins - 1);
      const positive = float(greater(reshape(target, [n]), 0.5));
      const histogram = (weight: Value) => scatterAdd(weight, bin, { size: bins });
      return concatenate([histogram(positive), histogram(sub(1, positive))]);
    },
    summarize: (sums) => {
      let [below, wins] = [0, 0];
      for (let i = 0; i < bins; i++) {
        const [positives, negatives] = [sums[i] ?? 0, sums[bins + i] ?? 0];
        wins += positives * (below + negatives / 2);
        below += negatives;
      }
      const positives = sums.slice(0, bins).reduce((a, b) => a + b, 0);
      return wins / (positives * below);
    },
  };
}

/** mean (x - t)^2 over samples and components. */
export const meanSquaredDistance = defineMetric('mean squared error', (x, t) => square(sub(x, t)));

/** mean |x - t| over samples and components. */
export const meanAbsoluteDistance = defineMetric('mean absolute error', (x, t) => abs(sub(x, t)));

/** The square root of the mean squared error. */
export function rootMeanSquaredDistance(): Metric {
  const squared = meanSquaredDistance();
  return {
    ...squared,
    name: 'root mean squared error',
    summarize: (sums) => Math.sqrt(squared.summarize(sums)),
  };
}

/** The coefficient of determination 1 - sum (t - x)^2 / sum (t - mean t)^2, over all components. */
export function r2(): Metric {
  return {
    name: 'R2',
    observe: (x, t) =>
      stack([
        sum(square(sub(t, x))),
        sum(square(t)),
        sum(t),
        fill(sizeOf(t.shape), [], t.dtype === 'float64' ? 'float64' : 'float32'),
      ]),
    summarize: ([residual = 0, squares = 0, total = 0, n = 0]) => 1 - residual / (squares - total ** 2 / n),
  };
}

/**
 * How often class i (row) was taken for class j (column): counts, from the outputs of `predict` and the labels. Rows are samples.
 * @throws ShapeError when there is not one label for each sample.
 */
export function confusionMatrix(prediction: Tensor, labels: ArrayLike<number>): number[][] {
  const [samples = 0, classes = 0] = prediction.shape;
  if (prediction.shape.length !== 2 || labels.length !== samples)
    throw new ShapeError({
      got: `${labels.length} labels for a prediction of ${formatShape(prediction.shape)}`,
      expected: 'one label for each row',
    });
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < samples; i++) {
    const row = prediction.data.subarray(i * classes, (i + 1) * classes);
    const taken = row.indexOf(Math.max(...row));
    const counts = matrix[labels[i] ?? -1];
    if (counts !== undefined && taken >= 0) counts[taken] = (counts[taken] ?? 0) + 1;
  }
  return matrix;
}
