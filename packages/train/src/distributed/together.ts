import type { Reducer } from '@pullback/core';
import type { Counts } from '../fitting/fit.ts';
import type { Store } from '../running/numbers.ts';

/** The messages between a model and those of the other ranks, beside their steps; none where it trains alone. */
export class Together {
  readonly #reducer: Reducer | undefined;
  readonly #counts: Counts;
  readonly #model: { learningRate: number };
  #agreed = false;

  /**
   * @param counts how far training is, which the first rank decides at the start.
   * @param model whose learning rate the first rank decides.
   */
  constructor(reducer: Reducer | undefined, counts: Counts, model: { learningRate: number }) {
    this.#reducer = reducer;
    this.#counts = counts;
    this.#model = model;
  }

  /** Whether this rank tells about progress. */
  get reports(): boolean {
    return (this.#reducer?.rank ?? 0) === 0;
  }

  /** Gives every rank the numbers of the first, where a fit begins, or the first step. */
  async agree(store: Store, begins: boolean): Promise<void> {
    if (this.#reducer === undefined || (this.#agreed && !begins)) return;
    this.#agreed = true;
    const { agree } = await import('./agreement.ts');
    const { learningRate, ...counts } = await agree(this.#reducer, store, this.#standing);
    Object.assign(this.#counts, counts);
    if (learningRate !== this.#model.learningRate) this.#model.learningRate = learningRate;
  }

  /** Numbers were put in on this rank, perhaps on no other. */
  restored(): void {
    this.#agreed = false;
  }

  /** The decision of rank 0 at the end of an epoch: the learning rate from there on, and whether the fit ends. */
  async decided(stopped: boolean): Promise<boolean> {
    if (this.#reducer === undefined) return stopped;
    const { onFirst } = await import('./agreement.ts');
    const mine = { stopped, rate: this.#model.learningRate };
    const first = await onFirst(this.#reducer, async () => mine);
    if (first.rate !== mine.rate) this.#model.learningRate = first.rate;
    return first.stopped;
  }

  /** Lets the first rank write what all have. @throws RankError where ranks have other numbers than the first. */
  async saved<T>(store: Store, write: () => Promise<T>): Promise<T> {
    if (this.#reducer === undefined) return write();
    const { onFirst, refuseDifferent } = await import('./agreement.ts');
    await refuseDifferent(this.#reducer, store, this.#standing);
    return onFirst(this.#reducer, write);
  }

  get #standing() {
    return { ...this.#counts, learningRate: this.#model.learningRate };
  }
}
