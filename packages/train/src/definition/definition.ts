import type { FloatDType, Layer, Layout, Optimizer, Placement, Value } from '@pullback/core';
import type { Head, Predictions } from './outputs.ts';

/** A layer whose output is the prediction, or several by name. */
export type Network = Layer<readonly Value[], Predictions>;

/** The names of the inputs, and the shape of one sample of each. */
export interface InputShapes {
  readonly [name: string]: readonly number[];
}

/** A model apart from its numbers. */
export interface Definition {
  readonly network: Network;
  readonly inputs: InputShapes;
  /** The outputs with their losses. */
  readonly heads: readonly Head[];
  readonly optimizer: Optimizer;
  readonly dtype: FloatDType;
  readonly layout: Layout;
  readonly placement: Placement;
  readonly seed: number;
}
