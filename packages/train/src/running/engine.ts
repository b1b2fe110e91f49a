import {
  allocateArray,
  type Backend,
  type Better,
  DataError,
  keyOf,
  type Metric,
  meaningOf,
  NonFiniteError,
  OptionError,
  RandomStream,
  type Reducer,
  sizeOf,
  type Tensor,
  type TensorSpec,
  UnknownNameError,
  type Value,
  within,
} from '@pullback/core';
import type { Definition } from '../definition/definition.ts';
import type { Inputs, Targets } from '../definition/named-inputs.ts';
import type { Checked } from '../definition/walk.ts';
import { PartedSteps } from '../distributed/parted-steps.ts';
import type { EpochRecord } from '../fitting/progress.ts';
import { LossTargets } from '../programs/loss-targets.ts';
import { lossTotal, type Watched, watch } from '../programs/metric-sums.ts';
import { shared } from '../programs/names.ts';
import { sampleBytes } from '../programs/sample-bytes.ts';
import { type PlanKind, planOf } from '../programs/step-program.ts';
import { samplesOf, walkThrough } from '../programs/walk-through.ts';
import type { Batch, Shaped } from '../samples/batch.ts';
import { ResidentCache } from '../samples/resident-cache.ts';
import { type SampleWeights, weightsOf } from '../samples/sample-weights.ts';
import { readSamples, type Samples, section, specsOf } from '../samples/samples.ts';
import type { BoundProgram } from './bound-program.ts';
import { Store } from './numbers.ts';
import { Runner } from './runner.ts';

interface RunOptions {
  readonly times?: number;
  /** How many steps there were before. */
  readonly steps?: number;
  /** Whether the first node that makes a NaN or infinity is looked for before a step is run. */
  readonly checkFinite?: boolean;
}

/** A model's numbers on a backend, and what can be done with them. Its steps are counted by the model. */
export class Engine {
  readonly runner: Runner;
  /** Samples that lie on the backend. */
  readonly residents: ResidentCache;
  readonly #outputs: readonly Value[];
  readonly #targets: LossTargets;
  /** The checks by layers of the model's inputs, with the place of the input. */
  readonly #checks: readonly (Pick<Checked, 'path' | 'check'> & { readonly input: number })[];
  #sampleBytes: number | undefined;
  /** How steps are run where several ranks share them, or where batches are cut into parts. */
  readonly parted: PartedSteps | undefined;

  constructor(
    readonly definition: Definition,
    readonly store: Store,
    readonly reducer?: Reducer,
  ) {
    if (reducer !== undefined && (reducer.size > 1 || reducer.parts !== undefined)) {
      const { size, parts } = reducer;
      if (definition.sampleGradients !== undefined)
        throw new OptionError({
          got: `sampleGradients with a reducer of ${size} ${size === 1 ? 'rank' : 'ranks'}${parts === undefined ? '' : ` and ${parts} parts`}`,
          expected: 'one process and no parts: gradients of parts are summed as they are',
        });
      this.parted = new PartedSteps(reducer, definition, store, () => this.walk(true));
    }
    this.runner = new Runner(store);
    this.residents = new ResidentCache(store);
    const { predictions, walk, batch } = this.walk(false);
    this.#outputs = predictions;
    this.#checks = walk.checks.map(({ x, path, check }) => ({ path, check, input: batch.indexOf(x) }));
    this.#targets = new LossTargets(
      definition,
      this.#outputs.map(({ shape }) => shape),
    );
  }

  /** With the first numbers of everything that the network and the optimizer ask for. */
  static create(definition: Definition, backend: Backend, reducer?: Reducer): Engine {
    const { seed, dtype, optimizer } = definition;
    const engine = new Engine(definition, new Store(backend), reducer);
    const { walk } = engine.walk(true);
    const { store } = engine;
    for (const [kind, variables] of [
      ['weight', walk.parameters],
      ['state', walk.states],
    ] as const)
      for (const { path, value, initializer } of variables.values())
        store.hold(`${kind}:${path}`, value.spec, () => {
          const into = allocateArray(value.dtype, sizeOf(value.shape));
          const isInto = into instanceof Float32Array || into instanceof Float64Array;
          const made = initializer(value.shape, RandomStream.of(seed, path), isInto ? into : undefined);
          if (typeof made !== 'function') return made;
          throw new OptionError({
            got: 'a function from an initializer',
            expected: 'numbers',
            at: path,
            hint: 'A factory of initializers is called: heNormal().',
          });
        });
    // Buffers are zeros from the start.
    for (const { path, value } of walk.learned)
      for (const [slot, { spec, initial }] of Object.entries(optimizer.slots(value.spec)))
        store.hold(`slot:${path}/${slot}`, spec, initial === 0 ? undefined : () => filled(spec, initial));
    store.hold(shared.step, { shape: [], dtype: 'int32' });
    store.hold(shared.key, { shape: [2], dtype: 'int32' }, () => Int32Array.from(keyOf(seed, 'steps')));
    store.hold(shared.learningRate, { shape: [], dtype }, () => Float64Array.of(optimizer.learningRate));
    return engine;
  }

  /** One walk through the network on one sample; in training on two, since figures of a batch may be refused for one. */
  walk(training: boolean) {
    return walkThrough(this.definition, samplesOf(this.definition, training ? 2 : 1), training);
  }

  /** The paths of weights that are learned. */
  get learned(): ReadonlySet<string> {
    return new Set(this.walk(true).walk.learned.map(({ path }) => path));
  }

  /** Bytes of all that a prediction computes from a sample. */
  get sampleBytes(): number {
    this.#sampleBytes ??= sampleBytes(planOf('prediction', this.definition, samplesOf(this.definition, 1)));
    return this.#sampleBytes;
  }

  /** Samples with everything checked, targets in the dtypes that their losses take. */
  samples(x: Inputs, y: Targets, weights: SampleWeights = {}): Samples {
    const { placement, dtype } = this.definition;
    if (y === undefined) throw new DataError({ got: 'inputs without targets', expected: 'both' });
    const samples = this.#read(x, y);
    const { count } = samples;
    const targets = samples.targets.map((target, i) => this.#targets.read(target, i, count));
    return { ...samples, targets, weights: weightsOf(weights, targets, { count, dtype, placement }) };
  }

  /**
   * Refuses targets that a metric is not meant for.
   * @param part whether they are a part of those that the figures are of, as a batch of a stream is.
   */
  checkTargets({ targets, count }: Samples, watched: readonly Watched[], part = false): void {
    const { heads, layout, placement } = this.definition;
    for (const { metric, head, figure } of watched) {
      const [target, output, of] = [targets[head], this.#outputs[head], heads[head]];
      if (target === undefined || output === undefined || of === undefined) continue;
      const shape =
        layout === 'row' ? [count, ...output.shape.slice(1)] : [...output.shape.slice(0, -1), count];
      const at = { ...placement, meaning: meaningOf(output, of.loss), part };
      within(figure, () => metric.check?.(target, { shape, dtype: output.dtype }, at));
    }
  }

  /** Which values of each figure are better, where that is known. */
  better(watched: readonly Watched[]): Map<string, Better | undefined> {
    const { heads } = this.definition;
    const losses = heads.length > 1 ? heads.map(({ name }) => `${name} loss`) : [];
    return new Map<string, Better | undefined>([
      ...['loss', ...losses].map((name) => [name, 'lower'] as const),
      ...watched.map(({ figure, metric }) => [figure, metric.better] as const),
    ]);
  }

  /** Samples of a prediction, or of a step where there are targets. */
  shaped({ x, y }: Shaped): Samples {
    return y === undefined ? this.inputs(x) : this.samples(x, y);
  }

  /** Samples to predict, with everything checked. */
  inputs(x: Inputs): Samples {
    return this.#read(x, undefined);
  }

  /** Whether layers look at the numbers of the i-th input. */
  checksInput(i: number): boolean {
    return this.#checks.some(({ input }) => input === i);
  }

  #read(x: Inputs, y: Targets | undefined): Samples {
    const samples = readSamples(x, y, this.definition);
    this.refuse(samples.inputs);
    return samples;
  }

  /** @throws what layers say of numbers that they refuse. */
  refuse(inputs: readonly Tensor[]): void {
    for (const { input, path, check } of this.#checks) {
      const numbers = inputs[input];
      if (numbers !== undefined) within(path, () => check(numbers));
    }
  }

  /** Metrics of the only output, or of each by its name. @throws UnknownNameError, OptionError */
  watch(metrics: Readonly<Record<string, readonly Metric[]>>): readonly Watched[] {
    const { heads } = this.definition;
    return Object.entries(metrics).flatMap(([name, list]) => {
      const head = heads.findIndex((each) => each.name === name);
      if (head < 0 && list.length > 0)
        throw name === ''
          ? new OptionError({
              got: 'metrics without the name of an output',
              expected: `{ ${heads.map((each) => `${each.name}: [...]`).join(', ')} }`,
            })
          : new UnknownNameError(
              'output',
              name,
              heads.map((each) => each.name),
            );
      return list.map((metric) => watch(metric, head, heads));
    });
  }

  prepare(kind: PlanKind, samples: Samples, watched?: readonly Watched[]): Promise<BoundProgram> {
    return this.runner.prepare(kind, this.definition, samples, watched, this.parted?.buffers);
  }

  /**
   * Steps, or a batch of an evaluation, on samples from the host: with other ranks where there are some.
   * @throws NonFiniteError where that is looked for.
   */
  async runOn(
    kind: 'training' | 'evaluation',
    samples: Samples,
    watched: readonly Watched[] | undefined,
    { times = 1, steps = 0, checkFinite = false }: RunOptions = {},
  ): Promise<void> {
    const { parted, runner } = this;
    if (parted === undefined) {
      const ready = await this.prepare(kind, samples, watched);
      if (checkFinite) await runner.refuseNonFinite(ready, samples, steps);
      runner.run(ready, samples, times);
      return;
    }
    const { layout } = this.definition;
    for (let i = 0; i < times; i++) {
      const { choice, count } = samples;
      const from = choice === undefined ? 0 : ((steps + i) % (count / choice.size)) * choice.size;
      const batch = choice === undefined ? samples : section(samples, from, from + choice.size, layout);
      const few = () => specsOf(section(batch, 0, Math.min(2, batch.count), layout));
      await parted.run({
        kind,
        watched,
        count: batch.count,
        plan: () => planOf(`${kind}Part`, this.definition, few(), watched),
        run: async ({ from: first, size }, scalars) => {
          const part = section(batch, first, first + size, layout);
          const ready = await this.prepare(`${kind}Part`, part, watched);
          if (checkFinite) await runner.refuseNonFinite(ready, part, steps + i, scalars);
          runner.run(ready, part);
          return ready;
        },
      });
    }
  }

  /** Tensors of the outputs, in their order, by name. */
  byOutput(tensors: readonly Tensor[]): Readonly<Record<string, Tensor>> {
    const { heads } = this.definition;
    return Object.fromEntries(tensors.map((tensor, i) => [heads[i]?.name ?? '', tensor]));
  }

  /** The figures that the sums over `count` samples stand for. @throws DataError for a metric that has none, as of no samples. */
  figures(
    sums: ReadonlyMap<string, readonly number[]>,
    watched: readonly Watched[],
    count: number,
  ): EpochRecord {
    const { heads } = this.definition;
    const errors = heads.map(({ loss }, i) => {
      const [total = Number.NaN] = sums.get(lossTotal(i)) ?? [];
      return loss.reduction === 'sum' ? total : total / count;
    });
    const record: Record<string, number> = {
      loss: heads.reduce((sum, { weight }, i) => sum + (weight === 0 ? 0 : weight * (errors[i] ?? 0)), 0),
    };
    if (heads.length > 1)
      heads.forEach(({ name }, i) => {
        record[`${name} loss`] = errors[i] ?? Number.NaN;
      });
    for (const { figure, metric, total } of watched) record[figure] = metric.summarize(sums.get(total) ?? []);
    return record;
  }

  /** The figures that there are after a part of an epoch: those of what is kept would be figured out anew from all of it. */
  figuresSoFar(...[sums, watched, count]: Parameters<Engine['figures']>): EpochRecord {
    const record: Record<string, number> = { ...this.figures(sums, [], count) };
    for (const { figure, metric, total } of watched)
      try {
        if (metric.keeps !== true) record[figure] = metric.summarize(sums.get(total) ?? []);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
      }
    return record;
  }

  /** The error of the first node that makes a NaN or an infinity in a step, if one does. */
  async findNonFinite(batch: Batch, step: number): Promise<NonFiniteError | undefined> {
    const samples = this.samples(batch.x, batch.y, batch);
    const ready = await this.prepare('training', samples);
    try {
      await this.runner.refuseNonFinite(ready, samples, step);
      return undefined;
    } catch (failure) {
      if (failure instanceof NonFiniteError) return failure;
      throw failure;
    }
  }

  release(): void {
    this.runner.release();
    this.parted?.release();
    this.residents.free();
    this.store.free();
  }
}

function filled(spec: TensorSpec, value: number): Float64Array {
  return new Float64Array(spec.shape.reduce((n, extent) => n * extent, 1)).fill(value);
}
