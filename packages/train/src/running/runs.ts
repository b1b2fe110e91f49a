import { BusyError } from '@pullback/core';
import type { Store } from './numbers.ts';

/** The sums of losses and metrics over the batches of one run, and the numbers that metrics keep: of an epoch of a fit, or of an evaluation. */
export class Tally {
  /** By the name of the total, in float64. */
  readonly sums = new Map<string, number[]>();

  /** Numbers of a batch that stay beside those of the batches before. */
  keep(name: string, numbers: ArrayLike<number>): void {
    const kept = this.sums.get(name) ?? [];
    this.sums.set(name, kept);
    for (let i = 0; i < numbers.length; i++) kept.push(numbers[i] ?? 0);
  }

  add(name: string, numbers: ArrayLike<number>): void {
    const sums = this.sums.get(name) ?? Array.from({ length: numbers.length }, () => 0);
    this.sums.set(
      name,
      sums.map((sum, i) => sum + (numbers[i] ?? 0)),
    );
  }
}

/** Runs callbacks between two steps of a fit, and waits for a fit that they begin. */
export type Pause = (callbacks: () => Promise<void>) => Promise<void>;

interface Fit {
  paused: boolean;
  inner?: Promise<unknown> | undefined;
}

async function paused(fit: Fit, callbacks: () => Promise<void>): Promise<void> {
  fit.paused = true;
  try {
    await callbacks();
  } finally {
    await fit.inner;
    fit.inner = undefined;
    fit.paused = false;
  }
}

/**
 * The order of a model's runs: some go at once, others wait. Its totals on the backend are one set: they belong to one run at a time, and are read into its
 * tally before they become another's.
 */
export class Runs {
  readonly #store: () => Store;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #owner: Tally | undefined;
  /** Whether the totals are all 0. */
  #clear = true;
  #fit: Fit | undefined;

  /** @param store as it is now: a callback may have moved the model. */
  constructor(store: () => Store) {
    this.#store = store;
  }

  /** Whether nothing is going on that takes more than one turn of the event loop. */
  get idle(): boolean {
    return this.#waiting === 0;
  }

  /** Does `work` after everything that was asked for before, and with nothing beside it. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const done = this.#last.then(work).finally(() => {
      this.#waiting--;
    });
    this.#last = done.catch(() => {});
    return done;
  }

  /** Does `work`, whose steps are counted in `tally`. */
  counted<T>(tally: Tally, work: () => Promise<T>): Promise<T> {
    return this.alone(async () => {
      if (this.#owner !== tally) await this.#drain();
      this.#owner = tally;
      this.#clear = false;
      return work();
    });
  }

  /** The sums of a run so far. */
  async sums(tally: Tally): Promise<ReadonlyMap<string, readonly number[]>> {
    await this.alone(async () => {
      if (this.#owner === tally) await this.#drain();
    });
    return tally.sums;
  }

  /**
   * Runs a fit. One that a callback of another begins runs while that one waits.
   * @throws BusyError while another one runs: both would train the same weights in turns.
   */
  async fit<T>(work: (pause: Pause) => Promise<T>): Promise<T> {
    const outer = this.#fit;
    if (outer?.paused === false)
      throw new BusyError({
        got: 'a second fit of a model while its first one runs',
        expected: 'one at a time',
        hint: 'Await the first one, or make a model for each.',
      });
    const mine: Fit = { paused: false };
    this.#fit = mine;
    const done = work((callbacks) => paused(mine, callbacks)).finally(() => {
      this.#fit = outer;
    });
    if (outer !== undefined) outer.inner = done.catch(() => {});
    return done;
  }

  /** Adds the totals to their owner's sums, and lets them start from 0. */
  async #drain(): Promise<void> {
    if (this.#clear) return;
    const store = this.#store();
    for (const [name, numbers] of await store.takeKept()) this.#owner?.keep(name, numbers);
    for (const [name, { data }] of await store.tensors('total:')) {
      this.#owner?.add(name.replace(/\/rest$/, ''), data);
      store.clear(`total:${name}`);
    }
    this.#clear = true;
  }
}
