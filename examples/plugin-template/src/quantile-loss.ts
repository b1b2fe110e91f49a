import {
  div,
  formatShape,
  type Loss,
  maximum,
  mul,
  OptionError,
  type Placement,
  type Reduction,
  ShapeError,
  sameShape,
  sub,
  sum,
  type Value,
} from 'pullback';

export interface QuantileOptions {
  /** Which quantile is learned: 0.5 is the median. */
  readonly quantile?: number;
  readonly reduction?: Reduction;
}

/**
 * max(q (t - x), (q - 1) (t - x)), summed over components: least where x is the q-th quantile of the targets.
 * Source: Koenker and Bassett 1978.
 * @throws OptionError for a quantile outside of (0, 1), ShapeError when target and prediction differ in shape.
 */
export function quantileLoss({ quantile = 0.5, reduction = 'mean' }: QuantileOptions = {}): Loss {
  if (!(quantile > 0 && quantile < 1))
    throw new OptionError({ got: `the quantile ${quantile}`, expected: 'a number between 0 and 1' });
  const perSample = (prediction: Value, target: Value, { layout }: Placement): Value => {
    // Without this a target of another shape would be broadcast, and something else learned in silence.
    if (!sameShape(prediction.shape, target.shape))
      throw new ShapeError({
        got: `a target of ${formatShape(target.shape)}`,
        expected: `${formatShape(prediction.shape)}, as the prediction is`,
      });
    const missing = sub(target, prediction);
    const errors = maximum(mul(missing, quantile), mul(missing, quantile - 1));
    const sample = layout === 'row' ? 0 : errors.shape.length - 1;
    return sum(errors, { axis: errors.shape.flatMap((_, axis) => (axis === sample ? [] : [axis])) });
  };
  return {
    name: 'quantile',
    reduction,
    perSample,
    forward: (prediction, target, at) => {
      const total = sum(perSample(prediction, target, at));
      return reduction === 'sum' ? total : div(total, prediction.shape.at(at.sampleAxis) ?? 1);
    },
  };
}
