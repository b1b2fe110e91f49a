export { type Case, ConformanceError, report } from './case.ts';
export { type BackendConformance, conformBackend } from './conform-backend.ts';
export { conformInitializer, type InitializerConformance, type Moment } from './conform-initializer.ts';
export { conformLayer, type LayerConformance } from './conform-layer.ts';
export { conformLoss, type LossConformance } from './conform-loss.ts';
export { conformMetric } from './conform-metric.ts';
export { conformNode } from './conform-node.ts';
export { conformOptimizer, type OptimizerConformance, type Reference } from './conform-optimizer.ts';
export {
  conformPlugin,
  type EntryLike,
  type PluginConformance,
  type PluginLike,
  type ResolveLike,
} from './conform-plugin.ts';
export { conformSchedule, type ScheduleConformance } from './conform-schedule.ts';
export { type Difference, difference } from './differences.ts';
export { type Examine, examinePrograms, type ProgramsOptions } from './examine-programs.ts';
export type { Example, SearchOptions } from './example.ts';
export { type CheckedModel, gradientCheck, type WrongGradient } from './gradient-check.ts';
export type { MetricConformance } from './metric/examination.ts';
export type { MetricTargets, RefusedTarget } from './metric/samples.ts';
export type { NodeFunction, NodeOptions, Properties } from './node-options.ts';
export { allClose, near, ulps } from './numbers.ts';
export type { ParityOptions } from './parity.ts';
export type { Examinations } from './plugin-kinds.ts';
export { publishedUpdates } from './published-updates.ts';
export { programOf, type RandomProgram, type Recipe, type RecipeOptions, recipes } from './random-program.ts';
export {
  type RepetitionOptions,
  type RepetitionStep,
  recurrent,
  repetition,
  repetitions,
} from './repetitions.ts';
export { type Expected, expectedOf, mismatch } from './rounding.ts';
export { runProgram } from './run-program.ts';
export { simplest } from './simplest.ts';
export type { ModelData, NamedModel, Names, Spec } from './spec-round-trip.ts';
