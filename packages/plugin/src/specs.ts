import type { FloatDType, Layout, Shape } from '@pullback/core';

/*
 * Names and their options. A plugin adds its own by declaration merging:
 *   declare module 'pullback' { interface LayerSpecs { gate: { units: number } } }
 */
export interface LayerSpecs {}
export interface ActivationSpecs {}
export interface LossSpecs {}
export interface OptimizerSpecs {}
export interface ScheduleSpecs {}
export interface InitializerSpecs {}
export interface MetricSpecs {}
export interface BackendSpecs {}

/** A name, when all of its options may be left out, or an object with `type` and options. */
export type SpecOf<M> = {
  [N in keyof M & string]: ({ readonly type: N } & M[N]) | (Record<never, never> extends M[N] ? N : never);
}[keyof M & string];

export type ActivationSpec = SpecOf<ActivationSpecs>;
/** Every activation is also a layer. */
export type LayerSpec = SpecOf<LayerSpecs> | ActivationSpec;
export type LossSpec = SpecOf<LossSpecs>;
export type OptimizerSpec = SpecOf<OptimizerSpecs>;
export type ScheduleSpec = SpecOf<ScheduleSpecs>;
export type InitializerSpec = SpecOf<InitializerSpecs>;
export type MetricSpec = SpecOf<MetricSpecs>;
export type BackendSpec = SpecOf<BackendSpecs>;

/** A spec as it comes from JSON, before it is checked. */
export type AnySpec = string | { readonly type: string };

/** A model as data: JSON in, JSON out. */
export interface ModelSpec {
  readonly input: Shape | Readonly<Record<string, Shape>>;
  readonly layers: readonly LayerSpec[];
  readonly loss: LossSpec;
  readonly optimizer: OptimizerSpec;
  readonly backend?: BackendSpec;
  readonly seed?: number;
  readonly dtype?: FloatDType;
  readonly layout?: Layout;
}
