import type { FloatDType, Layer, Layout, Optimizer, Placement, Value } from '@pullback/core';
import type { Head, Predictions } from './outputs.ts';
import type { Walk } from './walk.ts';

/** A layer whose output is the prediction, or several by name. */
export type Network = Layer<readonly Value[], Predictions>;

/** The names of the inputs, and the shape of one sample of each. */
export interface InputShapes {
  readonly [name: string]: readonly number[];
}

/** The graph of a step on a batch, before its gradients are taken. */
export interface StepGraph {
  readonly definition: Definition;
  /** The walk through the network, with its parameters. */
  readonly walk: Walk;
  readonly batch: readonly Value[];
  readonly targets: readonly Value[];
  /** Of samples, [n]. */
  readonly weights: Value | undefined;
  readonly key: Value;
  readonly step: Value;
}

/** The rule by which a step's gradients are made of those of its samples. */
export interface SampleGradients {
  /** The gradients at `walk.learned`, one for each weight in its shape, which the optimizer gets in place of those of the loss. */
  gradients(of: StepGraph): readonly Value[];
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
  readonly sampleGradients?: SampleGradients | undefined;
}
