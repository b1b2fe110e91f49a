import type {
  Backend,
  FloatDType,
  Layout,
  Loss,
  Metric,
  Optimizer,
  Shape,
  Tensor,
  TensorLike,
} from '@pullback/core';
import type { Callback } from './callbacks.ts';
import type { InputShapes, Inputs } from './data.ts';
import type { Network } from './definition.ts';
import type { ProgressReporter } from './progress.ts';

export interface ModelOptions {
  readonly network: Network;
  /** The shape of one sample, or of each input by name. */
  readonly input: Shape | InputShapes;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly backend: Backend;
  /** For weights, shuffling and dropout; 0 when left out. */
  readonly seed?: number;
  /** float32 when left out. */
  readonly dtype?: FloatDType;
  /** Samples in rows, or in columns as in (4.1); rows when left out. */
  readonly layout?: Layout;
  /** Checks every step for the first node that makes a NaN or infinity, before it is run. Slow. */
  readonly checkFinite?: boolean;
}

/** `Name` is what metrics may be called by, where names are known: the model of the umbrella package knows some. */
export interface FitOptions<Name extends string = never> {
  /** 1 when left out. */
  readonly epochs?: number;
  /** 32, or all samples when there are fewer. */
  readonly batchSize?: number;
  /** Shuffles the samples before every epoch, by the seed; true when left out. */
  readonly shuffle?: boolean;
  /** The share of the samples, from their end, that is kept for validation. */
  readonly validationSplit?: number;
  readonly validationData?: readonly [Inputs, TensorLike];
  readonly metrics?: readonly (Metric | Name)[];
  readonly callbacks?: readonly Callback[];
  /**
   * Goes on in the middle of the epoch that the last fit did not end, with the batch that comes next; so that a fit that was ended, saved
   * and loaded continues as if nothing had happened. That epoch counts as one of `epochs`, and its figures are those of the rest.
   */
  readonly resume?: boolean;
  /** Ends the fit between two steps; it then rejects with the signal's reason, and the model is as after the last step. */
  readonly signal?: AbortSignal;
  /** A bar on a terminal, lines elsewhere; `false` for nothing. */
  readonly progress?: ProgressReporter | false;
}

export interface Batch {
  readonly x: Inputs;
  readonly y: TensorLike;
}

/** A loss that stays on the backend until somebody asks. */
export interface PendingLoss {
  /** The number. @throws OptionError when further steps were run since. */
  read(): Promise<number>;
}

export type Weights = Readonly<Record<string, { readonly shape: Shape; readonly data: Tensor['data'] }>>;
