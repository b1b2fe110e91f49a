import {
  checkOptions,
  defineMetric,
  type Metric,
  type MetricPlacement,
  type MetricRules,
  OptionError,
  type Placement,
  reshape,
  transpose,
  type Value,
} from '@pullback/core';
import { named, type WeightedOptions, weightedFields } from './options.ts';
import { sameAs } from './targets.ts';

/** Refuses logits where targets are compared with numbers of their own kind. @throws OptionError */
export function checkValues(metric: string, { meaning }: MetricPlacement): void {
  if (meaning?.as === 'logits')
    throw new OptionError({
      got: `logits, for the metric '${metric}'`,
      expected: 'numbers of the same kind as the targets',
      hint: `A network that ends in ${meaning.exclusive ? 'softmax() and categoricalCrossEntropy()' : 'sigmoid() and binaryCrossEntropy()'} predicts probabilities; the loss is computed from the logits all the same.`,
    });
}

/** The numbers of each sample in a row, [n, k]. */
export function bySample(x: Value, { layout }: Placement): Value {
  const rows = layout === 'row' ? x : transpose(x);
  const [n = 0, ...inner] = rows.shape;
  return reshape(rows, [n, inner.reduce((size, extent) => size * extent, 1)]);
}

/** The mean over samples and components of an error of prediction x and target t. */
export function meanOf(
  word: string,
  options: WeightedOptions,
  error: (x: Value, t: Value) => Value,
  rules: MetricRules = {},
): Metric {
  checkOptions(`the metric '${word}'`, options, weightedFields);
  return defineMetric(
    named(word, options),
    (x, target, at) => {
      const t = sameAs(x, target, at);
      checkValues(word, at);
      return error(x, t);
    },
    { better: 'lower', ...rules, ...options },
  )();
}
