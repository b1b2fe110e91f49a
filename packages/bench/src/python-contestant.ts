import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Case, type CaseName, caseOf } from './cases.ts';
import type { Contestant } from './contestant.ts';
import {
  functionData,
  languageData,
  type Numbers,
  predictionData,
  stepData,
  type Tokens,
  trainingData,
} from './data.ts';
import type { Entry } from './entries.ts';
import { modelData } from './model-data.ts';
import type { Calls, Kind, Reply } from './protocol.ts';
import { scalarLoop } from './session.ts';

const script = fileURLToPath(new URL('../src/python/peer.py', import.meta.url));

/** A process of Python, told a request a line: `python/peer.py` answers each with one. Arrays go through files. */
export class PythonContestant implements Contestant {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'pullback-bench-'));
  #said = '';

  constructor(
    readonly entry: Entry,
    python: string,
  ) {
    const threads = String(entry.setting.threads);
    // JAX would use all cores.
    const flags =
      entry.setting.threads === 1 ? '--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1' : '';
    this.#process = spawn(python, ['-u', script], {
      env: {
        ...process.env,
        OMP_NUM_THREADS: threads,
        OPENBLAS_NUM_THREADS: threads,
        MKL_NUM_THREADS: threads,
        XLA_FLAGS: flags,
      },
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
    this.#process.on('error', ({ message }) => {
      this.#said = message;
    });
    this.#process.stdin.on('error', () => undefined);
    this.#process.stderr.on('data', (text: Buffer) => {
      this.#said = `${this.#said}${text.toString()}`.slice(-2000);
    });
  }

  async ask<K extends Kind>(kind: K, ...args: Parameters<Calls[K]>): Promise<Awaited<ReturnType<Calls[K]>>> {
    const given = kind === 'start' ? await this.#start(args[1] as CaseName) : args;
    // The loop that shows a busy machine is the same for everybody.
    const loopMs = kind === 'turn' ? scalarLoop() : undefined;
    this.#process.stdin.write(`${JSON.stringify({ kind, args: given })}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`the process of ${this.entry.name} ended. ${this.#said}`);
    const reply: Reply<K> = JSON.parse(value);
    if ('failure' in reply) throw new Error(reply.failure);
    return loopMs === undefined ? reply.result : Object.assign(Object(reply.result), { loopMs });
  }

  /** The arguments of `start` in Python, which gets a case and its data, not its name alone. */
  async #start(name: CaseName): Promise<unknown[]> {
    const { library, setting } = this.entry;
    const chosen = caseOf(name);
    let files = 0;
    const written = (_: string, value: unknown): unknown => {
      if (!isArray(value)) return value;
      const { data, shape } = value;
      const file = join(this.#folder, String(files++));
      writeFileSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      return { file, shape, dtype: data.constructor.name.replace('Array', '').toLowerCase() };
    };
    const data: unknown = JSON.parse(JSON.stringify(await dataOf(chosen), written));
    return [library, setting.form ?? '', setting.threads, setting.clock, name, chosen, data];
  }

  async end(): Promise<void> {
    this.#process.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function isArray(value: unknown): value is Numbers | Tokens {
  return typeof value === 'object' && value !== null && 'data' in value && ArrayBuffer.isView(value.data);
}

/** The data of a case, of whatever kind. */
function dataOf(chosen: Case) {
  switch (chosen.kind) {
    case 'model':
      return modelData(chosen);
    case 'training':
      return trainingData(chosen);
    case 'prediction':
      return predictionData(chosen);
    case 'step':
      return stepData(chosen);
    case 'function':
      return functionData(chosen);
    default:
      return languageData(chosen);
  }
}
