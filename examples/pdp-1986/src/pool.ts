import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Answer, Question } from './questions.ts';

/** What a worker sends back. */
type Reply = { readonly answer: Answer } | { readonly failure: string };

interface Asked {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (failure: Error) => void;
}

/** Processes that answer questions, each one after the other, in the order in which they were asked. */
export class Pool {
  readonly #waiting: Asked[] = [];
  readonly #asked = new Map<ChildProcess, Asked>();
  readonly #idle: ChildProcess[];

  constructor(size = availableParallelism()) {
    this.#idle = Array.from({ length: size }, () => this.#start());
  }

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      this.#next();
    });
  }

  close(): void {
    for (const worker of [...this.#idle, ...this.#asked.keys()]) worker.disconnect();
  }

  #start(): ChildProcess {
    // The flags of this process go along, and with them what reads TypeScript.
    const worker = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), {
      serialization: 'advanced',
    });
    worker.on('message', (reply: Reply) => {
      const asked = this.#asked.get(worker);
      this.#asked.delete(worker);
      this.#idle.push(worker);
      if ('answer' in reply) asked?.resolve(reply.answer);
      else asked?.reject(new Error(reply.failure));
      this.#next();
    });
    worker.on('exit', (code) => this.#asked.get(worker)?.reject(new Error(`a worker ended with ${code}`)));
    return worker;
  }

  #next(): void {
    const [asked, worker] = [this.#waiting[0], this.#idle[0]];
    if (asked === undefined || worker === undefined) return;
    this.#waiting.shift();
    this.#idle.shift();
    this.#asked.set(worker, asked);
    worker.send(asked.question);
  }
}
