import {
  checkOptions,
  type Fields,
  type FieldsOf,
  type FloatDType,
  field,
  type Layer,
  OptionError,
  partOf,
  parts,
  pathsField,
  type Value,
} from '@pullback/core';
import type { SampleGradients } from './definition/definition.ts';
import type { Inputs, Targets } from './definition/named-inputs.ts';
import type { Predictions } from './definition/outputs.ts';
import { callbackField } from './fitting/callbacks.ts';
import type { PredictOptions } from './fitting/prediction.ts';
import type { ProgressReporter } from './fitting/progress.ts';
import type {
  EvaluateOptions,
  ExportOptions,
  FitOptions,
  ModelOptions,
  Named,
  ProgramWriter,
  SaveOptions,
  StepOptions,
  WeightsOptions,
} from './model-options.ts';
import type { Batch } from './samples/batch.ts';
import { isBatch, isStream } from './samples/stream.ts';

const { either, flag, having, list, named, needed, number, oneOf, whole } = field;

const dtype = oneOf<FloatDType>('float32', 'float64');
const seed = whole();
const batchSize = whole({ from: 1 });
const residentBytes = field.one<number>(
  'a number of bytes from 0 up',
  (x) => typeof x === 'number' && x >= 0,
);
const signal = having<AbortSignal>('an AbortSignal', 'throwIfAborted');
const { loss } = parts;
const reporter = having<ProgressReporter>('a reporter with batch and epoch', 'batch', 'epoch');
const metricName = field.one<Named>(
  'the name of a metric, or an object with that as type',
  (x) =>
    typeof x === 'string' ||
    (typeof x === 'object' && x !== null && typeof Reflect.get(x, 'type') === 'string'),
);
const metric = either(metricName, parts.metric);
const metricList = list(metric, { words: 'an array of metrics or their names' });
const metrics = either(metricList, named(metricList));
const weights = {
  sampleWeights: field.anything<NonNullable<Batch['sampleWeights']>>('a weight for each sample'),
  classWeights: list(number({ from: 0 })),
};

/** The options of `Model.create`. */
export const modelFields = {
  network: needed(partOf('layer', having<Layer<readonly Value[], Predictions>>('a layer', 'forward'))),
  input: needed(either(field.shape(), named(field.shape(), { from: 1 }))),
  loss: needed(either(loss, named(loss, { from: 1 }))),
  lossWeights: named(number()),
  optimizer: needed(parts.optimizer),
  backend: needed(parts.backend),
  seed,
  dtype,
  layout: oneOf('row', 'column'),
  progress: reporter,
  reducer: parts.reducer,
  sampleGradients: having<SampleGradients>(
    'an object with gradients, as privateGradients makes it',
    'gradients',
  ),
  checkFinite: flag(),
} satisfies FieldsOf<ModelOptions>;

/** The options of `fit`. */
export const fitFields = {
  ...weights,
  epochs: whole({ from: 0 }),
  batchSize,
  shuffle: flag(),
  validationSplit: number({ from: 0, below: 1 }),
  validationData: field.one<NonNullable<FitOptions['validationData']>>(
    '[x, y], { x, y } or a stream of such batches',
    (x) => isBatch(x) || isStream(x) || (Array.isArray(x) && (x.length === 2 || x.length === 3)),
  ),
  metrics,
  callbacks: list(callbackField),
  resume: flag(),
  residentBytes,
  signal,
  progress: either(oneOf(false), reporter),
} satisfies FieldsOf<FitOptions<Named>>;

/** The options of `evaluate`. */
export const evaluateFields = {
  ...weights,
  metrics,
  batchSize,
  residentBytes,
} satisfies FieldsOf<EvaluateOptions<Named>>;

/** Checks the options of `fit(x, y, options)` and its like. @throws OptionError also for options in the place of the targets. */
export function checkBeside(where: string, targets: unknown, options: object, fields: Fields): void {
  const names = Object.keys(options).length === 0 && field.isPlain(targets) ? Object.keys(targets) : [];
  if (names.length > 0 && names.every((name) => Object.hasOwn(fields, name)))
    throw new OptionError({
      got: `the options ${names.join(', ')} in the place of the targets`,
      expected: `${where}(x, y, options)`,
      hint: 'Batches that bring their targets are a stream: [{ x, y }].',
    });
  checkOptions(where, options, fields);
}

/** The options of `predict`. */
export const predictFields = { batchSize, signal } satisfies FieldsOf<PredictOptions>;

/** The fields of a batch. */
export const batchFields = {
  x: needed(field.anything<Inputs>('inputs')),
  y: needed(field.anything<Targets>('targets')),
  ...weights,
} satisfies FieldsOf<Batch>;

/** The options of `step`. */
export const stepFields = { times: whole({ from: 1 }), batchSize } satisfies FieldsOf<StepOptions>;

/** A batch as `inspect` and `graph` take it. */
export const targetFields = { x: batchFields.x, target: batchFields.y };

/** A batch as `explain` and `export` take it: without targets it is about prediction. */
export const exportFields = {
  writer: field.callable<ProgramWriter>('a writer of Programs'),
} satisfies FieldsOf<ExportOptions>;
export const shapeFields = { x: batchFields.x, y: field.anything<Targets>('targets') };

/** The options of `save`. */
export const saveFields = { sha256: flag(), learned: flag() } satisfies FieldsOf<SaveOptions>;

/** The options of `weights`. */
export const weightsFields = { only: pathsField } satisfies FieldsOf<WeightsOptions>;

/** The options of `graph`. */
export const dtypeFields = { dtype };

/** The options of `to`. */
export const moveFields = { backend: modelFields.backend, dtype };
