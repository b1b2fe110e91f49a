export { createContainer, fork, listBound } from './container.ts';
export { type Description, ENTRIES, type Entry, tokenOf } from './entry.ts';
export { expectContainer } from './expect-container.ts';
export { type Create, Plugin, type PluginBinder, plugin } from './plugin.ts';
export { type Kind, kinds, type Products, type Resolve } from './products.ts';
export { boundNames, entriesOf, resolve, resolverOf } from './resolver.ts';
export type {
  ActivationSpec,
  ActivationSpecs,
  AnySpec,
  BackendSpec,
  BackendSpecs,
  InitializerSpec,
  InitializerSpecs,
  LayerSpec,
  LayerSpecs,
  LossSpec,
  LossSpecs,
  MetricSpec,
  MetricSpecs,
  ModelSpec,
  OptimizerSpec,
  OptimizerSpecs,
  ScheduleSpec,
  ScheduleSpecs,
  SpecOf,
} from './specs.ts';
