import {
  add,
  argmax,
  checkOptions,
  equal,
  field,
  fill,
  greater,
  iota,
  type Metric,
  type MetricPlacement,
  max,
  mul,
  noSamples,
  OptionError,
  reshape,
  stack,
  type Value,
} from '@pullback/core';
import { type Average, averageOf, type Counts } from './averages.ts';
import { float, rowWeights, sumRows, whereKnown } from './counting.ts';
import { type DecisionOptions, decisionFields, isExclusive, needExclusive, thresholdOf } from './decision.ts';
import { named, type WeightedOptions, weightedFields } from './options.ts';
import { checkClasses, checkSides, classOf, rowsOf, sameAs } from './targets.ts';

export interface PrecisionRecallOptions extends DecisionOptions, WeightedOptions {
  /**
   * How the figures of several classes or outputs become one: `macro` their mean, those left out that are neither said nor so; `weighted` their
   * mean by how often each is so; `micro` of all counts together; `binary` that of class 1, of two. When left out, `binary` for two classes
   * of which one is right, `macro` for more.
   */
  readonly average?: Average | 'binary';
}

export const precisionRecallFields = {
  ...decisionFields,
  ...weightedFields,
  average: field.oneOf('macro', 'micro', 'weighted', 'binary'),
};

/** Of those that were said to be positive, the share that is: tp / (tp + fp); 0 where none was said, as in scikit-learn. */
export function precision(options: PrecisionRecallOptions = {}): Metric {
  return confusions('precision', options, (tp, said) => (said === 0 ? 0 : tp / said));
}

/** Of those that are positive, the share that was said to be: tp / (tp + fn); 0 where none is, as in scikit-learn. */
export function recall(options: PrecisionRecallOptions = {}): Metric {
  return confusions('recall', options, (tp, _, is) => (is === 0 ? 0 : tp / is));
}

/** The harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn); 0 where there are none of these, as in scikit-learn. */
export function f1(options: PrecisionRecallOptions = {}): Metric {
  return confusions('F1', options, (tp, said, is) => (said + is === 0 ? 0 : (2 * tp) / (said + is)));
}

/**
 * A figure of counts for each class, or output: true positives, said, so, and how many samples there are.
 * @throws OptionError where nobody says how outputs are meant, DataError for labels outside of the classes, or of no samples.
 */
function confusions(
  word: string,
  options: PrecisionRecallOptions,
  figure: (...of: Counts) => number,
): Metric {
  checkOptions(`metric '${word}'`, options, precisionRecallFields);
  const { average, weighted = false } = options;
  const name = named(average === undefined ? word : `${average} ${word}`, options);
  return {
    name,
    better: 'higher',
    weighted,
    check: (target, prediction, at) =>
      isExclusive(prediction, target, at, options) === true
        ? checkClasses(target, prediction, at)
        : checkSides(target),
    observe: (prediction, target, at, weights) => {
      const { said, is, sure } = positives(word, options, prediction, target, at);
      const counted = rowWeights(weights, said);
      return stack(
        [mul(said, is), said, is, fill(1, said.shape, dtypeOf(said))].map((count) =>
          sumRows(whereKnown(count, sure), counted),
        ),
      );
    },
    summarize: (sums) => {
      const classes = sums.length / 4;
      const at = (row: number, k: number) => sums[row * classes + k] ?? 0;
      if (classes === 0 || at(3, 0) === 0) throw noSamples(name);
      const counts = Array.from({ length: classes }, (_, k): Counts => [at(0, k), at(1, k), at(2, k)]);
      return averageOf(counts, average === undefined || average === 'binary' ? 'macro' : average, figure);
    },
  };
}

/** Which classes were said, and which are so: 1 or 0 in [m, k]; and numbers that are NaN where neither is known. */
interface Positives {
  readonly said: Value;
  readonly is: Value;
  readonly sure: Value;
}

function positives(
  word: string,
  options: PrecisionRecallOptions,
  prediction: Value,
  target: Value,
  at: MetricPlacement,
): Positives {
  const rows = rowsOf(prediction, at);
  const [count = 0, classes = 0] = rows.shape;
  const refuse = (got: string) =>
    new OptionError({
      got: `average: 'binary' of ${got}`,
      expected: "'macro', 'micro' or 'weighted'",
    });
  if (!needExclusive(word, prediction, target, at, options)) {
    if (options.average === 'binary' && classes !== 1) throw refuse(`${classes} outputs`);
    const t = rowsOf(sameAs(prediction, target, at), at);
    const threshold = thresholdOf(word, at, options);
    return {
      said: float(greater(rows, threshold), rows),
      is: float(greater(t, 0.5), rows),
      sure: add(rows, t),
    };
  }
  const binary = options.average === 'binary' || (options.average === undefined && classes === 2);
  if (binary && classes !== 2) throw refuse(`${classes} classes`);
  // Class 1 alone, of two.
  const places = binary ? fill(1, [count, 1], 'int32') : iota([count, classes], { axis: 1 });
  const among = (chosen: Value) => float(equal(reshape(chosen, [count, 1]), places), rows);
  return {
    said: among(argmax(rows, { axis: 1 })),
    is: among(classOf(prediction, target, at)),
    sure: max(rows, { axis: 1, keepAxis: true }),
  };
}

function dtypeOf({ dtype }: Value) {
  return dtype === 'float64' ? 'float64' : 'float32';
}
