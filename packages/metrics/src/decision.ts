import { field, type MetricPlacement, OptionError, type Value } from '@pullback/core';
import { isLabels, outputsOf } from './targets.ts';

export interface DecisionOptions {
  /**
   * From where on an output is a yes. When left out, as the network's last function or the loss says: 0.5 for probabilities and values, 0 for
   * logits and margins.
   */
  readonly threshold?: number;
  /**
   * Whether one of several classes is right, and the largest output decides; or each output has a yes or no of its own. When left out, as the
   * network's last function or the loss says; labels name one class.
   */
  readonly exclusive?: boolean;
}

export const decisionFields = { threshold: field.number(), exclusive: field.flag() };

/** Whether the largest of several outputs decides; undefined where nobody says so. */
export function isExclusive(
  prediction: Pick<Value, 'shape'>,
  target: Pick<Value, 'shape'>,
  at: MetricPlacement,
  { threshold, exclusive }: DecisionOptions,
): boolean | undefined {
  if (outputsOf(prediction, at) === 1) return false;
  if (exclusive !== undefined) return exclusive;
  if (threshold !== undefined) return false;
  if (isLabels(target, prediction, at)) return true;
  return at.meaning === undefined || at.meaning.as === 'values' ? undefined : at.meaning.exclusive;
}

/** The same, where it must be known. @throws OptionError that says what to write. */
export function needExclusive(
  metric: string,
  prediction: Pick<Value, 'shape'>,
  target: Pick<Value, 'shape'>,
  at: MetricPlacement,
  options: DecisionOptions,
): boolean {
  const exclusive = isExclusive(prediction, target, at, options);
  if (exclusive === undefined)
    throw new OptionError({
      got: `${outputsOf(prediction, at)} outputs, for the metric '${metric}', that may be classes or each a yes or no`,
      expected: 'exclusive: true where one class is right, exclusive: false where several may be',
      hint: 'A network that ends in a sigmoid or softmax says so itself, as a cross entropy does.',
    });
  return exclusive;
}

/** From where on an output is a yes. @throws OptionError that says what to write. */
export function thresholdOf(
  metric: string,
  { meaning }: MetricPlacement,
  { threshold }: DecisionOptions,
): number {
  if (threshold !== undefined) return threshold;
  if (meaning === undefined)
    throw new OptionError({
      got: `outputs, for the metric '${metric}', that may be probabilities or logits`,
      expected: 'threshold: 0.5 for probabilities, threshold: 0 for logits',
      hint: "A loss of one's own may say it: defineLoss(name, f, { meaning: { as: 'logits', exclusive: false } }).",
    });
  if (meaning.as !== 'values' && meaning.exclusive && meaning.as !== 'margins')
    throw new OptionError({
      got: `one output of a softmax, for the metric '${metric}': it is always 1`,
      expected: 'two outputs, or a sigmoid with a binary cross entropy',
    });
  return meaning.as === 'probabilities' || meaning.as === 'values' ? 0.5 : 0;
}
