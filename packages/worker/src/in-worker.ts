import { checkOptions, DisposedError, type FloatDType, field, type Tensor } from '@pullback/core';
import {
  type Batch,
  type BatchStream,
  type EpochRecord,
  type EvaluateOptions,
  type FitOptions,
  type Inputs,
  isStream,
  type Progress,
  type ProgressReporter,
  type StepOptions,
  type StreamedBatch,
  type Targets,
  type Weights,
} from '@pullback/train';
import type { Port } from './port.ts';
import type { AfterEpoch, EpochStanding, SentFit, Standing } from './serve.ts';
import { buffersOf, Wire } from './wire.ts';

/** A metric by name, which the worker knows too. */
export type Named = string | { readonly type: string };

/** The model as a callback sees it after an epoch. */
export interface RemoteControl extends Omit<EpochStanding, 'learningRate'> {
  learningRate: number;
  /** Ends the fit. */
  stop(): void;
}

/** Told of each epoch on this side; the fit waits for it. */
export interface RemoteCallback {
  epochEnd(record: EpochRecord, control: RemoteControl): void | Promise<void>;
}

export interface Moving {
  /** Moves the memory of typed arrays into the worker instead of copying it: they are empty afterwards. */
  readonly transfer?: boolean;
}

export interface RemoteFitOptions extends Omit<FitOptions<Named>, 'callbacks' | 'validationData'>, Moving {
  readonly callbacks?: readonly RemoteCallback[];
  readonly validationData?: StreamedBatch;
}

const callback = field.having<RemoteCallback>('a callback with epochEnd', 'epochEnd');

interface Fit {
  readonly stream: BatchStream | undefined;
  readonly iterators: (Iterator<StreamedBatch> | AsyncIterator<StreamedBatch>)[];
  readonly reporter: ProgressReporter | undefined;
  readonly callbacks: readonly RemoteCallback[];
}

/** A model in a worker: what a Model has, with everything to be waited for. */
export class ModelInWorker {
  readonly #port: Port;
  readonly #wire: Wire;
  readonly #fits = new Map<number, Fit>();
  #count = 0;

  private constructor(port: Port, ready: () => void) {
    this.#port = port;
    this.#wire = new Wire(port, {
      ready,
      next: (id: number, opened: number) => this.#iterator(id, opened).next(),
      return: async (id: number, opened: number) => {
        await this.#iterator(id, opened).return?.();
        return { done: true, value: undefined };
      },
      batch: (id: number, progress: Progress) =>
        this.#fits.get(id)?.reporter?.batch(progress, () => this.#wire.call('figures', [id])),
      epoch: (id: number, progress: Progress, record: EpochRecord) =>
        this.#fits.get(id)?.reporter?.epoch(progress, record),
      epochEnd: (id: number, record: EpochRecord, standing: EpochStanding) =>
        this.#epochEnd(id, record, standing),
    });
  }

  /** See `inWorker`. */
  static async of(port: Port, options: unknown): Promise<ModelInWorker> {
    let ready = (): void => {};
    const heard = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const model = new ModelInWorker(port, ready);
    // A worker that serves already answers; one that does not yet says when it does.
    await Promise.race([heard, model.#wire.call('hello', [])]);
    await model.#wire.call('create', [options]);
    return model;
  }

  /** Trains in the worker. Batches of a stream are asked for one by one; `signal`, `progress` and `callbacks` work on this side. No progress is shown when left out. */
  async fit(x: BatchStream, options?: RemoteFitOptions): Promise<EpochRecord[]>;
  async fit(x: Inputs, y: Targets, options?: RemoteFitOptions): Promise<EpochRecord[]>;
  async fit(
    x: Inputs | BatchStream,
    y?: Targets | RemoteFitOptions,
    given?: RemoteFitOptions,
  ): Promise<EpochRecord[]> {
    const stream = isStream(x) ? x : undefined;
    const {
      signal,
      progress,
      callbacks = [],
      transfer,
      ...options
    }: RemoteFitOptions = Object(stream === undefined ? given : y);
    checkOptions('fit', { callbacks }, { callbacks: field.list(callback) });
    signal?.throwIfAborted();
    const id = this.#count++;
    const reporter = progress === false ? undefined : progress;
    this.#fits.set(id, { stream, iterators: [], reporter, callbacks });
    const sent: SentFit = {
      x: stream === undefined ? x : undefined,
      y: stream === undefined ? y : undefined,
      options,
      watched: {
        progress: reporter !== undefined,
        epochs: callbacks.length > 0,
        abort: signal !== undefined,
      },
    };
    const abort = () => void this.#wire.call('abort', [id]).catch(() => {});
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await this.#wire.call('fit', [id, sent], transfer === true ? buffersOf(sent) : []);
    } catch (why) {
      signal?.throwIfAborted();
      throw why;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#fits.delete(id);
    }
  }

  async evaluate(x: Inputs, y: Targets, options: EvaluateOptions<Named> & Moving = {}): Promise<EpochRecord> {
    const { transfer, ...sent } = options;
    return this.#wire.call('evaluate', [x, y, sent], transfer === true ? buffersOf([x, y]) : []);
  }

  async predict(x: Inputs, options: { readonly batchSize?: number } & Moving = {}): Promise<Tensor> {
    const { transfer, ...sent } = options;
    return this.#wire.call('predict', [x, sent], transfer === true ? buffersOf(x) : []);
  }

  /** One step, or several: resolves when the worker has taken the batch, so that awaited steps never pile up. */
  async step(
    batch: Batch,
    options: StepOptions & Moving = {},
  ): Promise<{ readonly loss: { read(): Promise<number> } }> {
    const { transfer, ...sent } = options;
    const step = await this.#wire.call<number>(
      'step',
      [batch, sent],
      transfer === true ? buffersOf(batch) : [],
    );
    return { loss: { read: () => this.#wire.call('loss', [step]) } };
  }

  async weights(): Promise<Weights> {
    return this.#wire.call('weights', []);
  }

  /** Puts weights in, as `load` of a model. */
  async load(
    weights: Weights,
    options: { readonly prefix?: string; readonly from?: string } = {},
  ): Promise<void> {
    return this.#wire.call('load', [weights, options]);
  }

  /** The bytes of the file that `save` of a model writes. */
  async save(): Promise<Uint8Array> {
    return this.#wire.call('save', []);
  }

  /** Moves the model to another backend by its name. */
  async to(backend: string, options: { readonly dtype?: FloatDType } = {}): Promise<void> {
    return this.#wire.call('to', [backend, options]);
  }

  async summary(): Promise<string> {
    return this.#wire.call('summary', []);
  }

  /** Steps, base learning rate, backend and dtype as they are now. */
  async standing(): Promise<Standing> {
    return this.#wire.call('standing', []);
  }

  async setLearningRate(rate: number): Promise<void> {
    return this.#wire.call('learn', [rate]);
  }

  /** Frees the model and ends the worker; calls that wait are rejected. */
  async dispose(): Promise<void> {
    await this.#wire.call('dispose', []).catch(() => {});
    this.#wire.end(
      new DisposedError({ got: 'a call of a model that was disposed', expected: 'one that is in use' }),
    );
    await (this.#port.terminate ?? this.#port.close)?.call(this.#port);
  }

  #iterator(id: number, opened: number) {
    const fit = this.#fits.get(id);
    if (fit?.stream === undefined)
      throw new DisposedError({ got: 'a batch of a fit that ended', expected: 'none' });
    const { stream, iterators } = fit;
    iterators[opened] ??=
      Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]();
    return iterators[opened];
  }

  async #epochEnd(id: number, record: EpochRecord, standing: EpochStanding): Promise<AfterEpoch> {
    let stop = false;
    const control = {
      ...standing,
      stop: () => {
        stop = true;
      },
    };
    for (const { epochEnd } of this.#fits.get(id)?.callbacks ?? []) await epochEnd(record, control);
    return { stop, learningRate: control.learningRate };
  }
}

/**
 * The model that a worker serves, made of `options`: a Worker of a page or of Node whose file calls `serve`, or the port of a channel.
 * @throws what `make` of the worker throws, and Error when the worker fails.
 */
export function inWorker<O>(worker: Port, options: O): Promise<ModelInWorker> {
  return ModelInWorker.of(worker, options);
}
