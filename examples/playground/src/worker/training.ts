import { Recorder } from '@pullback/inspector/record';
import { type Backend, backendOf, type Model, wasm } from 'pullback';
import type { PointsSetup } from '../points/setup.ts';
import type { Choice, Format, ProblemName, Report, Request, Setup } from '../protocol.ts';
import { fileOf } from './download.ts';
import { gpt } from './gpt.ts';
import { mnist } from './mnist.ts';
import { points } from './points.ts';
import type { Between, Problem } from './problem.ts';
import { xor } from './xor.ts';

/** Milliseconds between two reports of figures, and at least between two pictures. */
const figuresEvery = 50;
const pictureEvery = 200;

/** What may be asked for in the middle of a training. */
export type Asked = Exclude<Request, { readonly kind: 'open' | 'start' }>;

/**
 * One training. What is asked for in the middle of it is done between two of its steps; so `model.to` finds weights, slots and step of one and
 * the same moment, and training goes on where it was.
 */
export class Training {
  readonly #run: number;
  readonly #send: (report: Report) => void;
  readonly #stopped = new AbortController();
  readonly #asked: Asked[] = [];
  #choice: Choice = 'auto';
  #wake: (() => void) | undefined;
  #figured = 0;
  #pictured = 0;
  #pictureTook = 0;
  #recorder: Recorder | undefined;
  #speed: number;
  #stepping = false;

  constructor(run: number, send: (report: Report) => void, speed = 10) {
    this.#run = run;
    this.#send = send;
    this.#speed = speed;
  }

  stop(): void {
    this.#stopped.abort();
    this.#wake?.();
  }

  ask(request: Asked): void {
    this.#asked.push(request);
    this.#wake?.();
  }

  /** From the first step to the last; whatever fails is told, not thrown. */
  async train({ problem: name, backend: choice, threads, ...setup }: Setup, page: string): Promise<void> {
    const run = this.#run;
    const { signal } = this.#stopped;
    let model: Model | undefined;
    let backend: Backend | undefined;
    let problem: Problem | undefined;
    try {
      signal.throwIfAborted();
      problem = await problemOf(name, setup.points, page);
      backend = await backendFor(choice, threads);
      this.#choice = choice;
      const made = await problem.create({ ...setup, backend });
      model = made;
      this.#send({ kind: 'ready', run, backend: backend.name, summary: made.summary() });
      if (problem.sample !== undefined) {
        this.#recorder = await Recorder.of(made, problem.sample, {
          listings: [{ name: 'Kernels', text: await made.explain(problem.sample) }],
        });
        this.#send({ kind: 'graph', run, graph: this.#recorder.graph });
      }
      await this.#picture(problem, made);
      await this.#answer(problem, made);
      signal.throwIfAborted();
      const why = await problem.train(made, this.#between(problem, made), signal, () => this.#steps());
      await this.#picture(problem, made);
      this.#send({ kind: 'done', run, why });
    } catch (failure) {
      if (!signal.aborted) this.#send({ kind: 'failed', run, message: messageOf(failure), fatal: true });
    } finally {
      this.#recorder?.dispose();
      problem?.dispose?.();
      model?.dispose();
      // It may have been moved.
      (model?.backend ?? backend)?.dispose?.();
    }
  }

  /** How many steps are made before the next look: one where one was asked for. */
  #steps(): number {
    const steps = this.#stepping ? 1 : this.#speed;
    this.#stepping = false;
    return steps;
  }

  #between(problem: Problem, model: Model): Between {
    return async (read, { last = false } = {}) => {
      if (last || performance.now() - this.#figured >= figuresEvery || this.#asked.length > 0) {
        const figures = await read();
        this.#send({ kind: 'progress', run: this.#run, ...figures });
        this.#figured = performance.now();
        if (!Number.isFinite(figures.loss))
          throw new Error(
            `The loss is ${figures.loss} after step ${figures.step}: a smaller learning rate, or an activation that is finite everywhere, may do better.`,
          );
      }
      // Where a picture is dear, as on the reference backend, it takes a tenth of the time.
      if (performance.now() - this.#pictured >= Math.max(pictureEvery, 10 * this.#pictureTook))
        await this.#picture(problem, model);
      await this.#answer(problem, model);
    };
  }

  async #picture(problem: Problem, model: Model): Promise<void> {
    const started = performance.now();
    this.#send({ kind: 'picture', run: this.#run, picture: await problem.picture(model) });
    if (this.#recorder !== undefined)
      this.#send({ kind: 'frame', run: this.#run, frame: await this.#recorder.record() });
    this.#pictured = performance.now();
    this.#pictureTook = this.#pictured - started;
  }

  /** Does what was asked for; a pause waits here for its end. */
  async #answer(problem: Problem, model: Model): Promise<void> {
    let paused = false;
    for (;;) {
      const request = this.#asked.shift();
      if (request?.kind === 'move') await this.#move(model, request);
      if (request?.kind === 'learningRate') model.learningRate = request.rate;
      if (request?.kind === 'resume') paused = false;
      if (request?.kind === 'download') await this.#download(problem, model, request.format);
      if (request?.kind === 'examine') await this.#examine(request.node);
      if (request?.kind === 'speed') this.#speed = request.steps;
      // One step is made, and the next look finds a pause again.
      if (request?.kind === 'step' && paused) {
        this.#asked.unshift({ kind: 'pause' });
        this.#stepping = true;
        return;
      }
      if (request?.kind === 'pause') {
        paused = true;
        await this.#picture(problem, model);
        this.#send({ kind: 'paused', run: this.#run, step: model.stepCount });
      }
      if (request !== undefined) continue;
      if (!paused || this.#stopped.signal.aborted) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  async #download({ example }: Problem, model: Model, format: Format): Promise<void> {
    const run = this.#run;
    try {
      this.#send({ kind: 'file', run, format, bytes: await fileOf(model, example, format) });
    } catch (failure) {
      this.#send({ kind: 'failed', run, message: messageOf(failure), fatal: false });
    }
  }

  async #examine(node: number): Promise<void> {
    const report = { kind: 'examined', run: this.#run, node } as const;
    try {
      if (this.#recorder === undefined) throw new Error('No graph is recorded.');
      this.#send({ ...report, flags: await this.#recorder.examine(node) });
    } catch (failure) {
      this.#send({ ...report, flags: [], failure: messageOf(failure) });
    }
  }

  async #move(
    model: Model,
    { backend: choice, threads }: { backend: Choice; threads: number },
  ): Promise<void> {
    const run = this.#run;
    const before = model.backend;
    let backend: Backend | undefined;
    try {
      backend = await backendFor(choice, threads);
      await model.to(backend);
      this.#choice = choice;
      before.dispose?.();
      this.#send({ kind: 'moved', run, backend: backend.name, step: model.stepCount });
    } catch (failure) {
      // The model stayed where it was.
      backend?.dispose?.();
      this.#send({ kind: 'failed', run, message: messageOf(failure), fatal: false, backend: this.#choice });
    }
  }
}

async function problemOf(name: ProblemName, setup: PointsSetup, page: string): Promise<Problem> {
  switch (name) {
    case 'points':
      return points(setup);
    case 'xor':
      return xor;
    case 'mnist':
      return mnist(page);
    case 'gpt':
      return gpt(page);
    default:
      return name satisfies never;
  }
}

async function backendFor(choice: Choice, threads: number): Promise<Backend> {
  const backend = await backendOf(choice);
  if (threads === 1 || backend.name !== 'wasm') return backend;
  backend.dispose?.();
  return wasm({ threads });
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
