import { type ChildProcess, fork } from 'node:child_process';
import type { Setting } from './library.ts';
import type { Calls, Kind, Reply } from './protocol.ts';
import type { LibraryName } from './session.ts';

/** Who takes part in a case, under a name of its own. */
export interface Entry {
  readonly name: string;
  readonly library: LibraryName;
  readonly setting: Setting;
}

/** A process of one library, told over IPC when to work; it sleeps while others do. */
export class Contestant {
  readonly #process: ChildProcess;

  constructor(readonly entry: Entry) {
    this.#process = fork(new URL('child.js', import.meta.url), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
  }

  /** @throws Error with what the process says, or when it ends. */
  async ask<K extends Kind>(kind: K, ...args: Parameters<Calls[K]>): Promise<Awaited<ReturnType<Calls[K]>>> {
    const child = this.#process;
    const reply = await new Promise<Reply<K>>((resolve, reject) => {
      const ended = () => reject(new Error(`the process of ${this.entry.name} ended`));
      child.once('exit', ended);
      child.once('message', (message: Reply<K>) => {
        child.off('exit', ended);
        resolve(message);
      });
      child.send({ kind, args });
    });
    if ('failure' in reply) throw new Error(`${this.entry.name}: ${reply.failure}`);
    return reply.result;
  }

  end(): void {
    this.#process.kill();
  }
}
