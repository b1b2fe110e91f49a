export { type BatchesOptions, batches, type Picked, type PickedBatch, type SampleData } from './batches.ts';
export {
  type Callback,
  earlyStopping,
  type FitControl,
  type MonitorOptions,
  reduceOnPlateau,
} from './callbacks.ts';
export type { CheckpointSource } from './checkpoint/byte-reader.ts';
export type { Checkpoint } from './checkpoint/checkpoint.ts';
export type { ReadOptions } from './checkpoint/load-weights.ts';
export type { Standing } from './checkpoint/standing.ts';
export type { CheckpointTarget, Saved, SaveOptions } from './checkpoint/write-file.ts';
export { loadWeights, openCheckpoint, restored } from './checkpoint.ts';
export type { InputShapes } from './data.ts';
export type { Network } from './definition.ts';
export type { Losses, Predictions } from './heads.ts';
export { type Inspected, Inspection, type ModelGraph } from './inspect.ts';
export { type FinderOptions, type FoundRate, findLearningRate } from './learning-rate-finder.ts';
export type { LoadOptions } from './match-weights.ts';
export { Model } from './model.ts';
export type {
  Batch,
  EvaluateOptions,
  FitOptions,
  Metrics,
  ModelOptions,
  PendingLoss,
  StepOptions,
  Weights,
} from './model-options.ts';
export type { Inputs, Targets } from './named-inputs.ts';
export { modelFields } from './option-fields.ts';
export type { PredictOptions } from './prediction.ts';
export { type EpochRecord, type Progress, type ProgressReporter, progressTo, quiet } from './progress.ts';
export { type Application, type Build, type Variable, Walk } from './scope.ts';
export { type BatchStream, isStream, type StreamedBatch } from './stream.ts';
export type { GivenWeight, GivenWeights } from './weights.ts';
