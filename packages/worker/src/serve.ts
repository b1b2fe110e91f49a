import { OptionError } from '@pullback/core';
import type {
  Batch,
  BatchStream,
  Callback,
  EpochRecord,
  FitOptions,
  PendingLoss,
  Progress,
  ProgressReporter,
  StepOptions,
  Weights,
} from '@pullback/train';
import { type Port, parentPort } from './port.ts';
import { Wire } from './wire.ts';

/** The parts of a model that are served. */
export interface ServedModel {
  readonly stepCount: number;
  readonly dtype: string;
  readonly backend: { readonly name: string };
  learningRate: number;
  // Called as they are sent: the model checks them.
  fit(...given: never[]): Promise<EpochRecord[]>;
  evaluate(...given: never[]): Promise<EpochRecord>;
  predict(...given: never[]): Promise<unknown>;
  step(batch: Batch, options?: StepOptions): { readonly loss: PendingLoss };
  weights(): Promise<Weights>;
  load(...given: never[]): Promise<unknown>;
  save(target: WritableStream<Uint8Array>): Promise<unknown>;
  to(...given: never[]): Promise<void>;
  summary(): string;
  dispose(): void;
}

/** A fit as it is asked for: its options as data, and who looks on. */
export interface SentFit {
  /** Nothing where batches are asked for. */
  readonly x: unknown;
  readonly y: unknown;
  readonly options: object;
  readonly watched: { readonly progress: boolean; readonly epochs: boolean; readonly abort: boolean };
}

/** The changes that a callback may make after an epoch. */
export interface AfterEpoch {
  readonly stop: boolean;
  readonly learningRate: number;
}

/** The standing of the model that a callback is told. */
export interface EpochStanding {
  readonly epoch: number;
  readonly epochs: number;
  readonly stepCount: number;
  readonly learningRate: number;
}

/** Where a model is. */
export interface Standing {
  readonly stepCount: number;
  readonly learningRate: number;
  readonly backend: string;
  readonly dtype: string;
}

/**
 * Serves a model in a worker: `make` makes it of the options that `inWorker` was given, once. The file of the worker calls it at its top.
 * @param port the worker's own way to who made it when left out.
 * @throws UnsupportedError outside of a worker.
 */
export async function serve<O>(
  make: (options: O) => ServedModel | Promise<ServedModel>,
  port?: Port,
): Promise<void> {
  const at = port ?? (await parentPort());
  let made: ServedModel | undefined;
  let last: { readonly step: number; readonly loss: PendingLoss } | undefined;
  const model = (): ServedModel => {
    if (made === undefined)
      throw new OptionError({ got: 'a call before the model was made', expected: 'inWorker first' });
    return made;
  };
  const apply = <T>(method: (...given: never[]) => T, given: readonly unknown[]): T =>
    Reflect.apply(method, model(), given);
  const fits = new Map<number, RunningFit>();
  const wire: Wire = new Wire(at, {
    hello: () => true,
    create: async (options: O) => {
      if (made !== undefined)
        throw new OptionError({ got: 'a second model of one worker', expected: 'a worker for each' });
      made = await make(options);
    },
    fit: async (id: number, { x, y, options, watched }: SentFit) => {
      const fit = new RunningFit(wire, id, watched);
      fits.set(id, fit);
      try {
        const all = { ...options, ...fit.options };
        return await apply(model().fit, x === undefined ? [fit.stream, all] : [x, y, all]);
      } finally {
        fits.delete(id);
      }
    },
    abort: (id: number) => fits.get(id)?.abort(),
    figures: (id: number) => fits.get(id)?.figures(),
    evaluate: (...given: unknown[]) => apply(model().evaluate, given),
    predict: (...given: unknown[]) => apply(model().predict, given),
    step: (batch: Batch, options?: StepOptions) => {
      const { loss } = model().step(batch, options);
      last = { step: model().stepCount, loss };
      return last.step;
    },
    loss: (step: number) => {
      if (last?.step !== step)
        throw new OptionError({
          got: `the loss of step ${step}`,
          expected: 'to be read before the next step',
        });
      return last.loss.read();
    },
    weights: () => model().weights(),
    load: async (...given: unknown[]) => {
      await apply(model().load, given);
    },
    save: async () => {
      const parts: Uint8Array[] = [];
      await model().save(new WritableStream({ write: (part) => void parts.push(part.slice()) }));
      return new Uint8Array(await new Blob(parts.map((part) => new Uint8Array(part))).arrayBuffer());
    },
    to: (...given: unknown[]) => apply(model().to, given),
    summary: () => model().summary(),
    standing: (): Standing => {
      const { stepCount, learningRate, backend, dtype } = model();
      return { stepCount, learningRate, backend: backend.name, dtype };
    },
    learn: (rate: number) => {
      model().learningRate = rate;
    },
    dispose: () => made?.dispose(),
  });
  // Who made the worker before it could hear is told now.
  await wire.call('ready', []).catch(() => {});
}

/** A fit whose stream, progress and callbacks are at the other end. */
class RunningFit {
  readonly #wire: Wire;
  readonly #id: number;
  readonly #watched: SentFit['watched'];
  readonly #stopped = new AbortController();
  #figures: () => Promise<EpochRecord> = async () => ({});
  #opened = 0;

  constructor(wire: Wire, id: number, watched: SentFit['watched']) {
    this.#wire = wire;
    this.#id = id;
    this.#watched = watched;
  }

  abort(): void {
    this.#stopped.abort();
  }

  figures(): Promise<EpochRecord> {
    return this.#figures();
  }

  /** The next batch is asked for when the one before was used: never more than one is on its way. */
  get stream(): BatchStream {
    return {
      [Symbol.asyncIterator]: () => {
        const opened = this.#opened++;
        return {
          next: () => this.#wire.call('next', [this.#id, opened]),
          return: async () => this.#wire.call('return', [this.#id, opened]),
        };
      },
    };
  }

  get options(): Pick<FitOptions, 'signal' | 'progress' | 'callbacks'> {
    const { progress, epochs, abort } = this.#watched;
    return {
      progress: progress ? this.#reporter() : false,
      ...(abort && { signal: this.#stopped.signal }),
      ...(epochs && { callbacks: [this.#callback()] }),
    };
  }

  #reporter(): ProgressReporter {
    return {
      batch: (progress: Progress, figures) => {
        this.#figures = figures;
        return this.#wire.call('batch', [this.#id, progress]);
      },
      epoch: (progress, record) =>
        void this.#wire.call('epoch', [this.#id, progress, record]).catch(() => {}),
    };
  }

  #callback(): Callback {
    return {
      epochEnd: async (record, control) => {
        const { epoch, epochs, stepCount, learningRate } = control;
        const standing: EpochStanding = { epoch, epochs, stepCount, learningRate };
        const after = await this.#wire.call<AfterEpoch>('epochEnd', [this.#id, record, standing]);
        if (after.learningRate !== learningRate) control.learningRate = after.learningRate;
        if (after.stop) control.stop();
      },
    };
  }
}
