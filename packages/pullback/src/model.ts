import {
  type Backend,
  type FloatDType,
  type Metric,
  UnknownNameError,
  UnsupportedError,
} from '@pullback/core';
import {
  accuracy,
  auc,
  f1,
  meanAbsoluteDistance,
  meanSquaredDistance,
  precision,
  r2,
  recall,
  rootMeanSquaredDistance,
} from '@pullback/metrics';
import type { ModelSpec } from '@pullback/plugin';
import { type CheckpointSource, type ModelOptions, restored, Model as TrainedModel } from '@pullback/train';
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

/** A network with its numbers; backends and metrics may be given by name. */
export class Model extends TrainedModel<MetricName> {
  #spec: ModelSpec | undefined;

  static override async create(
    options: Omit<ModelOptions, 'backend'> & { readonly backend?: Backend | BackendName },
  ): Promise<Model> {
    return new Model({ ...options, backend: await backendOf(options.backend ?? 'auto', options) });
  }

  static override async load(
    source: CheckpointSource,
    options: Omit<ModelOptions, 'backend'> & { readonly backend?: Backend | BackendName },
  ): Promise<Model> {
    return restored(source, ({ seed, dtype }) => Model.create({ dtype, ...options, seed }));
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

  protected override details(): Readonly<Record<string, string>> {
    return this.#spec === undefined ? {} : { spec: JSON.stringify(this.#spec) };
  }

  override async to(backend: Backend | BackendName, options: { dtype?: FloatDType } = {}): Promise<void> {
    return super.to(await backendOf(backend, { dtype: options.dtype ?? this.dtype }), options);
  }

  protected override metricOf(metric: Metric | MetricName): Metric {
    if (typeof metric !== 'string') return metric;
    if (!Object.hasOwn(metrics, metric)) throw new UnknownNameError('metric', metric, Object.keys(metrics));
    return metrics[metric];
  }
}
