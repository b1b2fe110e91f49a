import type { Report, Request, Setup } from '../protocol.ts';
import { machine } from './machine.ts';
import { Training } from './training.ts';

/** One training after the other: a new one ends that before it, of which nothing more is told. */
export class Trainer {
  readonly #send: (report: Report) => void;
  #page = '';
  #speed = 10;
  #training: Training | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(send: (report: Report) => void) {
    this.#send = send;
  }

  handle(request: Request): void {
    switch (request.kind) {
      case 'open':
        this.#page = request.page;
        void machine().then((found) => this.#send({ kind: 'machine', machine: found }));
        break;
      case 'start':
        this.#start(request.run, request.setup);
        break;
      case 'speed':
        this.#speed = request.steps;
        this.#training?.ask(request);
        break;
      default:
        this.#training?.ask(request);
    }
  }

  #start(run: number, setup: Setup): void {
    this.#training?.stop();
    const training = new Training(
      run,
      (report) => {
        if (this.#training === training) this.#send(report);
      },
      this.#speed,
    );
    this.#training = training;
    this.#last = this.#last.then(() => training.train(setup, this.#page));
  }
}
