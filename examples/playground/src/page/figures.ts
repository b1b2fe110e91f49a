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
  readonly #test = figure('test');
  readonly #testCell = element('test-figure', HTMLElement);

  clear(): void {
    for (const cell of [this.#step, this.#loss, this.#accuracy, this.#rate, this.#test]) write(cell, '–');
  }

  set backend(name: string) {
    write(this.#backend, name);
  }

  show(problem: ProblemName, { step, loss, accuracy, samplesPerSecond, test }: Figures): void {
    write(this.#step, count(step));
    write(this.#loss, loss.toPrecision(3));
    const share = (right: number) => (Number.isNaN(right) ? '–' : `${(100 * right).toFixed(1)} %`);
    write(this.#accuracy, problem === 'xor' ? `${4 * accuracy} of 4` : share(accuracy));
    this.#testCell.hidden = test === undefined;
    if (test !== undefined) write(this.#test, share(test.accuracy));
    write(this.#rate, count(samplesPerSecond));
  }
}
