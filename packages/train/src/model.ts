/// <reference lib="esnext.disposable" preserve="true" />
import {
  type Backend,
  checkCall,
  checkOptions,
  DataError,
  type Exported,
  type FloatDType,
  type Metric,
  type NonFiniteError,
  pathFilter,
  type Tensor,
  type TensorSpec,
  UnknownNameError,
} from '@pullback/core';
import type { ByteSource, ByteTarget, Saved } from '@pullback/safetensors';
import { restored } from './checkpoint/lazily.ts';
import { type LoadOptions, matchWeights } from './checkpoint/match-weights.ts';
import type { TensorSource } from './checkpoint/tensor-source.ts';
import type { GivenWeights } from './checkpoint/weights.ts';
import { Decoder, type DecoderOptions } from './decoding/decoder.ts';
import { definitionOf } from './definition/definition-of.ts';
import type { Inputs, Targets } from './definition/named-inputs.ts';
import { refuseSeveral } from './definition/outputs.ts';
import { fitLoop } from './fitting/fit.ts';
import { evaluationData, fitData } from './fitting/fit-data.ts';
import { type PredictOptions, predictAll } from './fitting/prediction.ts';
import { defaultProgress, type EpochRecord, type ProgressReporter, quiet } from './fitting/progress.ts';
import { explainModel } from './looking/explain.ts';
import { exportModel } from './looking/export.ts';
import { graphOf, type Inspection, inspectModel, type ModelGraph } from './looking/inspect.ts';
import { summaryOf } from './looking/summary.ts';
import {
  type EvaluateOptions,
  type ExportOptions,
  type FitOptions,
  isMetric,
  type Metrics,
  type ModelOptions,
  type Named,
  type PendingLoss,
  resolveMetrics,
  type SaveOptions,
  type StepOptions,
  targetsAndOptions,
  type Weights,
  type WeightsOptions,
} from './model-options.ts';
import * as fields from './option-fields.ts';
import type { Watched } from './programs/metric-sums.ts';
import { planNames } from './programs/names.ts';
import { stepOperations } from './programs/step-operations.ts';
import { Trainer } from './running/trainer.ts';
import type { Batch, Shaped, Targeted } from './samples/batch.ts';
import type { Samples } from './samples/samples.ts';
import type { BatchStream } from './samples/stream.ts';

/** A network with its numbers: weights, slots, state and step, on a backend. */
export class Model<Name extends Named = never> {
  readonly #progress: ProgressReporter;
  readonly #trainer: Trainer;

  /** @throws ShapeError, OptionError and what the layers throw, before anything is computed. */
  static async create(options: ModelOptions): Promise<Model> {
    return new Model(options);
  }

  /**
   * A model as it was saved: weights, slots, state, step, epoch, learning rate and random numbers, so that training goes on as if it
   * had never stopped, bit for bit. Network, loss and optimizer are code and are given again; seed and dtype come from the file.
   * @throws CheckpointError for a file that is damaged or another model's.
   */
  static async load(source: ByteSource, options: ModelOptions): Promise<Model> {
    return restored(source, ({ seed, dtype }) => Model.create({ dtype, ...options, seed }));
  }

  protected constructor(options: ModelOptions) {
    checkOptions('Model.create', options, fields.modelFields);
    this.#progress = options.progress ?? defaultProgress();
    this.#trainer = new Trainer(definitionOf(options), options);
  }

  get stepCount(): number {
    const { counts, steps } = this.#trainer;
    return counts.steps + steps.waiting;
  }
  get backend(): Backend {
    return this.#trainer.held.store.backend;
  }
  get dtype(): FloatDType {
    return this.#trainer.held.definition.dtype;
  }

  /** The base learning rate. Setting it compiles nothing again: it is an input of the Program. */
  get learningRate(): number {
    return this.#trainer.learningRate;
  }
  set learningRate(rate: number) {
    this.#trainer.learningRate = rate;
  }

  /**
   * Trains: `epochs` times over all samples, a step for each batch, the last one as large as it comes.
   * @param x inputs in memory, with their targets `y`; or a stream of batches, without.
   * @returns the figures of every epoch.
   * @throws DataError for samples that do not fit, before the first step, or when a stream brings them.
   */
  async fit(x: BatchStream, options?: FitOptions<Name>): Promise<EpochRecord[]>;
  async fit(x: Inputs, y: Targets, options?: FitOptions<Name>): Promise<EpochRecord[]>;
  async fit(
    x: Inputs | BatchStream,
    y?: Targets | FitOptions<Name>,
    given?: FitOptions<Name>,
  ): Promise<EpochRecord[]> {
    const [targets, options = {}] = targetsAndOptions<FitOptions<Name>>(x, y, given);
    fields.checkBeside('fit', targets, options, fields.fitFields);
    const { epochs = 1, callbacks = [], signal, resume = false, progress = this.#progress } = options;
    const trainer = this.#trainer;
    const { counts, runs, steps, together } = trainer;
    const reporter = progress === false || !together.reports ? quiet : progress;
    const watched = this.#watch(options.metrics);
    const engine = () => trainer.engine;
    const step = (batch: Samples) => trainer.train(batch, watched, 1);
    return runs.fit(async (pause) => {
      const training = { engine, runs, watched, resident: !trainer.checkFinite, step };
      const { source, validation } = fitData(training, x, targets, options);
      try {
        await steps.settled();
        await trainer.alone(({ store }) => together.agree(store, true));
        const decided = (stopped: boolean) => trainer.alone(() => together.decided(stopped));
        const plan = { decided, epochs, source, validation, watched, callbacks, reporter, signal, resume };
        return await fitLoop({ model: this, counts, engine, runs, pause }, plan);
      } finally {
        source.close();
        validation?.close();
      }
    });
  }

  /** The loss, and the metrics, over all samples, or over the batches of a stream; nothing is trained. */
  async evaluate(x: BatchStream, options?: EvaluateOptions<Name>): Promise<EpochRecord>;
  async evaluate(x: Inputs, y: Targets, options?: EvaluateOptions<Name>): Promise<EpochRecord>;
  async evaluate(
    x: Inputs | BatchStream,
    y?: Targets | EvaluateOptions<Name>,
    given?: EvaluateOptions<Name>,
  ): Promise<EpochRecord> {
    const { engine: _, runs, steps } = this.#trainer;
    const [targets, options = {}] = targetsAndOptions<EvaluateOptions<Name>>(x, y, given);
    fields.checkBeside('evaluate', targets, options, fields.evaluateFields);
    const watched = this.#watch(options.metrics);
    const evaluating = { engine: () => this.#trainer.engine, runs, watched };
    const evaluation = evaluationData(evaluating, x, targets, options);
    try {
      await steps.settled();
      return await evaluation.record();
    } finally {
      evaluation.close();
    }
  }

  /**
   * The network's output for every sample, computed in batches: samples must not influence each other in it.
   * @throws OptionError for a network of several outputs: they have names.
   */
  async predict(x: Inputs, options: PredictOptions = {}): Promise<Tensor> {
    refuseSeveral('predict', this.#trainer.engine.definition.heads);
    const { '': prediction } = await this.predictAll(x, options);
    if (prediction === undefined) throw new DataError('a network without an output');
    return prediction;
  }

  /**
   * The network's predictions of sequences that are made place by place: keys and values of the places before are kept on the backend.
   * @throws OptionError for a network of several inputs or of attention to later places, or more places than it has positions.
   */
  decoder(options: DecoderOptions = {}): Decoder {
    return new Decoder((work) => this.#trainer.alone(work), this.#trainer.engine, options);
  }

  /** Every output of the network by name, for every sample, as `predict` computes it; a single output has the name ''. */
  async predictAll(x: Inputs, options: PredictOptions = {}): Promise<Readonly<Record<string, Tensor>>> {
    checkOptions('predict', options, fields.predictFields);
    return this.#trainer.alone(async (engine) => engine.byOutput(await predictAll(engine, x, options)));
  }

  /**
   * One step on a batch, or `times` in one call, on all of it or on `batchSize` of its samples: after k steps, on the (k mod n)-th of
   * its n parts. The first of a shape is compiled in the background, later ones run at once; nothing is read back until asked for.
   * @throws DataError for samples that do not fit, or whose number `batchSize` does not divide.
   */
  step(batch: Batch, options: StepOptions = {}): { readonly loss: PendingLoss } {
    const { engine, steps } = this.#trainer;
    steps.run(engine, batch, options);
    const mine = this.stepCount;
    return { loss: { read: () => this.#trainer.readLoss(mine) } };
  }

  /** Weights by path, such as `network/0/kernel`, copied: every one, or those of `only`. */
  async weights(options: WeightsOptions = {}): Promise<Weights> {
    const { only } = checkOptions('weights', options, fields.weightsFields);
    return this.#trainer.alone(({ store }) =>
      store.numbers('weight:', '', only === undefined ? undefined : pathFilter(only)),
    );
  }

  /** Everything that layers keep between steps, by path, such as `network/1/mean`, copied. */
  async states(): Promise<Weights> {
    return this.#numbers('state:');
  }

  /** The tensors that the optimizer keeps beside every weight under the name `slot`, by the weight's path, copied. */
  async slots(slot: string): Promise<Weights> {
    return this.#numbers('slot:', `/${slot}`);
  }

  async #numbers(start: string, end = ''): Promise<Weights> {
    return this.#trainer.alone(({ store }) => store.numbers(start, end));
  }

  /** The shapes and dtypes of weights, and of what layers keep between steps, by path. */
  specs(): Readonly<Record<'weights' | 'states', ReadonlyMap<string, TensorSpec>>> {
    const { store } = this.#trainer.engine;
    return { weights: store.specs('weight:'), states: store.specs('state:') };
  }

  /**
   * Puts weights in: all of the model's, or those whose path starts with `prefix`; and of what layers keep between steps whatever is given.
   * Where they were saved under another path, `from` is what stood in the place of `prefix` there.
   * @throws UnknownNameError, DataError or ShapeError before anything is changed.
   */
  async load(weights: GivenWeights, options: LoadOptions = {}): Promise<void> {
    return this.#trainer.alone(async ({ store }) => {
      const { weights: held, states } = this.specs();
      const found = matchWeights(weights, { held, states }, options);
      for (const [path, data] of found) store.write(`${held.has(path) ? 'weight' : 'state'}:${path}`, data);
    });
  }

  /**
   * Moves everything to another backend, or to another float dtype: weights, slots, state, step and random key go along.
   * When it fails, the model stays where it was.
   */
  async to(backend: Backend, options: { dtype?: FloatDType } = {}): Promise<void> {
    const { dtype = this.dtype } = checkCall('to', { backend }, options, fields.moveFields);
    return this.#trainer.moveTo(backend, dtype);
  }

  /** Roughly how many operations a training step is, on a usual batch. */
  protected operations(): number {
    return stepOperations(this.#trainer.engine.definition);
  }

  /** Every layer with its path, output shape and number of weights. */
  summary(): string {
    return summaryOf(this.#trainer.engine.walk(false).walk);
  }

  /** Every value of the forward pass and its gradient on one batch, by path: (2.3) made visible. */
  async inspect(batch: Targeted): Promise<Inspection> {
    checkOptions('inspect', batch, fields.targetFields);
    return inspectModel(Object.keys(this.#trainer.engine.definition.inputs), await this.graph(batch));
  }

  /** The graph of one batch in prediction, with all numbers; in another dtype, if one is asked for. For tools such as gradient checks. */
  async graph(batch: Targeted, options: { dtype?: FloatDType } = {}): Promise<ModelGraph> {
    const { x, target } = checkOptions('graph', batch, fields.targetFields);
    const { dtype = this.dtype } = checkOptions('graph', options, fields.dtypeFields);
    return this.#trainer.alone(async (engine) => {
      const { store, definition } = engine;
      const [weights, states] = [await store.numbers('weight:'), await store.tensors('state:')];
      return graphOf({ ...definition, dtype }, engine.samples(x, target), weights, states);
    });
  }

  /**
   * Looks for the first node, forward, backward or in the update, that makes a NaN or an infinity in a step on this batch.
   * @returns its error, or undefined when all numbers are finite. Nothing is trained.
   */
  async findNonFinite(batch: Batch): Promise<NonFiniteError | undefined> {
    checkOptions('findNonFinite', batch, fields.batchFields);
    return this.#trainer.alone((engine) => engine.findNonFinite(batch, this.#trainer.counts.steps));
  }

  /** Frees everything; a disposed model refuses every call. */
  dispose(): void {
    this.#trainer.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * The backend's listing of the training step on a batch shaped as `x` and `y`, or of the prediction without `y`. It has kernels, the
   * ops that were fused and why others were not, memory and work; the bare Program where the backend does not tell.
   */
  async explain(batch: Shaped): Promise<string> {
    checkOptions('explain', batch, fields.shapeFields);
    return explainModel(this.#trainer.engine, batch);
  }

  /**
   * The model as code that needs no framework: what it predicts for a batch shaped as `x`, or, with `y`, the training step on such a batch.
   * `code` is one .wasm file, `loader` the text of an ECMAScript module that loads it; results are those of the model, bit for bit.
   * @param options.writer of other code than the backend's, such as `onnxWriter()` of @pullback/onnx.
   * @throws UnsupportedError where the backend cannot write code.
   */
  async export(batch: Shaped, options: ExportOptions = {}): Promise<Exported> {
    checkOptions('export', batch, fields.shapeFields);
    const { writer } = checkOptions('export', options, fields.exportFields);
    return this.#trainer.alone((engine) => exportModel(engine, batch, writer));
  }

  /**
   * Writes weights, slots, state, step, epoch, learning rate and random numbers as one safetensors file: a path is written whole or not
   * at all, a stream is closed at the end. Where several processes train together, all call it and the first one writes.
   * @returns how many bytes were written, and with `sha256` their digest.
   * @throws RankError where ranks have other numbers than the first.
   */
  async save(target: ByteTarget, options: SaveOptions = {}): Promise<Saved> {
    checkOptions('save', options, fields.saveFields);
    const { saveStore } = await import('./checkpoint/checkpoint.ts');
    const { writeRunState } = await import('./checkpoint/run-state.ts');
    return this.#trainer.alone(async (engine) => {
      const { definition, store } = engine;
      const { seed, dtype, layout } = definition;
      const standing = { ...this.#trainer.standing, seed, dtype, layout };
      const metadata = { ...writeRunState(standing), ...this.details() };
      const { learned, ...rest } = options;
      const saving = { ...rest, learned: learned ? engine.learned : undefined };
      return this.#trainer.together.saved(store, () => saveStore(store, target, metadata, saving));
    });
  }

  /**
   * Puts in what a checkpoint holds, all that `save` wrote. Weights that are not learned stay, where they were left out.
   * @throws CheckpointError before anything is changed.
   */
  async restore(source: TensorSource): Promise<void> {
    const { restoreStore } = await import('./checkpoint/checkpoint.ts');
    const { withFile } = await import('./checkpoint/tensor-source.ts');
    const { readRunState } = await import('./checkpoint/run-state.ts');
    return withFile(source, {}, (checkpoint) =>
      this.#trainer.alone(async ({ definition, store, learned }) => {
        const standing = readRunState(checkpoint.metadata, definition.layout);
        await restoreStore(store, checkpoint, definition.optimizer, learned);
        this.#trainer.standAt(standing);
        this.#trainer.together.restored();
      }),
    );
  }

  /** Further entries of a checkpoint, by name. */
  protected details(): Readonly<Record<string, string>> {
    return {};
  }

  /** Keeps weights, slots, state, step and epoch count; the function that is returned puts them back. */
  async keep(): Promise<() => Promise<void>> {
    return this.#trainer.alone(async (engine) => {
      const kept = await engine.store.tensors();
      const { standing } = this.#trainer;
      return () =>
        this.#trainer.alone(async ({ store }) => {
          // Totals are a run's and not the model's.
          for (const [name, { data }] of kept) if (!planNames.isTotal(name)) store.write(name, data);
          this.#trainer.standAt(standing);
        });
    });
  }

  /** The metric of that name. @throws UnknownNameError: names are the umbrella package's. */
  protected metricOf(metric: Metric | Name): Metric {
    if (isMetric(metric)) return metric;
    throw new UnknownNameError('metric', typeof metric === 'string' ? metric : metric.type, []);
  }

  #watch(metrics: Metrics<Name> = []): readonly Watched[] {
    return this.#trainer.engine.watch(resolveMetrics(metrics, (metric) => this.metricOf(metric)));
  }
}
