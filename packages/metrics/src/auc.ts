import {
  checkOptions,
  concatenate,
  DataError,
  equal,
  field,
  fill,
  iota,
  type Metric,
  type MetricPlacement,
  noSamples,
  OptionError,
  reshape,
  slice,
  softmax,
  sub,
  type Value,
} from '@pullback/core';
import { type Area, areaUnder, type Scored, together } from './area.ts';
import type { Average } from './averages.ts';
import { float, rowWeights } from './counting.ts';
import { isExclusive, needExclusive } from './decision.ts';
import { named, type WeightedOptions, weightedFields } from './options.ts';
import { checkClasses, checkSides, classOf, outputsOf, rowsOf, sameAs } from './targets.ts';

export interface AucOptions extends WeightedOptions {
  /**
   * How the areas of several classes, each against the others, become one: `macro` their mean, `weighted` their mean by the samples of
   * each, `micro` that of all scores together. `macro` when left out.
   */
  readonly average?: Average;
  /** Whether one of several classes is right; when left out, as the network's last function, the loss or the labels say. */
  readonly exclusive?: boolean;
}

export const aucFields = {
  ...weightedFields,
  average: field.oneOf('macro', 'micro', 'weighted'),
  exclusive: field.flag(),
};

/**
 * The area under the receiver operating characteristic: how often a positive has a larger score than a negative, ties counting half.
 * By the ranks of all scores, which are kept: 4 (2 k + 2) bytes for each sample of k outputs. Two classes of which one is right have one
 * area, that of class 1.
 * @throws DataError for one class only, OptionError where nobody says how outputs are meant.
 */
export function auc(options: AucOptions = {}): Metric {
  checkOptions("metric 'auc'", options, aucFields);
  const { average = 'macro', weighted = false } = options;
  const name = named(options.average === undefined ? 'AUC' : `${average} AUC`, options);
  return {
    name,
    better: 'higher',
    keeps: true,
    weighted,
    check: (target, prediction, at) => {
      if (isExclusive(prediction, target, at, options) === true) checkClasses(target, prediction, at);
      else checkSides(target);
      if (at.part !== true && outputsOf(prediction, at) === 1 && new Set(target.data).size === 1)
        throw oneClass(name, `${target.data.length} targets of ${target.data[0]}`);
    },
    observe: (prediction, target, at, weights) => {
      const { scores, is } = scored(prediction, target, at, options);
      const [count = 0, classes = 0] = scores.shape;
      const dtype = scores.dtype === 'float64' ? 'float64' : 'float32';
      const ones = fill(1, [count, 1], dtype);
      const columns = [fill(classes, [count, 1], dtype), rowWeights(weights, scores) ?? ones, scores, is];
      return concatenate(columns, { axis: 1 });
    },
    summarize: (numbers) => {
      const classes = scoredClasses(numbers);
      if (classes.every(({ scores }) => scores.length === 0)) throw noSamples(name);
      const areas = (average === 'micro' ? [together(classes)] : classes).map((scored, k): Area => {
        const area = areaUnder(scored);
        if (area !== undefined) return area;
        const which = scored.positives[0] === 1 ? 'all' : 'none';
        throw oneClass(name, `${scored.scores.length} samples, ${which} of them positive for output ${k}`);
      });
      const shares = areas.map(({ positives }) => (average === 'weighted' ? positives : 1));
      const total = shares.reduce((a, b) => a + b, 0);
      return areas.reduce((sum, { area }, k) => sum + (area * (shares[k] ?? 0)) / total, 0);
    },
  };
}

/** The scores of each class among rows of the number k of classes, the weight, k scores and k times 1 or 0; those without weight left out. */
function scoredClasses(rows: readonly number[]): Scored[] {
  const [classes = 0] = rows;
  const width = 2 * classes + 2;
  const starts: number[] = [];
  for (let from = 0; from < rows.length; from += width) if (rows[from + 1] !== 0) starts.push(from);
  const column = (place: number) => Float64Array.from(starts, (from) => rows[from + place] ?? Number.NaN);
  const weights = column(1);
  return Array.from({ length: classes }, (_, k) => ({
    scores: column(2 + k),
    positives: column(2 + classes + k),
    weights,
  }));
}

/** The scores of each class, [m, k], and 1 where a row is of the class. */
function scored(prediction: Value, target: Value, at: MetricPlacement, options: AucOptions) {
  const rows = rowsOf(prediction, at);
  const [count = 0, classes = 0] = rows.shape;
  if (!needExclusive('auc', prediction, target, at, options))
    return { scores: rows, is: rowsOf(sameAs(prediction, target, at), at) };
  const { as } = at.meaning ?? {};
  const label = reshape(classOf(prediction, target, at), [count, 1]);
  if (classes === 2) {
    const [first, second] = [0, 1].map((k) => slice(rows, [0, k], [count, k + 1]));
    // The order of p is that of the distance of two logits; of probabilities it is their own, without rounding.
    const scores = as === 'probabilities' || first === undefined ? second : second && sub(second, first);
    return { scores: scores ?? rows, is: float(equal(label, 1), rows) };
  }
  if (as !== 'probabilities' && as !== 'logits')
    throw new OptionError({
      got: `${classes} outputs, for the metric 'auc', that may be probabilities or logits`,
      expected: 'a network that ends in a softmax, or a loss that says what it takes',
      hint: "A loss of one's own may say it: defineLoss(name, f, { meaning: { as: 'logits', exclusive: true } }).",
    });
  return {
    scores: as === 'logits' ? softmax(rows, { axis: 1 }) : rows,
    is: float(equal(label, iota([count, classes], { axis: 1 })), rows),
  };
}

function oneClass(name: string, got: string): DataError {
  return new DataError({
    got: `${got}, for the metric '${name}'`,
    expected: 'both positives and negatives: without, nothing is ranked',
    hint: 'A larger or stratified part of the data has both.',
  });
}
