import type { Backend, Reducer } from '@pullback/core';
import type { ModelSpec } from '@pullback/plugin';
import type { BatchStream, FitOptions, Inputs, ProgressReporter, Targets } from '@pullback/train';
import type { ServiceIdentifier } from 'inversify';
import type { MetricName, Model } from './model.ts';

/*
 * What `createModel` asks the container for. A plugin binds its own: service(PROGRESS, MyProgress). What is not bound is as usual.
 */

/** The backend of models whose spec names none. */
export const BACKEND: ServiceIdentifier<Backend> = Symbol.for('pullback backend');

/** Told about every fit that names no reporter of its own. */
export const PROGRESS: ServiceIdentifier<ProgressReporter> = Symbol.for('pullback progress reporter');

/** Sums gradients over several processes that train together. */
export const REDUCER: ServiceIdentifier<Reducer> = Symbol.for('pullback reducer');

/** Data to train on by name: a folder of files, a database, a service on the net. */
export interface DataSource {
  /** @throws UnknownNameError for a name that it does not have. */
  open(name: string): TrainingData | Promise<TrainingData>;
}

/** Samples in memory, or a stream of batches; with some for validation, if there are. */
export interface TrainingData {
  readonly training: { readonly x: Inputs; readonly y: Targets } | BatchStream;
  readonly validation?: readonly [Inputs, Targets];
}

export const DATA_SOURCE: ServiceIdentifier<DataSource> = Symbol.for('pullback data source');

/** Makes models from specs: bind another one to change specs before they are built, or models after. */
export interface ModelBuilder {
  build(spec: ModelSpec): Promise<Model>;
}

export const MODEL_BUILDER: ServiceIdentifier<ModelBuilder> = Symbol.for('pullback model builder');

export type FitFromOptions = Omit<FitOptions<MetricName>, 'validationData'>;
