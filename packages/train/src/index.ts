export type { ByteSource, ByteTarget, Saved } from '@pullback/safetensors';
export { compareWeights, loadWeights, restored, transferWeights } from './checkpoint/lazily.ts';
export type { ReadOptions } from './checkpoint/load-weights.ts';
export type { LoadOptions } from './checkpoint/match-weights.ts';
export type { NameMap, NameRule } from './checkpoint/name-map.ts';
export type { RunState } from './checkpoint/run-state.ts';
export type { TensorSource } from './checkpoint/tensor-source.ts';
export type { Receiving, TransferOptions } from './checkpoint/transfer-weights.ts';
export type { WeightLine, WeightReport } from './checkpoint/weight-report.ts';
export type { GivenWeight, GivenWeights } from './checkpoint/weights.ts';
export { Decoder, type DecoderOptions } from './decoding/decoder.ts';
export type { InputShapes, Network, SampleGradients } from './definition/definition.ts';
export { definitionOf } from './definition/definition-of.ts';
export type { Inputs, Targets } from './definition/named-inputs.ts';
export type { Losses, Predictions } from './definition/outputs.ts';
export { type Application, type Build, type Variable, Walk } from './definition/walk.ts';
export { type LocalStepsOptions, localSteps } from './distributed/local-steps.ts';
export { simulatedRanks } from './distributed/simulated-ranks.ts';
export type { Straggler } from './distributed/stragglers.ts';
export {
  type Callback,
  earlyStopping,
  type FitControl,
  type FitModel,
  type MonitorOptions,
  reduceOnPlateau,
} from './fitting/callbacks.ts';
export { type FinderOptions, type FoundRate, findLearningRate } from './fitting/learning-rate-finder.ts';
export type { PredictOptions } from './fitting/prediction.ts';
export {
  type EpochRecord,
  type Progress,
  type ProgressReporter,
  progressTo,
  quiet,
} from './fitting/progress.ts';
export {
  type CheckpointOptions,
  type CheckpointPlace,
  csvLogger,
  learningRateScheduler,
  modelCheckpoint,
  terminateOnNaN,
} from './fitting/recording.ts';
export { type Inspected, Inspection, type ModelGraph } from './looking/inspect.ts';
export { type ActivationOptions, maximizeActivation, type Shown } from './looking/maximize-activation.ts';
export { Model } from './model.ts';
export type {
  EvaluateOptions,
  ExportOptions,
  FitOptions,
  Metrics,
  ModelOptions,
  PendingLoss,
  ProgramWriter,
  SaveOptions,
  StepOptions,
  Weights,
  WeightsOptions,
} from './model-options.ts';
export { exportFields, modelFields, moveFields } from './option-fields.ts';
export { type PrivateOptions, privateGradients } from './private/private-gradients.ts';
export { type SampledOptions, sampledBatches } from './private/sampled-batches.ts';
export { stepOperations } from './programs/step-operations.ts';
export type { Batch } from './samples/batch.ts';
export {
  type BatchesOptions,
  batches,
  type Picked,
  type PickedBatch,
  type SampleData,
} from './samples/batches.ts';
export { type BatchStream, isStream, type StreamedBatch } from './samples/stream.ts';
