import {
  add,
  defineLayer,
  div,
  filled,
  type Layer,
  mean,
  mul,
  plugin,
  sqrt,
  sub,
  type Value,
  variance,
} from 'pullback';

export interface BatchNormOptions {
  /** How much of the running figures is kept in a step; 0.9 when left out. */
  readonly momentum?: number;
  readonly epsilon?: number;
}

// #region layer
/**
 * gain (x - mean) / sqrt(variance + epsilon) + shift: by the figures of the batch while training, by running ones, which are a state, in
 * prediction. Samples in rows. Source: Ioffe and Szegedy 2015.
 */
export function batchNorm({
  momentum = 0.9,
  epsilon = 1e-5,
}: BatchNormOptions = {}): Layer<readonly [Value]> {
  return defineLayer('batchNorm', (scope, x: Value) => {
    const shape = x.shape.slice(1);
    const gain = scope.parameter('gain', shape, filled(1));
    const shift = scope.parameter('shift', shape, filled(0));
    const center = scope.state('mean', shape, filled(0));
    const spread = scope.state('variance', shape, filled(1));
    const run = (at: Value, width: Value) =>
      add(mul(div(sub(x, at), sqrt(add(width, epsilon))), gain), shift);
    if (!scope.training) return run(center.value, spread.value);
    const [at, width] = [mean(x, { axis: 0 }), variance(x, { axis: 0 })];
    const kept = (old: Value, next: Value) => add(mul(old, momentum), mul(next, 1 - momentum));
    center.set(kept(center.value, at));
    spread.set(kept(spread.value, width));
    return run(at, width);
  });
}
// #endregion

export const normalizing = plugin(({ layer }) => {
  layer('batchNorm', (options: BatchNormOptions) => batchNorm(options), {
    doc: 'gain (x - mean) / deviation + shift',
  });
});

declare module 'pullback' {
  interface LayerSpecs {
    batchNorm: BatchNormOptions;
  }
}
