import {
  constant,
  evaluate,
  type FloatDType,
  type Layout,
  type Meaning,
  type Metric,
  placementOf,
  type TensorLike,
} from '@pullback/core';

export interface Shown {
  readonly meaning?: Meaning;
  readonly layout?: Layout;
  readonly dtype?: FloatDType;
}

/** A batch: prediction, target (whole numbers in an Int32Array), and weights. */
export type Batch = readonly [prediction: TensorLike, target: TensorLike, weights?: readonly number[]];

/** The figure over several batches. */
export function over(metric: Metric, batches: readonly Batch[], shown: Shown = {}): number {
  const { layout = 'row', dtype = 'float64', meaning } = shown;
  const at = { ...placementOf(layout), meaning };
  const numbers: number[] = [];
  for (const [prediction, target, weights] of batches) {
    const x = constant(prediction, { dtype });
    const t = constant(target, target instanceof Int32Array ? {} : { dtype });
    const w = weights && constant([...weights], { dtype });
    const batch = evaluate(metric.observe(x, t, at, metric.weighted === true ? w : undefined)).data;
    if (metric.keeps === true) numbers.push(...batch);
    else
      batch.forEach((addend, i) => {
        numbers[i] = (numbers[i] ?? 0) + addend;
      });
  }
  return metric.summarize(numbers);
}

/** What the outputs of a network are, as its last function or the loss says. */
export const meanings = {
  values: { as: 'values' },
  sigmoid: { as: 'probabilities', exclusive: false },
  sigmoidLogits: { as: 'logits', exclusive: false },
  softmax: { as: 'probabilities', exclusive: true },
  softmaxLogits: { as: 'logits', exclusive: true },
  signs: { as: 'margins', exclusive: false },
} as const satisfies Record<string, Meaning>;
