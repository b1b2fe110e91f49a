import type { TensorSpec } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';
import { unbroadcast } from '../unbroadcast.ts';
import type { Value } from '../value.ts';
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
 * What the numbers of a prediction mean: `values` in the unit of the targets; `probabilities`, or `logits` that a sigmoid or softmax makes
 * probabilities of; `margins`, whose sign or largest decides. `exclusive` when one class of several is right, as with a softmax, and not
 * when each output has a yes or no of its own, as with sigmoids.
 */
export type Meaning =
  | { readonly as: 'values' }
  | { readonly as: 'probabilities' | 'logits' | 'margins'; readonly exclusive: boolean };

/** A function of prediction and target to one number: the g of the report. */
export interface Loss {
  readonly name: string;
  /** What it takes the prediction for; metrics decide by it. Left out where it does not matter. */
  readonly meaning?: Meaning;
  /** Whether the number is a sum over samples, or their mean. */
  readonly reduction: Reduction;
  forward(prediction: Value, target: Value, at: Placement): Value;
  /** The error of every sample, [n]: what weights of samples are multiplied by. */
  perSample?(prediction: Value, target: Value, at: Placement): Value;
  /** Refuses targets that the formula is not meant for. @throws DataError */
  check?(target: Tensor, prediction: TensorSpec, at: Placement): void;
}

/**
 * A loss of one's own: a factory, as the built-in ones are. Its formula must not broadcast prediction and target against each other:
 * that is a ShapeError.
 */
export function defineLoss(
  name: string,
  forward: (prediction: Value, target: Value, at: Placement) => Value,
  { reduction = 'sum', meaning }: { reduction?: Reduction; meaning?: Meaning } = {},
): () => Loss {
  return () => ({
    name,
    reduction,
    ...(meaning && { meaning }),
    forward: (prediction, target, at) =>
      unbroadcast(prediction, target, () => forward(prediction, target, at)),
  });
}
