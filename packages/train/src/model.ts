import {
  type Backend,
  CheckpointError,
  checkLearningRate,
  DataError,
  DisposedError,
  type FloatDType,
  isFloat,
  keyOf,
  type Metric,
  OptionError,
  placementOf,
  RandomStream,
  type Shape,
  type Tensor,
  type TensorLike,
  type TensorSpec,
  tensor,
  UnknownNameError,
} from '@pullback/core';
import { type Checkpoint, restoreStore, saveStore } from './checkpoint/checkpoint.ts';
import type { CheckpointSource, CheckpointTarget } from './checkpoint/files.ts';
import { restored } from './checkpoint/restored.ts';
import { readStanding, writeStanding } from './checkpoint/standing.ts';
import {
  checkBatchSize,
  type InputShapes,
  type Inputs,
  pickSamples,
  readSamples,
  type Samples,
  splitSamples,
} from './data.ts';
import type { Definition } from './definition.ts';
import { fitLoop, type Trainee } from './fit.ts';
import { type Inspection, inspectModel } from './inspect.ts';
import { type LoadOptions, matchWeights } from './match-weights.ts';
import type { Batch, FitOptions, ModelOptions, PendingLoss, Weights } from './model-options.ts';
import { metricTotal, shared, walkThrough } from './plan.ts';
import { defaultProgress, type EpochRecord, quiet } from './progress.ts';
import { Runner } from './runner.ts';
import { type BatchStream, isStream, memorySource, streamSource } from './source.ts';
import { StepQueue } from './step-queue.ts';
import { Store } from './store.ts';
import { summaryOf } from './summary.ts';

/** A network with its numbers: weights, slots, state and step, on a backend. */
export class Model<Name extends string = never> {
  readonly #definition: Definition;
  readonly #checkFinite: boolean;
  readonly #outputShape: Shape;
  #dtype: FloatDType;
  #store: Store;
  #runner: Runner;
  readonly #queue = new StepQueue();
  #learningRate: number;
  #steps = 0;
  #epochs = 0;
  #batches = 0;
  #disposed = false;

  /** @throws ShapeError, OptionError and what the layers throw, before anything is computed. */
  static async create(options: ModelOptions): Promise<Model> {
    return new Model(options);
  }

  /**
   * A model as it was saved: weights, slots, state, step, epoch, learning rate and random numbers, so that training goes on as if it
   * had never stopped, bit for bit. Network, loss and optimizer are code and are given again; seed and dtype come from the file.
   * @throws CheckpointError for a file that is damaged or another model's.
   */
  static async load(source: CheckpointSource, options: ModelOptions): Promise<Model> {
    return restored(source, ({ seed, dtype }) => Model.create({ dtype, ...options, seed }));
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
    this.#learningRate = optimizer.learningRate;
    this.#store = new Store(options.backend);
    this.#runner = new Runner(this.#store);
    const { walk, prediction } = this.#sampleWalk(true);
    this.#outputShape = prediction.shape;
    for (const { path, value, initializer } of walk.parameters.values())
      this.#store.hold(`weight:${path}`, value.spec, () =>
        initializer(value.shape, RandomStream.of(seed, path)),
      );
    for (const { path, value } of walk.learned)
      for (const [slot, { spec, initial }] of Object.entries(optimizer.slots(value.spec)))
        this.#store.hold(`slot:${path}/${slot}`, spec, () => filled(spec, initial));
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

  /** The base learning rate. Setting it compiles nothing again: it is an input of the Program. */
  get learningRate(): number {
    return this.#learningRate;
  }
  set learningRate(rate: number) {
    checkLearningRate('the model', rate);
    this.#learningRate = rate;
    this.#store.write(shared.learningRate, Float64Array.of(rate));
  }

  /**
   * Trains: `epochs` times over all samples, a step for each batch, the last one as large as it comes.
   * @param x inputs in memory, with their targets `y`; or a stream of batches, without.
   * @returns the figures of every epoch.
   * @throws DataError for samples that do not fit, before the first step, or when a stream brings them.
   */
  async fit(x: BatchStream, options?: FitOptions<Name>): Promise<EpochRecord[]>;
  async fit(x: Inputs, y: TensorLike, options?: FitOptions<Name>): Promise<EpochRecord[]>;
  async fit(
    x: Inputs | BatchStream,
    y: TensorLike | FitOptions<Name> = {},
    given: FitOptions<Name> = {},
  ): Promise<EpochRecord[]> {
    const { seed, layout } = this.#now();
    const streamed = isStream(x);
    const options = streamed && !isTensorLike(y) ? y : given;
    const { epochs = 1, shuffle = true, callbacks = [], signal } = options;
    const metrics = (options.metrics ?? []).map((metric) => this.metricOf(metric));
    const { progress = defaultProgress(), validationData, resume = false } = options;
    const memory = () => {
      if (isStream(x) || !isTensorLike(y))
        throw new DataError({ got: 'inputs without targets', expected: 'both' });
      const all = this.#samples(x, y);
      const { training, validation } = validationData
        ? { training: all, validation: this.#samples(...validationData) }
        : splitSamples(all, options.validationSplit ?? 0, layout);
      const batchSize = options.batchSize ?? Math.min(32, training.count);
      const shuffleSeed = shuffle ? seed : undefined;
      return { source: memorySource(training, { batchSize, shuffleSeed, layout }), validation };
    };
    const data = streamed
      ? {
          source: streamSource(x, (batch) => this.#samples(batch.x, batch.y)),
          validation: validationData && this.#samples(...validationData),
        }
      : memory();
    await this.#queue.settled();
    const reporter = progress === false ? quiet : progress;
    return fitLoop(this.#trainee(options.batchSize), {
      ...data,
      epochs,
      metrics,
      callbacks,
      reporter,
      signal,
      resume,
    });
  }

  /** The loss, and the metrics, over all samples; nothing is trained. */
  async evaluate(
    x: Inputs,
    y: TensorLike,
    options: { metrics?: readonly (Metric | Name)[]; batchSize?: number } = {},
  ): Promise<EpochRecord> {
    this.#now();
    const samples = this.#samples(x, y);
    await this.#queue.settled();
    const metrics = (options.metrics ?? []).map((metric) => this.metricOf(metric));
    return this.#evaluate(samples, metrics, options.batchSize ?? Math.min(256, samples.count));
  }

  /** The network's output for every sample. */
  async predict(x: Inputs): Promise<Tensor> {
    const definition = this.#now();
    const samples = readSamples(x, undefined, definition.inputs, definition);
    await this.#queue.settled();
    const ready = await this.#runner.prepare('prediction', definition, samples, []);
    this.#runner.run(ready, samples);
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
    const idle = this.#queue.idle && !this.#checkFinite;
    const ready = idle ? this.#runner.known('training', samples, []) : undefined;
    if (ready !== undefined) this.#runner.run(ready, samples, times);
    else
      this.#queue.add(
        () => this.#train(samples, [], times),
        () => {
          this.#steps -= times;
        },
      );
    return {
      loss: {
        read: async () => {
          await this.#queue.settled();
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
    await this.#queue.settled();
    const tensors = await this.#store.tensors('weight:');
    return Object.fromEntries([...tensors].map(([path, { shape, data }]) => [path, { shape, data }]));
  }

  /** What the optimizer keeps beside every weight under the name `slot`, by the weight's path, copied. */
  async slots(slot: string): Promise<Weights> {
    this.#now();
    await this.#queue.settled();
    const found = [...(await this.#store.tensors('slot:'))].flatMap(([name, { shape, data }]) =>
      name.endsWith(`/${slot}`) ? [[name.slice(0, -slot.length - 1), { shape, data }] as const] : [],
    );
    return Object.fromEntries(found);
  }

  /**
   * Puts weights in: all of the model's, or those whose path starts with `prefix`. Where they were saved under another path, `from`
   * is what stood in the place of `prefix` there.
   * @throws UnknownNameError, DataError or ShapeError before anything is changed.
   */
  async load(weights: Weights, options: LoadOptions = {}): Promise<void> {
    this.#now();
    await this.#queue.settled();
    const held = new Map(
      this.#store.names('weight:').map((name) => [name.slice('weight:'.length), this.#store.spec(name)]),
    );
    for (const [path, data] of matchWeights(weights, held, options))
      this.#store.write(`weight:${path}`, data);
  }

  /**
   * Moves everything to another backend, or to another float dtype: weights, slots, state, step and random key go along.
   * When it fails, the model stays where it was.
   */
  async to(backend: Backend, { dtype = this.#dtype }: { dtype?: FloatDType } = {}): Promise<void> {
    this.#now();
    await this.#queue.settled();
    const moved = await this.#store.copyTo(backend, dtype);
    this.#runner.releaseAll();
    this.#store.free();
    this.#store = moved;
    this.#runner = new Runner(moved);
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
      await this.#store.tensors('state:'),
    );
  }

  /** Frees everything; a disposed model refuses every call. */
  dispose(): void {
    if (this.#disposed) return;
    this.#runner.releaseAll();
    this.#store.free();
    this.#disposed = true;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * Writes weights, slots, state, step, epoch, learning rate and random numbers as one safetensors file: a path is written whole or not
   * at all, a stream is closed at the end.
   */
  async save(target: CheckpointTarget): Promise<void> {
    const { seed, dtype, layout } = this.#now();
    await this.#queue.settled();
    const standing = {
      steps: this.#steps,
      epochs: this.#epochs,
      batches: this.#batches,
      learningRate: this.#learningRate,
    };
    await saveStore(this.#store, target, {
      ...writeStanding({ ...standing, seed, dtype, layout }),
      ...this.details(),
    });
  }

  /** Puts in what a checkpoint holds. @throws CheckpointError before anything is changed. */
  async restore(checkpoint: Checkpoint): Promise<void> {
    const standing = readStanding(checkpoint.metadata);
    const { layout } = this.#now();
    if (standing.layout !== layout)
      throw new CheckpointError({
        got: `a model of samples in ${standing.layout}s`,
        expected: `${layout}s`,
        at: 'the checkpoint',
      });
    await this.#queue.settled();
    await restoreStore(this.#store, checkpoint);
    this.#steps = standing.steps;
    this.#epochs = standing.epochs;
    this.#batches = standing.batches;
    this.#learningRate = standing.learningRate;
  }

  /** What a checkpoint says beside that, by name. */
  protected details(): Readonly<Record<string, string>> {
    return {};
  }

  /** Keeps weights, slots, state, step and epoch count; the function that is returned puts them back. */
  async keep(): Promise<() => Promise<void>> {
    this.#now();
    await this.#queue.settled();
    const kept = await this.#store.tensors();
    const [steps, epochs, batches, rate] = [this.#steps, this.#epochs, this.#batches, this.#learningRate];
    return async () => {
      this.#now();
      await this.#queue.settled();
      for (const [name, { data }] of kept) this.#store.write(name, data);
      [this.#steps, this.#epochs, this.#batches, this.#learningRate] = [steps, epochs, batches, rate];
    };
  }

  /** What a fit may do with this model. */
  #trainee(batchSize: number | undefined): Trainee {
    const model = this;
    return {
      get stepCount() {
        return model.#steps;
      },
      get epochCount() {
        return model.#epochs;
      },
      get batchCount() {
        return model.#batches;
      },
      get learningRate() {
        return model.#learningRate;
      },
      set learningRate(rate) {
        model.learningRate = rate;
      },
      keep: () => this.keep(),
      train: async (samples, metrics) => {
        await this.#train(samples, metrics, 1);
        this.#steps++;
        this.#batches++;
      },
      epochStarts: (done) => {
        this.#batches = done;
      },
      epochDone: () => {
        this.#epochs++;
        this.#batches = 0;
      },
      clearTotals: () => this.#clearTotals(),
      totals: (metrics, count) => this.#totals(metrics, count),
      evaluate: (samples, metrics) =>
        this.#evaluate(samples, metrics, Math.min(samples.count, batchSize ?? 256)),
    };
  }

  /** The metric that is meant. @throws UnknownNameError for a name: this model knows objects alone. */
  protected metricOf(metric: Metric | Name): Metric {
    if (typeof metric === 'string') throw new UnknownNameError('metric', metric, []);
    return metric;
  }

  #now(): Definition {
    if (this.#disposed)
      throw new DisposedError({ got: 'a model that was disposed', expected: 'a living one' });
    return { ...this.#definition, dtype: this.#dtype };
  }

  async #train(samples: Samples, metrics: readonly Metric[], times: number): Promise<void> {
    const ready = await this.#runner.prepare('training', this.#now(), samples, metrics);
    if (this.#checkFinite) await this.#runner.refuseNonFinite(ready, samples, this.#steps);
    this.#runner.run(ready, samples, times);
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

  async #evaluate(samples: Samples, metrics: readonly Metric[], batchSize: number): Promise<EpochRecord> {
    const definition = this.#now();
    checkBatchSize(Math.min(batchSize, samples.count), samples.count);
    const rows = Int32Array.from({ length: samples.count }, (_, i) => i);
    this.#clearTotals();
    for (let from = 0; from < samples.count; from += batchSize) {
      const batch = pickSamples(samples, rows.subarray(from, from + batchSize), definition.layout);
      this.#runner.run(await this.#runner.prepare('evaluation', definition, batch, metrics), batch);
    }
    return this.#totals(metrics, samples.count);
  }

  /** Sums of the loss and of metrics start from 0. */
  #clearTotals(): void {
    for (const name of this.#store.names('total:')) this.#store.clear(name);
  }

  async #totals(metrics: readonly Metric[], count: number): Promise<Record<string, number>> {
    const sums = await this.#store.tensors('total:');
    const [total = Number.NaN] = sums.get('loss')?.data ?? [];
    const record: Record<string, number> = {
      loss: this.#definition.loss.reduction === 'sum' ? total : total / count,
    };
    for (const metric of metrics)
      record[metric.name] = metric.summarize(Array.from(sums.get(metricTotal(metric))?.data ?? []));
    return record;
  }
}

function filled(spec: TensorSpec, value: number): Float64Array {
  return new Float64Array(spec.shape.reduce((n, extent) => n * extent, 1)).fill(value);
}

function isShape(input: Shape | InputShapes): input is Shape {
  return Array.isArray(input);
}

function isTensorLike<Name extends string>(y: TensorLike | FitOptions<Name>): y is TensorLike {
  return typeof y !== 'object' || Array.isArray(y) || ArrayBuffer.isView(y) || 'data' in y;
}
