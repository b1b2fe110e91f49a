/** Steps that wait for their Program, run in the order in which they came. */
export class StepQueue {
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #failure: unknown;

  get idle(): boolean {
    return this.#waiting === 0;
  }

  /** Runs `step` after those before it. When it fails, `undo` is called, and the failure waits for `settled`. */
  add(step: () => Promise<void>, undo: () => void): void {
    this.#waiting++;
    this.#last = this.#last.then(async () => {
      try {
        await step();
      } catch (failure) {
        this.#failure ??= failure;
        undo();
      } finally {
        this.#waiting--;
      }
    });
  }

  /** Waits for all of them; throws, once, what went wrong in the first that failed. */
  async settled(): Promise<void> {
    await this.#last;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }
}
