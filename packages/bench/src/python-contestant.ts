import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Case, caseOf } from './cases.ts';
import type { Contestant } from './contestant.ts';
import { functionData, languageData, type Numbers, predictionData, trainingData } from './data.ts';
import type { Entry } from './entries.ts';
import type { Calls, Kind, Reply } from './protocol.ts';

/** A Python process, told a request a line. */
export class PythonContestant implements Contestant {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #said = '';

  constructor(
    readonly entry: Entry,
    python: string,
  ) {
    const threads = String(entry.setting.threads);
    const flags =
      entry.setting.threads === 1 ? '--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1' : '';
    this.#process = spawn(python, [fileURLToPath(new URL('../src/python/peer.py', import.meta.url))], {
      env: {
        ...process.env,
        OMP_NUM_THREADS: threads,
        OPENBLAS_NUM_THREADS: threads,
        MKL_NUM_THREADS: threads,
        XLA_FLAGS: flags,
        JAX_PLATFORMS: 'cpu',
      },
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
    this.#process.on('error', ({ message }) => {
      this.#said = message;
    });
    this.#process.stderr.on('data', (text: Buffer) => {
      this.#said = `${this.#said}${text.toString()}`.slice(-2000);
    });
  }

  async ask<K extends Kind>(kind: K, ...args: Parameters<Calls[K]>): Promise<Awaited<ReturnType<Calls[K]>>> {
    this.#process.stdin.write(`${JSON.stringify({ kind, args: argumentsOf(kind, args) })}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`the process of ${this.entry.name} ended. ${this.#said}`);
    const reply: Reply<K> = JSON.parse(value);
    if ('failure' in reply) throw new Error(reply.failure);
    return reply.result;
  }

  async end(): Promise<void> {
    this.#process.kill();
  }
}

/** Python gets a case and its data, not its name. */
function argumentsOf(kind: Kind, args: readonly unknown[]): unknown[] {
  if (kind !== 'start') return [...args];
  const [library, name] = args as Parameters<Calls['start']>;
  const chosen = caseOf(name);
  return [library, chosen, JSON.parse(JSON.stringify(dataOf(chosen), written))];
}

function dataOf(chosen: Case): unknown {
  if (chosen.kind === 'training') return trainingData(chosen);
  if (chosen.kind === 'prediction') return predictionData(chosen);
  if (chosen.kind === 'step') throw new Error('a step is run by step-contestant.ts');
  return chosen.kind === 'function' ? functionData(chosen) : languageData(chosen);
}

function written(_: string, value: unknown): unknown {
  if (!isNumbers(value)) return value;
  const { data, shape } = value;
  return { shape, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') };
}

function isNumbers(value: unknown): value is Numbers {
  return typeof value === 'object' && value !== null && 'data' in value && value.data instanceof Float32Array;
}
