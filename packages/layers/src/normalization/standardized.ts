import { add, defineNode, div, mean, mul, sizeOf, sqrt, square, sub, sum, type Value } from '@pullback/core';

export interface Figures {
  readonly mean: Value;
  readonly variance: Value;
  /** 1 / sqrt(variance + epsilon). */
  readonly scale: Value;
}

/** Mean and variance of `x` over some axes, which keep an extent of 1. */
export function figuresOf(x: Value, axes: readonly number[], epsilon: number): Figures {
  const over = { axis: axes, keepAxis: true };
  const m = mean(x, over);
  const v = mean(square(sub(x, m)), over);
  return { mean: m, variance: v, scale: div(1, sqrt(add(v, epsilon))) };
}

/**
 * gain (x - m) / sqrt(v + epsilon), with m and v over `axes`; `gain` has extents of 1 along them, and those of x elsewhere. With z the quotient, r = 1 / sqrt(v + epsilon) and sums over
 * the n numbers that belong together, J^T g at x = gain r (g - sum g / n - z sum(g z) / n), and at gain sum g z.
 * Source: Ioffe and Szegedy 2015, section 3.
 */
export function standardized(x: Value, gain: Value, axes: readonly number[], epsilon: number): Value {
  const over = { axis: axes, keepAxis: true };
  const n = sizeOf(axes.map((axis) => x.shape[axis] ?? 0));
  const quotient = (z: Value, figures: Figures) => mul(sub(z, figures.mean), figures.scale);
  return defineNode<readonly [Value, Value]>('standardized', {
    forward: (z, factor) => mul(quotient(z, figuresOf(z, axes, epsilon)), factor),
    vjp: (g, { inputs: [z, factor] }) => {
      const figures = figuresOf(z, axes, epsilon);
      const normal = quotient(z, figures);
      const ofGain = sum(mul(g, normal), over);
      const centered = sub(sub(g, div(sum(g, over), n)), mul(normal, div(ofGain, n)));
      return [mul(mul(factor, figures.scale), centered), ofGain];
    },
  })(x, gain);
}
