import {
  type Backend,
  type FloatDType,
  type Metric,
  type TensorLike,
  UnknownNameError,
  UnsupportedError,
} from '@pullback/core';
import type { ModelSpec } from '@pullback/plugin';
import {
  accuracy,
  auc,
  type EpochRecord,
  type FitOptions,
  f1,
  type Inputs,
  type ModelOptions,
  meanAbsoluteDistance,
  meanSquaredDistance,
  precision,
  r2,
  recall,
  rootMeanSquaredDistance,
  Model as TrainedModel,
} from '@pullback/train';
import { type BackendName, backendOf } from './backends.ts';

const metrics = {
  accuracy: accuracy(),
  precision: precision(),
  recall: recall(),
  f1: f1(),
  auc: auc(),
  meanSquaredError: meanSquaredDistance(),
  meanAbsoluteError: meanAbsoluteDistance(),
  rootMeanSquaredError: rootMeanSquaredDistance(),
  r2: r2(),
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;

type WithNames<T> = Omit<T, 'metrics'> & { readonly metrics?: readonly (Metric | MetricName)[] };

/** A network with its numbers; backends and metrics may be given by name. */
export class Model extends TrainedModel {
  #spec: ModelSpec | undefined;

  static override async create(
    options: Omit<ModelOptions, 'backend'> & { readonly backend?: Backend | BackendName },
  ): Promise<Model> {
    return new Model({ ...options, backend: await backendOf(options.backend ?? 'auto') });
  }

  /** The data that the model was made from. @throws UnsupportedError for a model made from objects. */
  spec(): ModelSpec {
    if (this.#spec === undefined)
      throw new UnsupportedError({
        got: 'a model made from objects',
        expected: 'one made by createModel from a spec',
        hint: 'Objects have no names to write down.',
      });
    return structuredClone(this.#spec);
  }

  /** Keeps what it was made from. */
  remember(spec: ModelSpec): this {
    this.#spec = structuredClone(spec);
    return this;
  }

  override async fit(x: Inputs, y: TensorLike, options: WithNames<FitOptions> = {}): Promise<EpochRecord[]> {
    return super.fit(x, y, { ...options, metrics: metricsOf(options.metrics) });
  }

  override async evaluate(
    x: Inputs,
    y: TensorLike,
    options: WithNames<{ readonly batchSize?: number }> = {},
  ): Promise<EpochRecord> {
    return super.evaluate(x, y, { ...options, metrics: metricsOf(options.metrics) });
  }

  override async to(backend: Backend | BackendName, options: { dtype?: FloatDType } = {}): Promise<void> {
    return super.to(await backendOf(backend), options);
  }
}

function metricsOf(named: readonly (Metric | MetricName)[] = []): Metric[] {
  return named.map((metric) => {
    if (typeof metric !== 'string') return metric;
    if (!Object.hasOwn(metrics, metric)) throw new UnknownNameError('metric', metric, Object.keys(metrics));
    return metrics[metric];
  });
}
