import { unbroadcast } from '../derive/unbroadcast.ts';
import type { Value } from '../graph/value.ts';
import { div } from '../ops/arithmetic.ts';
import { sum } from '../ops/broadcast-sum.ts';
import { checkOptions } from '../options/check-options.ts';
import { isPlain, one, oneOf } from '../options/field.ts';
import type { Tensor, TensorSpec } from '../tensors/dtype.ts';
import type { Layout } from './layer.ts';

/** Where a loss or metric finds samples and classes. */
export interface Placement {
  readonly layout: Layout;
  readonly sampleAxis: number;
  readonly classAxis: number;
}

export function placementOf(layout: Layout): Placement {
  return layout === 'row'
    ? { layout, sampleAxis: 0, classAxis: -1 }
    : { layout, sampleAxis: -1, classAxis: 0 };
}

/** How the errors of the samples of a batch become one number. */
export type Reduction = 'sum' | 'mean';

/**
 * The meaning of a prediction's numbers: `values` in the unit of the targets; `probabilities`, or `logits` that a sigmoid or softmax makes
 * probabilities of; `margins`, whose sign or largest decides. `exclusive` when one class of several is right, as with a softmax, and not
 * when each output has a yes or no of its own, as with sigmoids.
 */
export type Meaning =
  | { readonly as: 'values' }
  | { readonly as: 'probabilities' | 'logits' | 'margins'; readonly exclusive: boolean };

/** A function of prediction and target to one number: the g of the report. */
export interface Loss {
  readonly name: string;
  /** The meaning that it gives the prediction; metrics decide by it. Left out where it does not matter. */
  readonly meaning?: Meaning;
  /** Whether the number is a sum over samples, or their mean. */
  readonly reduction: Reduction;
  forward(prediction: Value, target: Value, at: Placement): Value;
  /** The error of every sample, [n]: what weights of samples are multiplied by. */
  perSample?(prediction: Value, target: Value, at: Placement): Value;
  /** Refuses targets that the formula is not meant for. @throws DataError */
  check?(target: Tensor, prediction: TensorSpec, at: Placement): void;
}

type Formula = (prediction: Value, target: Value, at: Placement) => Value;

const lossFields = {
  reduction: oneOf('sum', 'mean'),
  meaning: one<Meaning>("what predictions are, such as { as: 'values' }", isPlain),
};

/**
 * A loss of one's own: a factory, as the built-in ones are. Its formula gives one number; or, as `perSample`, the error of every sample, [n],
 * whose sum or mean the loss is: samples and classes can then be weighted. It must not broadcast prediction and target against each other:
 * that is a ShapeError.
 */
export function defineLoss(
  name: string,
  formula: Formula | { readonly perSample: Formula },
  options: { reduction?: Reduction; meaning?: Meaning } = {},
): () => Loss {
  const { reduction = 'sum', meaning } = checkOptions(name, options, lossFields);
  const guarded =
    (inner: Formula): Formula =>
    (prediction, target, at) =>
      unbroadcast(prediction, target, () => inner(prediction, target, at));
  const said = { name, reduction, ...(meaning && { meaning }) };
  if (typeof formula === 'function') return () => ({ ...said, forward: guarded(formula) });
  const perSample = guarded(formula.perSample);
  const forward: Formula = (prediction, target, at) => {
    const total = sum(perSample(prediction, target, at));
    return reduction === 'sum' ? total : div(total, prediction.shape.at(at.sampleAxis) ?? 1);
  };
  return () => ({ ...said, perSample, forward });
}
