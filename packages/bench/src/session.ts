import { type Case, type CaseName, caseOf } from './cases.ts';
import { countsPerStep } from './counts-per-step.ts';
import { functionData, languageData, predictionData, stepData, trainingData } from './data.ts';
import type { Counters, Library, Open, Run, Setting } from './library.ts';
import { modelData } from './model-data.ts';

/** The files of libraries/, loaded when they are wanted: loading is part of a first step. */
const libraries: Readonly<Record<ScriptName, () => Promise<{ readonly open: Open }>>> = {
  pullback: () => import('./libraries/pullback.ts'),
  'jax-js': () => import('./libraries/jax-js.ts'),
  tfjs: () => import('./libraries/tfjs.ts'),
  deepbox: () => import('./libraries/deepbox.ts'),
  convnetjs: () => import('./libraries/convnetjs.ts'),
  'onnxruntime-web': () => import('./libraries/onnxruntime-web.ts'),
};

export type LibraryName = ScriptName | PythonName;
type ScriptName = 'pullback' | 'jax-js' | 'tfjs' | 'deepbox' | 'convnetjs' | 'onnxruntime-web';
/** Those of python/peer.py, in a process of another kind. */
export type PythonName = 'jax' | 'torch' | 'onnxruntime';

export function isPython(library: LibraryName): library is PythonName {
  return library === 'jax' || library === 'torch' || library === 'onnxruntime';
}

export interface Started {
  /** From the import of the library to the end of the first step, its loss read; data and first weights were there before. */
  readonly firstStepMs: number;
  /** After the first step, after each of some more, and after some that were run as they are measured. */
  readonly figures: readonly (readonly number[])[];
  /** The library's own version, where no package.json here says it. */
  readonly version?: string;
}

export interface Turn {
  /** Milliseconds of a step, the mean over each block of steps. */
  readonly stepMs: readonly number[];
  /** The time of a loop of scalars just before, which is the same work always. */
  readonly loopMs: number;
}

/** Milliseconds that have passed, or that the process has computed, with all of its threads. */
const clocks = {
  wall: () => performance.now(),
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

/** One case in one library, from its import to its last step. Runs in Node and in a page. */
export class Session {
  #run: Run | undefined;
  #clock: () => number = clocks.wall;
  /** Steps a block, so that a block takes some ten milliseconds. */
  #block = 1;

  async start(library: LibraryName, name: CaseName, setting: Setting): Promise<Started> {
    const chosen = caseOf(name);
    const make = await prepared(chosen);
    this.#clock = clocks[setting.clock];
    const begin = this.#clock();
    if (isPython(library)) throw new Error(`${library} runs in Python`);
    const run = await make(await (await libraries[library]()).open(setting));
    await run.step(1);
    const figures = [await run.figures()];
    const firstStepMs = this.#clock() - begin;
    const { single, more } = chosen.kind === 'training' ? chosen.checks : { single: 1, more: 2 };
    for (let i = 1; i < single; i++) {
      await run.step(1);
      figures.push(await run.figures());
    }
    await run.step(more);
    figures.push(await run.figures());
    this.#run = run;
    return { firstStepMs, figures };
  }

  /** Steps for about so long without measuring, and finds out how many make a block. */
  async warmUp(milliseconds: number, blockMs = 10): Promise<void> {
    const end = performance.now() + milliseconds;
    do {
      const spent = await this.#time(this.#block);
      const wanted = Math.ceil((this.#block * blockMs) / Math.max(spent, blockMs / 8));
      this.#block = Math.max(1, Math.min(wanted, 8 * this.#block));
    } while (performance.now() < end);
  }

  /** Measures for about so long, at least one block. */
  async turn(milliseconds: number): Promise<Turn> {
    const loopMs = scalarLoop();
    const stepMs: number[] = [];
    await this.#time(this.#block); // caches are another's
    const end = performance.now() + milliseconds;
    while (stepMs.length < 1 || performance.now() < end)
      stepMs.push((await this.#time(this.#block)) / this.#block);
    return { stepMs, loopMs };
  }

  /** The counts of `counters` and of the library itself in each of so many steps. */
  async count(steps: number, counters: () => Counters): Promise<Counters> {
    await this.#time(steps);
    return countsPerStep(this.#now(), steps, counters);
  }

  /** The figures as they are now, to see that the work was done. */
  async figures(): Promise<readonly number[]> {
    return this.#now().figures();
  }

  async #time(steps: number): Promise<number> {
    const run = this.#now();
    const begin = this.#clock();
    await run.step(steps);
    await run.settle();
    return this.#clock() - begin;
  }

  #now(): Run {
    if (this.#run === undefined) throw new Error('a session that was not started');
    return this.#run;
  }
}

/** Makes data and first weights at once, the run later: they are no part of a first step. */
async function prepared(chosen: Case): Promise<(library: Library) => Run | Promise<Run>> {
  if (chosen.kind === 'training') {
    const data = trainingData(chosen);
    return (library) => library.train(chosen, data);
  }
  if (chosen.kind === 'prediction') {
    const data = predictionData(chosen);
    return (library) => library.predict(chosen, data);
  }
  if (chosen.kind === 'model') {
    const data = await modelData(chosen);
    return (library) => {
      if (library.infer === undefined) throw new Error('a library that opens no ONNX files');
      return library.infer(chosen, data);
    };
  }
  if (chosen.kind === 'step') {
    const data = stepData(chosen);
    return (library) => library.advance(chosen, data);
  }
  if (chosen.kind !== 'function') {
    const data = languageData(chosen);
    return (library) => {
      if (library.language === undefined) throw new Error('a library without layers of sequences');
      return library.language(chosen, data);
    };
  }
  const data = functionData(chosen);
  return (library) => library.call(chosen, data);
}

/** Milliseconds of a fixed loop of integers: larger than elsewhere in a run, and the machine was busy. */
export function scalarLoop(): number {
  const begin = performance.now();
  let state = 1;
  for (let i = 0; i < 4_000_000; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
  }
  if (state === 0) throw new Error('xorshift never reaches 0');
  return performance.now() - begin;
}
