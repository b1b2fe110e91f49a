import {
  type Backend,
  checkCall,
  checkOptions,
  type Exported,
  type FieldsOf,
  type FloatDType,
  field,
  type Metric,
  UnknownNameError,
  UnsupportedError,
} from '@pullback/core';
import { metricsByName } from '@pullback/metrics';
import type { MetricSpec, ModelSpec } from '@pullback/plugin';
import {
  type ByteSource,
  definitionOf,
  type ModelOptions,
  modelFields,
  moveFields,
  restored,
  stepOperations,
  Model as TrainedModel,
  type ExportOptions as WriterOptions,
  exportFields as writerFields,
} from '@pullback/train';
import { whyChosen } from './auto.ts';
import { type BackendName, backendField, backendOf } from './backends.ts';

/** A metric by its name, or by its name as `type` and its options: those of the library, and those that plugins declare. */
export type MetricName = MetricSpec;

/** Makes a metric of its name and options. */
export type MetricOf = (spec: MetricSpec) => Metric;

export interface ExportOptions extends WriterOptions {
  /** `wasm` when left out: what the model's backend writes. */
  readonly language?: 'wasm' | 'c';
}

const exportFields = {
  ...writerFields,
  language: field.oneOf('wasm', 'c'),
} satisfies FieldsOf<ExportOptions>;

/** A network with its numbers; backends and metrics may be given by name. */
export class Model extends TrainedModel<MetricName> {
  #spec: ModelSpec | undefined;
  readonly #metrics = new Map<string, Metric>();
  #metricOf: MetricOf = ownMetric;

  static override async create(
    options: Omit<ModelOptions, 'backend'> & { readonly backend?: Backend | BackendName },
  ): Promise<Model> {
    checkOptions('Model.create', options, { ...modelFields, backend: backendField });
    const { backend = 'auto', dtype } = options;
    const operations = () => stepOperations(definitionOf(options));
    return new Model({ ...options, backend: await backendOf(backend, { dtype, operations }) });
  }

  static override async load(
    source: ByteSource,
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

  /** Keeps what it was made from, and where names of metrics come from. */
  remember(spec: ModelSpec, metricOf = this.#metricOf): this {
    this.#spec = structuredClone(spec);
    this.#metricOf = metricOf;
    return this;
  }

  protected override details(): Readonly<Record<string, string>> {
    return this.#spec === undefined ? {} : { spec: JSON.stringify(this.#spec) };
  }

  override async to(backend: Backend | BackendName, options: { dtype?: FloatDType } = {}): Promise<void> {
    const fields = { ...moveFields, backend: field.needed(backendField) };
    const { dtype = this.dtype } = checkCall('to', { backend }, options, fields);
    return super.to(await backendOf(backend, { dtype, operations: () => this.operations() }), options);
  }

  override async explain(batch: Parameters<TrainedModel['explain']>[0]): Promise<string> {
    const [text, why] = [await super.explain(batch), whyChosen(this.backend)];
    return why === undefined ? text : `${this.backend.name} by 'auto': ${why}\n${text}`;
  }

  /**
   * As code that needs no framework. `language: 'c'` gives one C file of plain loops (`code`) and its header (`loader`), with the bits of a deterministic
   * native backend, from a model on any backend; else the backend writes its own, as one .wasm file.
   */
  override async export(
    batch: Parameters<TrainedModel['export']>[0],
    options: ExportOptions = {},
  ): Promise<Exported> {
    const { language = 'wasm', ...rest } = checkOptions('export', options, exportFields);
    if (language === 'wasm') return super.export(batch, rest);
    const { exportC } = await import('@pullback/backend-native');
    return super.export(batch, { writer: exportC });
  }

  protected override metricOf(metric: Metric | MetricSpec): Metric {
    if (typeof metric !== 'string' && 'observe' in metric) return metric;
    // One object for each, since the Programs of a step are known by it.
    const key = JSON.stringify(metric);
    const made = this.#metrics.get(key) ?? this.#metricOf(metric);
    this.#metrics.set(key, made);
    return made;
  }
}

/** A metric of the library. @throws UnknownNameError, OptionError */
function ownMetric(spec: MetricSpec): Metric {
  const { type, ...options } = typeof spec === 'string' ? { type: spec } : spec;
  // Each factory checks its options.
  const own: Readonly<Record<string, { create(options: object): Metric }>> = metricsByName;
  const found = Object.hasOwn(own, type) ? own[type] : undefined;
  if (found === undefined) throw new UnknownNameError('metric', type, Object.keys(own));
  return found.create(options);
}
