import { type ChildProcess, fork } from 'node:child_process';
import type { Contestant, Opener } from './contestant.ts';
import type { Entry } from './entries.ts';
import type { Calls, Counted, Kind, Reply } from './protocol.ts';
import { PythonContestant } from './python-contestant.ts';
import { isPython } from './session.ts';

/** A young generation so large that nothing in it is collected while a few steps are counted. */
const uncollected = ['--min-semi-space-size=256', '--max-semi-space-size=256'];

/** A Node process, told over IPC. */
class ProcessContestant implements Contestant {
  readonly #process: ChildProcess;
  #said = '';

  constructor(
    readonly entry: Entry,
    counted?: Counted,
  ) {
    this.#process = fork(new URL('child.js', import.meta.url), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: counted === 'bytes' ? uncollected : [],
    });
    this.#process.stderr?.on('data', (text: Buffer) => {
      this.#said = `${this.#said}${text.toString()}`.slice(-2000);
    });
  }

  async ask<K extends Kind>(kind: K, ...args: Parameters<Calls[K]>): Promise<Awaited<ReturnType<Calls[K]>>> {
    const child = this.#process;
    const reply = await new Promise<Reply<K>>((resolve, reject) => {
      const ended = () => reject(new Error(`the process of ${this.entry.name} ended. ${this.#said}`));
      child.once('exit', ended);
      child.once('message', (message: Reply<K>) => {
        child.off('exit', ended);
        resolve(message);
      });
      child.send({ kind, args });
    });
    if ('failure' in reply) throw new Error(reply.failure);
    return reply.result;
  }

  async end(): Promise<void> {
    this.#process.kill();
  }
}

/** Opens a Node process for a library of Node, and one of `python` for those of Python. */
export function openProcessWith(python: string | undefined): Opener {
  return async (entry, counted) => {
    if (python === undefined || !isPython(entry.library)) return new ProcessContestant(entry, counted);
    return new PythonContestant(entry, python);
  };
}
