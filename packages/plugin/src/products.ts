import type {
  Activation,
  Backend,
  Initializer,
  Layer,
  Loss,
  Metric,
  Optimizer,
  Schedule,
  Value,
} from '@pullback/core';
import type { AnySpec } from './specs.ts';

/** The product that each kind of name stands for. */
export interface Products {
  layer: Layer<readonly [Value]>;
  activation: Activation;
  loss: Loss;
  optimizer: Optimizer;
  schedule: Schedule;
  initializer: Initializer;
  metric: Metric;
  backend: Backend | Promise<Backend>;
}

/** A kind of thing that has a name. */
export type Kind = keyof Products;

export const kinds: readonly Kind[] = [
  'layer',
  'activation',
  'loss',
  'optimizer',
  'schedule',
  'initializer',
  'metric',
  'backend',
];

/** Turns specs into objects. A factory gets one for the specs among its own options. */
export type Resolve = { readonly [K in Kind]: (spec: AnySpec) => Products[K] };
