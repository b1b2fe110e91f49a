import type { Initializer, Layer, Value } from 'pullback';
import type { Expectation } from './expectation.ts';

/** What is shown to the input units, and what the output units shall say: a row for each pattern. */
export interface Patterns {
  readonly inputs: readonly (readonly number[])[];
  readonly targets: readonly (readonly number[])[];
}

/** How a network learns: delta w(n + 1) = rate gradient + momentum delta w(n). */
export interface Learning {
  /** eta */
  readonly rate: number;
  /** alpha; 0.9 when left out. */
  readonly momentum?: number;
  /** The share of every weight that is lost in a sweep; none when left out. */
  readonly decay?: number;
  /** Weights and biases start uniformly within +- this; 0.5 when left out. */
  readonly start?: number;
  /** Whether weights change after every sweep or after every pattern; per sweep when left out. */
  readonly updates?: 'sweep' | 'pattern';
  /** All is learned when every output is nearer to its target than this; 0.1 when left out. */
  readonly tolerance?: number;
  /** After so many sweeps a run counts as failed. */
  readonly limit: number;
}

/** Units that one layer of weights leads to, and the units that it comes from, by name: what a picture is drawn from. */
export interface Wiring {
  /** The layer's path within the network. */
  readonly layer: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** A set of weights that was printed, with what it is said to do. */
export interface PublishedWeights {
  readonly title: string;
  /** By path within the network, with their shapes, as matrices [from, to] and biases [to]. */
  readonly weights: Readonly<Record<string, readonly number[] | readonly (readonly number[])[]>>;
  /** Where they were taken from. */
  readonly source: string;
  /** What they are said to do, as a sentence. */
  readonly claim: string;
}

/** One simulation of the chapter: a network, its patterns, how it learns, and what was published of it. */
export interface Simulation {
  readonly name: string;
  readonly title: string;
  /** What it is about, for the report. */
  readonly about: string;
  /** The network of logistic units, its weights drawn by `start`. */
  readonly network: (start: Initializer) => Layer<readonly [Value]>;
  readonly patterns: Patterns;
  readonly learning: Learning;
  /** How many seeds are run, from 1 on. */
  readonly seeds: number;
  /** The figure of the chapter, and how sure it is. */
  readonly published: string;
  readonly expected?: Expectation;
  readonly wiring?: readonly Wiring[];
  /** A layer whose weights are a receptive field of so many columns, drawn for several learned nets. */
  readonly field?: { readonly layer: string; readonly side: number };
  /** A layer whose units' activations are shown for every pattern. */
  readonly codes?: string;
  readonly publishedWeights?: PublishedWeights | undefined;
  /** Patterns that are not learned, on which a learned network is tried. */
  readonly heldOut?: HeldOut;
}

export interface HeldOut {
  readonly patterns: Patterns;
  /** What is counted, such as `digits`. */
  readonly unit: string;
  /** How many of all are right, for outputs in rows as the targets are. */
  readonly count: (outputs: readonly (readonly number[])[]) => number;
  readonly of: number;
}
