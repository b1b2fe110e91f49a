import type { FloatDType, Layer, Layout, Loss, Optimizer, Placement, Value } from '@pullback/core';
import type { InputShapes } from './data.ts';

/** A layer whose output is the prediction. */
export type Network = Layer<readonly Value[]>;

/** What a model is, apart from its numbers. */
export interface Definition {
  readonly network: Network;
  readonly inputs: InputShapes;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly dtype: FloatDType;
  readonly layout: Layout;
  readonly placement: Placement;
  readonly seed: number;
}
