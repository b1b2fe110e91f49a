import type { Value } from '../graph/value.ts';
import { logitsOf } from '../math/log.ts';
import type { Tensor, TensorSpec } from '../tensors/dtype.ts';
import type { Loss, Meaning, Placement } from './loss.ts';

/** Which figures of a metric are the better ones. */
export type Better = 'higher' | 'lower';

/** Where a metric finds samples and classes, and what the numbers of the prediction mean. */
export interface MetricPlacement extends Placement {
  /** The meaning of the numbers; undefined where neither the network nor the loss tells. */
  readonly meaning?: Meaning | undefined;
  /** Whether checked targets are a part of those that the figure is of, as a batch of a stream is. */
  readonly part?: boolean;
}

/**
 * Something to watch while training. Each batch is counted inside the Program; the counts of batches are added up there, or
 * kept one after the other, and read when a figure is asked for: so a metric is exact over all samples whatever the batch size.
 */
export interface Metric {
  readonly name: string;
  /** Which figures are better; whoever watches for the best one has to say so where it is left out. */
  readonly better?: Better;
  /** `summarize` gets the numbers of every batch, one batch after the other, instead of their sums. Costs a read for each step. */
  readonly keeps?: boolean;
  /** `observe` takes the weights of samples where there are some. */
  readonly weighted?: boolean;
  /** The numbers that a batch adds: they can be summed over batches, or kept. A weight of 0 leaves its sample out. */
  observe(prediction: Value, target: Value, at: MetricPlacement, weights?: Value): Value;
  /** The figure that the numbers stand for. @throws DataError where there is none, as of no samples. */
  summarize(numbers: readonly number[]): number;
  /** Refuses targets that the figure is not meant for. @throws DataError */
  check?(target: Tensor, prediction: TensorSpec, at: MetricPlacement): void;
}

/** The meaning of a prediction's numbers: by the function that made them, else by the loss. */
export function meaningOf(prediction: Value, { meaning }: Pick<Loss, 'meaning'>): Meaning | undefined {
  const made = logitsOf(prediction);
  return made === undefined ? meaning : { as: 'probabilities', exclusive: made.link.name === 'softmax' };
}
