import type { Reducer } from '@pullback/core';

/** The rank that all others wait for. */
export interface Straggler {
  readonly rank: number;
  /** How many times as long as the median of all it computes. */
  readonly factor: number;
}

/** Ranks tell each other after so many steps how long they computed. */
const every = 16;
/** Less is not worth a word. */
const notable = 1.25;

/** Finds the rank that computes longest. */
export class Stragglers {
  found: Straggler | undefined;
  readonly #reducer: Reducer;
  #steps = 0;
  #time = 0;

  constructor(reducer: Reducer) {
    this.#reducer = reducer;
  }

  /** Counts a step that this rank computed for so many milliseconds. */
  async took(milliseconds: number): Promise<void> {
    this.#time += milliseconds;
    if (++this.#steps % every > 0) return;
    const { rank, size } = this.#reducer;
    const times = new Float64Array(size);
    times[rank] = this.#time;
    this.#time = 0;
    await this.#reducer.sum(times);
    this.found = slowest(times);
  }
}

function slowest(times: Float64Array): Straggler | undefined {
  const median = times.slice().sort()[(times.length - 1) >> 1] ?? 0;
  const longest = Math.max(...times);
  if (!(longest > notable * median)) return undefined;
  return { rank: times.indexOf(longest), factor: longest / median };
}
