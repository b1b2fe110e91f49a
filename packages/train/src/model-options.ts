import {
  type Backend,
  DataError,
  type FloatDType,
  type Layout,
  type Metric,
  type Optimizer,
  type Paths,
  type Reducer,
  type Shape,
  type Tensor,
} from '@pullback/core';
import type { SaveOptions as FileOptions } from '@pullback/safetensors';
import type { InputShapes, Network, SampleGradients } from './definition/definition.ts';
import type { Inputs, Targets } from './definition/named-inputs.ts';
import type { Losses } from './definition/outputs.ts';
import type { Callback } from './fitting/callbacks.ts';
import type { ProgressReporter } from './fitting/progress.ts';
import type { SampleWeights } from './samples/sample-weights.ts';
import { type BatchStream, isStream, type StreamedBatch } from './samples/stream.ts';

export interface ModelOptions {
  readonly network: Network;
  /** The shape of one sample, or of each input by name. */
  readonly input: Shape | InputShapes;
  /** One loss, or one for each output of the network by its name. */
  readonly loss: Losses;
  /** The factors of the losses of several outputs in their sum; 1 where left out. */
  readonly lossWeights?: Readonly<Record<string, number>>;
  readonly optimizer: Optimizer;
  readonly backend: Backend;
  /** For weights, shuffling and dropout; 0 when left out. */
  readonly seed?: number;
  /** float32 when left out. */
  readonly dtype?: FloatDType;
  /** Samples in rows, or in columns as in (4.1); rows when left out. */
  readonly layout?: Layout;
  /** Told about every fit that names no reporter of its own: a bar on a terminal, lines elsewhere, when left out. */
  readonly progress?: ProgressReporter;
  /** The reducer that sums gradients over several processes that train together; alone when left out. */
  readonly reducer?: Reducer;
  /** How the gradients of a step are made of those of its samples, as by `privateGradients`; their mean or sum, as the loss reduces, when left out. */
  readonly sampleGradients?: SampleGradients;
  /** Checks every step for the first node that makes a NaN or infinity, before it is run. Slow. */
  readonly checkFinite?: boolean;
}

export interface SaveOptions extends FileOptions {
  /**
   * Leaves out weights that are not learned: the file is small where most of a network is frozen. `model.restore` puts it into a model that has
   * them; false when left out.
   */
  readonly learned?: boolean;
}

export interface WeightsOptions {
  /** Only those paths; all when left out. */
  readonly only?: Paths;
}

export const defaultResidentBytes = 2 ** 30;

/** A metric where names are known: its name, or an object with the name as `type` and options. */
export type Named = string | { readonly type: string };

/** `Name` is what metrics may be called by, where names are known: the model of the umbrella package knows some. */
export interface FitOptions<Name extends Named = never> extends SampleWeights {
  /** 1 when left out. */
  readonly epochs?: number;
  /** 32, or all samples when there are fewer. A stream has its own; this is that of its validation data then. */
  readonly batchSize?: number;
  /** Shuffles the samples before every epoch, by the seed; true when left out. Refused for a stream, as validationSplit and sampleWeights are. */
  readonly shuffle?: boolean;
  /** The share of the samples, from their end, that is kept for validation. */
  readonly validationSplit?: number;
  /**
   * Samples to validate on after each epoch: [x, y], { x, y } with weights of samples, or a stream of such batches, which is gone through each time.
   * classWeights weigh them as they do a split.
   */
  readonly validationData?: StreamedBatch | BatchStream;
  /** A list for the only output, or one for each by name. */
  readonly metrics?: Metrics<Name>;
  readonly callbacks?: readonly Callback[];
  /**
   * Goes on in the middle of the epoch that the last fit did not end, with the batch that comes next; so that a fit that was ended, saved
   * and loaded continues as if nothing had happened. That epoch counts as one of `epochs`, and its figures are those of the rest.
   */
  readonly resume?: boolean;
  /**
   * Samples of at most so many bytes are written to the backend once, when the fit begins, and its steps choose theirs there, many in one
   * call where nobody looks at each; what is changed in the arrays meanwhile counts from the next fit on. More are written batch by batch.
   * 2^30 when left out, 0 for never.
   */
  readonly residentBytes?: number;
  /** Ends the fit between two steps; it then rejects with the signal's reason, and the model is as after the last step. */
  readonly signal?: AbortSignal;
  /** The model's when left out; `false` for nothing. */
  readonly progress?: ProgressReporter | false;
}

/** Metrics of the only output, or of several by the name of the output. */
export type Metrics<Name extends Named> =
  | readonly (Metric | Name)[]
  | Readonly<Record<string, readonly (Metric | Name)[]>>;

export interface EvaluateOptions<Name extends Named = never> extends SampleWeights {
  readonly metrics?: Metrics<Name>;
  readonly batchSize?: number;
  /** Samples of at most so many bytes are written to the backend once; more batch by batch. 2^30 when left out, 0 for never. */
  readonly residentBytes?: number;
}

export interface StepOptions {
  /** 1 when left out. */
  readonly times?: number;
  /** How many samples each step takes of the batch, which it divides; all of them when left out. */
  readonly batchSize?: number;
}

/** Writes a Program as code, as the backends that can do so have it. */
export type ProgramWriter = NonNullable<Backend['export']>;

export interface ExportOptions {
  /** Writes the Program; the model's backend when left out. */
  readonly writer?: ProgramWriter;
}

/** A loss that stays on the backend until somebody asks. */
export interface PendingLoss {
  /** The number. @throws OptionError when further steps were run since. */
  read(): Promise<number>;
}

export type Weights = Readonly<Record<string, { readonly shape: Shape; readonly data: Tensor['data'] }>>;

export function isShape(input: Shape | InputShapes): input is Shape {
  return Array.isArray(input);
}

/** Whether it is a metric itself, and not what stands for one. */
export function isMetric(metric: Metric | Named): metric is Metric {
  return typeof metric === 'object' && 'observe' in metric;
}

/** The metrics of every output by its name, each found by `metricOf`. */
export function resolveMetrics<Name extends Named>(
  metrics: Metrics<Name>,
  metricOf: (metric: Metric | Name) => Metric,
): Readonly<Record<string, readonly Metric[]>> {
  const named = isList(metrics) ? { '': metrics } : metrics;
  return Object.fromEntries(Object.entries(named).map(([name, list]) => [name, list.map(metricOf)]));
}

function isList<Name extends Named>(metrics: Metrics<Name>): metrics is readonly (Metric | Name)[] {
  return Array.isArray(metrics);
}

/**
 * The targets and options of a fit or an evaluation: a stream brings its targets, so options stand in their place.
 * @throws DataError for targets beside a stream.
 */
export function targetsAndOptions<O extends FitOptions<Named> | EvaluateOptions<Named>>(
  x: Inputs | BatchStream,
  y: Targets | O | undefined,
  options: O | undefined,
): readonly [Targets | undefined, O | undefined] {
  if (areTargets(y, x)) return [y, options];
  if (options !== undefined)
    throw new DataError({
      got: 'targets beside a stream of batches',
      expected: 'batches that bring their own: { x, y }',
    });
  return [undefined, y];
}

/** The second argument behind a stream is options, behind samples it is targets. */
function areTargets<O>(y: Targets | O | undefined, x: Inputs | BatchStream): y is Targets | undefined {
  return y === undefined || !isStream(x);
}
