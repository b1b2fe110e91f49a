import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type CaseName, caseOf } from './cases.ts';
import type { Contestant } from './contestant.ts';
import { stepData } from './data.ts';
import type { Entry } from './entries.ts';
import type { Calls, Kind, Reply } from './protocol.ts';
import { scalarLoop } from './session.ts';

const script = fileURLToPath(new URL('../src/python/steps.py', import.meta.url));

/** A process of Python, told by lines of JSON: `python/steps.py` answers each with one. Arrays go through files. */
export class StepContestant implements Contestant {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'pullback-bench-'));
  #said = '';

  constructor(
    readonly entry: Entry,
    python: string,
  ) {
    this.#process = spawn(python, ['-u', script], {
      // JAX would use all cores; what a user sets goes first.
      env: { XLA_FLAGS: '--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1', ...process.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#process.on('error', (error) => {
      this.#said = error.message;
    });
    this.#process.stderr?.on('data', (text: Buffer) => {
      this.#said = `${this.#said}${text.toString()}`.slice(-2000);
    });
    const lines = createInterface({ input: this.#process.stdout ?? process.stdin });
    this.#answers = lines[Symbol.asyncIterator]();
  }

  async ask<K extends Kind>(kind: K, ...args: Parameters<Calls[K]>): Promise<Awaited<ReturnType<Calls[K]>>> {
    const given = kind === 'start' ? this.#start(args[1] as CaseName) : args;
    // The loop that shows a busy machine is the same for everybody.
    const loopMs = kind === 'turn' ? scalarLoop() : undefined;
    this.#process.stdin?.write(`${JSON.stringify({ kind, args: given })}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`the process of ${this.entry.name} ended. ${this.#said}`);
    const reply: Reply<K> = JSON.parse(value);
    if ('failure' in reply) throw new Error(reply.failure);
    return loopMs === undefined ? reply.result : Object.assign(Object(reply.result), { loopMs });
  }

  /** What `steps.py` needs to start: library, form, threads, case, and a file of float32 for each argument. */
  #start(name: CaseName): unknown[] {
    const { library, setting } = this.entry;
    const chosen = caseOf(name);
    if (chosen.kind !== 'step') throw new Error(`${library} has no form of ${name} here`);
    const files = stepData(chosen).map(({ shape, data }, i) => {
      const file = join(this.#folder, `${i}.f32`);
      writeFileSync(file, new Uint8Array(data.buffer));
      return { file, shape };
    });
    return [library, setting.form ?? '', setting.threads, name, files];
  }

  async end(): Promise<void> {
    this.#process.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
