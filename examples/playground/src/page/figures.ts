import type { Figures, ProblemName } from '../protocol.ts';
import { count, element, write } from './elements.ts';

const figure = (name: string) => element(`figure-${name}`, HTMLElement);

/** The numbers above the chart. */
export class FigureRow {
  readonly #backend = figure('backend');
  readonly #step = figure('step');
  readonly #loss = figure('loss');
  readonly #accuracy = figure('accuracy');
  readonly #rate = figure('rate');

  clear(): void {
    for (const cell of [this.#step, this.#loss, this.#accuracy, this.#rate]) write(cell, '–');
  }

  set backend(name: string) {
    write(this.#backend, name);
  }

  show(problem: ProblemName, { step, loss, accuracy, samplesPerSecond }: Figures): void {
    write(this.#step, count(step));
    write(this.#loss, loss.toPrecision(3));
    const right = problem === 'xor' ? `${4 * accuracy} of 4` : `${(100 * accuracy).toFixed(1)} %`;
    write(this.#accuracy, right);
    write(this.#rate, count(samplesPerSecond));
  }
}
