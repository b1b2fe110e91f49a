import {
  type Backend,
  type Binding,
  type Buffer,
  DataError,
  DisposedError,
  type FloatDType,
  formatShape,
  isFloat,
  keyOf,
  type Layout,
  type Loss,
  type Metric,
  type Optimizer,
  OptionError,
  placementOf,
  RandomStream,
  type Shape,
  ShapeError,
  sameShape,
  type Tensor,
  type TensorLike,
  type TensorSpec,
  tensor,
  UnknownNameError,
} from '@pullback/core';
import {
  checkBatchSize,
  type InputShapes,
  type Inputs,
  pickSamples,
  readSamples,
  type Samples,
} from './data.ts';
import type { Definition, Network } from './definition.ts';
import { checkFinite } from './find-non-finite.ts';
import { type Inspection, inspectModel } from './inspect.ts';
import {
  type BatchSpecs,
  type Plan,
  planEvaluation,
  planPrediction,
  planTraining,
  shared,
  walkThrough,
} from './plan.ts';
import { defaultProgress, type EpochRecord, type ProgressReporter, quiet } from './progress.ts';
import { Store } from './store.ts';
import { summaryOf } from './summary.ts';

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

export interface FitOptions {
  /** 1 when left out. */
  readonly epochs?: number;
  /** 32, or all samples when there are fewer. */
  readonly batchSize?: number;
  /** Shuffles the samples before every epoch, by the seed; true when left out. */
  readonly shuffle?: boolean;
  /** The share of the samples, from their end, that is kept for validation. */
  readonly validationSplit?: number;
  readonly validationData?: readonly [Inputs, TensorLike];
  readonly metrics?: readonly Metric[];
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

interface Ready {
  readonly plan: Plan;
  readonly binding: Binding;
  readonly own: ReadonlyMap<string, Buffer>;
}

/** A network with its numbers: weights, slots, state and step, on a backend. */
export class Model {
  readonly #definition: Definition;
  readonly #checkFinite: boolean;
  readonly #metricIds = new WeakMap<Metric, number>();
  #metricCount = 0;
  readonly #outputShape: Shape;
  #dtype: FloatDType;
  #store: Store;
  readonly #ready = new Map<string, Ready>();
  /** Steps that wait for their Program, in order; never rejects. */
  #pending: Promise<void> = Promise.resolve();
  #failure: unknown;
  #waiting = 0;
  #steps = 0;
  #epochs = 0;
  #disposed = false;

  /** @throws ShapeError, OptionError and what the layers throw, before anything is computed. */
  static async create(options: ModelOptions): Promise<Model> {
    return new Model(options);
  }

  protected constructor(options: ModelOptions) {
    const { input, layout = 'row', dtype = 'float32', seed = 0 } = options;
    if (!Number.isSafeInteger(seed))
      throw new OptionError({ got: `the seed ${seed}`, expected: 'a whole number' });
    const inputs = isShape(input) ? { input } : input;
    const placement = placementOf(layout);
    const { network, loss, optimizer } = options;
    this.#definition = { network, inputs, loss, optimizer, dtype, layout, placement, seed };
    this.#checkFinite = options.checkFinite ?? false;
    this.#dtype = dtype;
    this.#store = new Store(options.backend);
    const { walk, prediction } = this.#sampleWalk(true);
    this.#outputShape = prediction.shape;
    for (const { path, value, initializer } of walk.parameters.values()) {
      const fresh = () => initializer(value.shape, RandomStream.of(seed, path));
      this.#store.hold(`weight:${path}`, value.spec, fresh);
      for (const [slot, { spec, initial }] of Object.entries(optimizer.slots(value.spec)))
        this.#store.hold(`slot:${path}/${slot}`, spec, () => filled(spec, initial));
    }
    for (const { path, value, initializer } of walk.states.values())
      this.#store.hold(`state:${path}`, value.spec, () =>
        initializer(value.shape, RandomStream.of(seed, path)),
      );
    this.#store.hold(shared.step, { shape: [], dtype: 'int32' });
    this.#store.hold(shared.key, { shape: [2], dtype: 'int32' }, () => Int32Array.from(keyOf(seed, 'steps')));
    this.#store.hold(shared.learningRate, { shape: [], dtype }, () =>
      Float64Array.of(optimizer.learningRate),
    );
  }

  get stepCount(): number {
    return this.#steps;
  }
  get backend(): Backend {
    return this.#store.backend;
  }
  get dtype(): FloatDType {
    return this.#dtype;
  }

  /**
   * Trains: `epochs` times over all samples, a step for each batch, the last one as large as it comes.
   * @returns the figures of every epoch.
   * @throws DataError for samples that do not fit, before the first step.
   */
  async fit(x: Inputs, y: TensorLike, options: FitOptions = {}): Promise<EpochRecord[]> {
    const { epochs = 1, shuffle = true, metrics = [], progress = defaultProgress() } = options;
    const { layout, seed } = this.#now();
    if (!Number.isInteger(epochs) || epochs < 0)
      throw new OptionError({ got: `${epochs} epochs`, expected: 'a whole number from 0 up' });
    const all = this.#samples(x, y);
    const { training, validation } = this.#split(all, options);
    const batchSize = options.batchSize ?? Math.min(32, training.count);
    checkBatchSize(batchSize, training.count);
    const reporter = progress === false ? quiet : progress;
    const history: EpochRecord[] = [];
    await this.#settled();
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const order = shuffle
        ? RandomStream.of(seed, `epoch/${this.#epochs}`).permutation(training.count)
        : Int32Array.from({ length: training.count }, (_, i) => i);
      const started = performance.now();
      const seconds = () => (performance.now() - started) / 1000;
      this.#clearTotals(metrics);
      let last = started;
      for (let from = 0; from < training.count; from += batchSize) {
        const batch = pickSamples(training, order.subarray(from, from + batchSize), layout);
        const ready = await this.#prepare('training', batch, metrics);
        if (this.#checkFinite) await this.#refuseNonFinite(ready, batch);
        this.#run(ready, batch, 1);
        this.#steps++;
        if (performance.now() - last > 12) {
          const samples = from + batch.count;
          reporter.batch({ epoch, epochs, samples, total: training.count, seconds: seconds() });
          await new Promise((resolve) => setTimeout(resolve));
          last = performance.now();
        }
      }
      this.#epochs++;
      const record = { ...(await this.#totals(metrics, training.count)) };
      if (validation !== undefined)
        for (const [name, value] of Object.entries(await this.#evaluate(validation, metrics, batchSize)))
          record[`validation ${name}`] = value;
      history.push(record);
      reporter.epoch(
        { epoch, epochs, samples: training.count, total: training.count, seconds: seconds() },
        record,
      );
    }
    return history;
  }

  /** The loss, and the metrics, over all samples; nothing is trained. */
  async evaluate(
    x: Inputs,
    y: TensorLike,
    options: { metrics?: readonly Metric[]; batchSize?: number } = {},
  ): Promise<EpochRecord> {
    this.#now();
    const samples = this.#samples(x, y);
    await this.#settled();
    return this.#evaluate(samples, options.metrics ?? [], options.batchSize ?? Math.min(256, samples.count));
  }

  /** The network's output for every sample. */
  async predict(x: Inputs): Promise<Tensor> {
    const definition = this.#now();
    const samples = readSamples(x, undefined, definition.inputs, definition);
    await this.#settled();
    const ready = await this.#prepare('prediction', samples, []);
    this.#run(ready, samples, 1);
    const buffer = ready.own.get('prediction');
    if (buffer === undefined) throw new OptionError('a Program without a prediction');
    return { ...buffer.spec, data: await this.backend.read(buffer) };
  }

  /**
   * One step on a batch, or `times` steps in one call. The first of a shape is compiled in the background, later ones run
   * at once; nothing is read back until somebody asks.
   * @throws DataError for samples that do not fit.
   */
  step({ x, y }: Batch, { times = 1 }: { times?: number } = {}): { readonly loss: PendingLoss } {
    this.#now();
    if (!Number.isInteger(times) || times < 1)
      throw new OptionError({ got: `${times} steps`, expected: 'a whole number from 1 up' });
    const samples = this.#samples(x, y);
    this.#steps += times;
    const mine = this.#steps;
    const idle = this.#waiting === 0 && !this.#checkFinite;
    const ready = idle ? this.#ready.get(this.#keyOfPlan('training', specsOf(samples), [])) : undefined;
    if (ready !== undefined) this.#run(ready, samples, times);
    else {
      this.#waiting++;
      this.#pending = this.#pending.then(async () => {
        try {
          const prepared = await this.#prepare('training', samples, []);
          if (this.#checkFinite) await this.#refuseNonFinite(prepared, samples);
          this.#run(prepared, samples, times);
        } catch (failure) {
          this.#failure ??= failure;
          this.#steps -= times;
        } finally {
          this.#waiting--;
        }
      });
    }
    return {
      loss: {
        read: async () => {
          await this.#settled();
          if (mine !== this.#steps)
            throw new OptionError({
              got: `the loss of step ${mine}, asked for after step ${this.#steps}`,
              expected: 'to be read before the next step',
            });
          const buffer = this.#store.buffer('loss');
          return buffer === undefined ? Number.NaN : ((await this.backend.read(buffer))[0] ?? Number.NaN);
        },
      },
    };
  }

  /** Every weight by path, such as `network/0/kernel`, copied. */
  async weights(): Promise<Weights> {
    this.#now();
    await this.#settled();
    const entries = this.#store.names('weight:').map(async (name) => {
      const buffer = this.#store.buffer(name);
      if (buffer === undefined) return [];
      return [
        [name.slice('weight:'.length), { shape: buffer.spec.shape, data: await this.backend.read(buffer) }],
      ] as const;
    });
    return Object.fromEntries((await Promise.all(entries)).flat());
  }

  /**
   * Puts weights back, all of the model's, or those whose path starts with `prefix`.
   * @throws UnknownNameError, DataError or ShapeError before anything is changed.
   */
  async load(weights: Weights, { prefix = '' }: { prefix?: string } = {}): Promise<void> {
    this.#now();
    await this.#settled();
    const known = this.#store.names('weight:').map((name) => name.slice('weight:'.length));
    const given = Object.entries(weights).filter(([path]) => path.startsWith(prefix));
    for (const [path, { shape, data }] of given) {
      const wanted = this.#store.buffer(`weight:${path}`)?.spec.shape;
      if (wanted === undefined) throw new UnknownNameError('weight', path, known);
      if (!sameShape(tensor({ shape, data }).shape, wanted))
        throw new ShapeError({ got: formatShape(shape), expected: formatShape(wanted), at: path });
    }
    const missing = known.filter((path) => path.startsWith(prefix) && weights[path] === undefined);
    if (missing.length > 0)
      throw new DataError({
        got: `no weights for ${missing.join(', ')}`,
        expected: 'all of them',
        hint: 'load(weights, { prefix }) loads a part.',
      });
    for (const [path, { data }] of given) this.#store.write(`weight:${path}`, data);
  }

  /**
   * Moves everything to another backend, or to another float dtype: weights, slots, state, step and random key go along.
   * When it fails, the model stays where it was.
   */
  async to(backend: Backend, { dtype = this.#dtype }: { dtype?: FloatDType } = {}): Promise<void> {
    this.#now();
    await this.#settled();
    const moved = await this.#store.copyTo(backend, dtype);
    this.#releasePlans();
    this.#store.free();
    this.#store = moved;
    this.#dtype = dtype;
  }

  /** Every layer with its path, output shape and number of weights. */
  summary(): string {
    return summaryOf(this.#sampleWalk(false).walk);
  }

  /** Every value of the forward pass and its gradient on one batch, by path: (2.3) made visible. */
  async inspect({ x, target }: { x: Inputs; target: TensorLike }): Promise<Inspection> {
    const definition = this.#now();
    return inspectModel(
      definition,
      this.#samples(x, target),
      await this.weights(),
      await this.#read('state:'),
    );
  }

  /** Frees everything; a disposed model refuses every call. */
  dispose(): void {
    if (this.#disposed) return;
    this.#releasePlans();
    this.#store.free();
    this.#disposed = true;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #now(): Definition {
    if (this.#disposed)
      throw new DisposedError({ got: 'a model that was disposed', expected: 'a living one' });
    return { ...this.#definition, dtype: this.#dtype };
  }

  /** Waits for steps that wait; throws, once, what went wrong in one. */
  async #settled(): Promise<void> {
    await this.#pending;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  #sampleWalk(training: boolean) {
    const { inputs, layout, dtype } = this.#now();
    const specs = Object.values(inputs).map((shape) => ({
      shape: layout === 'row' ? [1, ...shape] : [...shape, 1],
      dtype,
    }));
    return walkThrough(this.#now(), { inputs: specs }, training);
  }

  /** Samples with integer labels where the target has one axis less than the prediction. */
  #samples(x: Inputs, y: TensorLike): Samples {
    const definition = this.#now();
    const samples = readSamples(x, y, definition.inputs, definition);
    const { target } = samples;
    if (target === undefined) return samples;
    const { layout, loss, placement, dtype } = definition;
    const shape =
      layout === 'row'
        ? [samples.count, ...this.#outputShape.slice(1)]
        : [...this.#outputShape.slice(0, -1), samples.count];
    loss.check?.(target, { shape, dtype }, placement);
    const labels = target.shape.length === shape.length - 1;
    return {
      ...samples,
      target: tensor(target, { dtype: labels ? 'int32' : isFloat(target.dtype) ? dtype : target.dtype }),
    };
  }

  #split(all: Samples, options: FitOptions): { training: Samples; validation: Samples | undefined } {
    const { validationSplit = 0, validationData } = options;
    if (validationData !== undefined) return { training: all, validation: this.#samples(...validationData) };
    if (!(validationSplit >= 0 && validationSplit < 1))
      throw new OptionError({
        got: `a validation split of ${validationSplit}`,
        expected: 'a share from 0 to below 1',
      });
    const held = Math.floor(all.count * validationSplit);
    if (held === 0) return { training: all, validation: undefined };
    const rows = Int32Array.from({ length: all.count }, (_, i) => i);
    const { layout } = this.#definition;
    return {
      training: pickSamples(all, rows.subarray(0, all.count - held), layout),
      validation: pickSamples(all, rows.subarray(all.count - held), layout),
    };
  }

  async #evaluate(samples: Samples, metrics: readonly Metric[], batchSize: number): Promise<EpochRecord> {
    checkBatchSize(Math.min(batchSize, samples.count), samples.count);
    const rows = Int32Array.from({ length: samples.count }, (_, i) => i);
    this.#clearTotals(metrics);
    for (let from = 0; from < samples.count; from += batchSize) {
      const batch = pickSamples(samples, rows.subarray(from, from + batchSize), this.#definition.layout);
      this.#run(await this.#prepare('evaluation', batch, metrics), batch, 1);
    }
    return this.#totals(metrics, samples.count);
  }

  #clearTotals(metrics: readonly Metric[]): void {
    for (const name of ['loss', ...metrics.map((metric) => metric.name)]) {
      this.#store.hold(`total:${name}`, { shape: [], dtype: this.#dtype });
      this.#store.write(`total:${name}`, Float64Array.of(0));
    }
  }

  async #totals(metrics: readonly Metric[], count: number): Promise<Record<string, number>> {
    const record: Record<string, number> = {};
    for (const name of ['loss', ...metrics.map((metric) => metric.name)]) {
      const buffer = this.#store.buffer(`total:${name}`);
      const [total = Number.NaN] = buffer === undefined ? [] : await this.backend.read(buffer);
      record[name] = name === 'loss' && this.#definition.loss.reduction === 'sum' ? total : total / count;
    }
    return record;
  }

  async #prepare(kind: PlanKind, samples: Samples, metrics: readonly Metric[]): Promise<Ready> {
    const specs = specsOf(samples);
    const key = this.#keyOfPlan(kind, specs, metrics);
    const known = this.#ready.get(key);
    if (known !== undefined) return known;
    const plan = makePlan[kind](this.#now(), specs, metrics);
    const executable = await this.backend.compile(plan.program);
    const own = new Map<string, Buffer>();
    const bufferOf = (name: string): Buffer => {
      const spec = plan.specs.get(name) ?? { shape: [], dtype: this.#dtype };
      if (!/^(x\/|target$|prediction$)/.test(name)) return this.#store.hold(name, spec);
      const buffer = own.get(name) ?? this.backend.allocate(spec);
      own.set(name, buffer);
      return buffer;
    };
    const ready = {
      plan,
      own,
      binding: executable.bind(plan.inputs.map(bufferOf), plan.outputs.map(bufferOf)),
    };
    this.#ready.set(key, ready);
    const [oldest] = this.#ready.keys();
    if (this.#ready.size > mostPlans && oldest !== undefined) this.#release(oldest);
    return ready;
  }

  /** Everything that a Program depends on, written out; metrics count by reference. */
  #keyOfPlan(kind: PlanKind, specs: BatchSpecs, metrics: readonly Metric[]): string {
    const ids = metrics.map((metric) => {
      const id = this.#metricIds.get(metric) ?? this.#metricCount++;
      this.#metricIds.set(metric, id);
      return id;
    });
    return JSON.stringify([kind, specs, ids]);
  }

  async #refuseNonFinite({ plan }: Ready, { inputs, target }: Samples): Promise<void> {
    const held = await this.#read('');
    const given = new Map([...held, ...inputs.map((input, i) => [`x/${i}`, input] as const)]);
    if (target !== undefined) given.set('target', target);
    const values = plan.inputs.flatMap((name) => given.get(name) ?? []);
    checkFinite(plan.program, plan.inputs, values, this.#steps);
  }

  #run({ binding, own }: Ready, { inputs, target }: Samples, times: number): void {
    inputs.forEach((input, i) => {
      const buffer = own.get(`x/${i}`);
      if (buffer !== undefined) this.backend.write(buffer, input.data);
    });
    const buffer = own.get('target');
    if (buffer !== undefined && target !== undefined) this.backend.write(buffer, target.data);
    binding.run(times);
  }

  async #read(prefix: string): Promise<ReadonlyMap<string, Tensor>> {
    const found = new Map<string, Tensor>();
    for (const name of this.#store.names(prefix)) {
      const buffer = this.#store.buffer(name);
      if (buffer !== undefined)
        found.set(name.slice(prefix.length), { ...buffer.spec, data: await this.backend.read(buffer) });
    }
    return found;
  }

  #releasePlans(): void {
    for (const key of [...this.#ready.keys()]) this.#release(key);
  }

  #release(key: string): void {
    for (const buffer of this.#ready.get(key)?.own.values() ?? []) this.backend.free(buffer);
    this.#ready.delete(key);
  }
}

/** More batch shapes than this at a time, and the oldest Program is made again when it is wanted. */
const mostPlans = 32;

type PlanKind = 'training' | 'evaluation' | 'prediction';

const makePlan = {
  training: planTraining,
  evaluation: planEvaluation,
  prediction: planPrediction,
} satisfies Record<PlanKind, (definition: Definition, specs: BatchSpecs, metrics: readonly Metric[]) => Plan>;

function specsOf({ inputs, target }: Samples): BatchSpecs {
  const spec = ({ shape, dtype }: Tensor): TensorSpec => ({ shape, dtype });
  return { inputs: inputs.map(spec), ...(target && { target: spec(target) }) };
}

function filled(spec: TensorSpec, value: number): Float64Array {
  return new Float64Array(spec.shape.reduce((n, extent) => n * extent, 1)).fill(value);
}

function isShape(input: Shape | InputShapes): input is Shape {
  return Array.isArray(input);
}
