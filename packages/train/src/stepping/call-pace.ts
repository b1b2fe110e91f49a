/** Milliseconds that a call of many steps shall take: the event loop gets its turn after it, and before twice as many. */
export const callTime = 8;

/** How many steps are run in one call: as many as take `callTime`, by what earlier calls took, and at most 4 times more than were run before. */
export class Pace {
  #steps = 1;

  /** The steps of the next call, of `left` that are to come. */
  next(left: number): number {
    return Math.min(this.#steps, left);
  }

  /** Takes note of the time of a call of so many steps. */
  took(steps: number, milliseconds: number): void {
    const affordable = Math.floor((steps * callTime) / Math.max(milliseconds, 1e-3));
    this.#steps = Math.max(1, Math.min(affordable, Math.max(4 * steps, this.#steps)));
  }
}
