import { type Layer, type Value } from 'pullback';
export interface BatchNormOptions {
  /** How much of the running figures is kept in a step; 0.9 when left out. */
  readonly momentum?: number;
  readonly epsilon?: number;
}
/**
 * gain (x - mean) / sqrt(variance + epsilon) + shift: by the figures of the batch while training, by running ones, which are a state, in
 * prediction. Samples in rows. Source: Ioffe and Szegedy 2015.
 */
export declare function batchNorm({ momentum, epsilon }?: BatchNormOptions): Layer<readonly [Value]>;
export declare const normalizing: import('pullback').Plugin;
declare module 'pullback' {
  interface LayerSpecs {
    batchNorm: BatchNormOptions;
  }
}
//# sourceMappingURL=batch-norm.d.ts.map
