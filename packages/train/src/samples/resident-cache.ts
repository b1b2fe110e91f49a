import type { Store } from '../running/numbers.ts';
import { bytesOfSamples, ResidentSet } from './resident-samples.ts';
import { type Samples, specsOf } from './samples.ts';

interface Kept {
  readonly set: ResidentSet;
  readonly key: string;
  readonly bytes: number;
  /** Whether somebody has it at the moment. */
  taken: boolean;
}

/** How many sets stay after their use, for the next samples of the same specs: those of a fit, its validation, an evaluation. */
const mostIdle = 3;

/** The sets of samples on one backend. One that is given back stays, with its Programs, until its memory is wanted for another. */
export class ResidentCache {
  readonly #store: Store;
  readonly #kept: Kept[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  /** The samples on the backend; undefined when with them the sets would have more than `limit` bytes, or a buffer would be too large. */
  take(samples: Samples, limit: number): ResidentSet | undefined {
    const { all: bytes, largest } = bytesOfSamples(samples);
    if (bytes > limit || largest > (this.#store.backend.largestBuffer ?? Infinity)) return undefined;
    const key = JSON.stringify(specsOf(samples));
    let found = this.#kept.find((kept) => !kept.taken && kept.key === key);
    if (found === undefined) {
      this.#keepIdle(mostIdle - 1, limit - bytes);
      if (this.#bytes > limit - bytes) return undefined;
      found = { set: new ResidentSet(this.#store, samples), key, bytes, taken: true };
    } else this.#kept.splice(this.#kept.indexOf(found), 1);
    this.#kept.push(found);
    found.taken = true;
    found.set.write(samples);
    return found.set;
  }

  /** Gives back a set that was taken: it may be used for other samples. */
  give(set: ResidentSet): void {
    const found = this.#kept.find((kept) => kept.set === set);
    if (found === undefined) return;
    found.taken = false;
    this.#keepIdle(mostIdle, Infinity);
  }

  free(): void {
    for (const { set } of this.#kept.splice(0)) set.free();
  }

  get #bytes(): number {
    return this.#kept.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Frees sets that nobody has, those first that were taken longest ago, until at most so many are left and all have at most so many bytes. */
  #keepIdle(count: number, bytes: number): void {
    for (const idle of this.#kept.filter(({ taken }) => !taken)) {
      const left = this.#kept.filter(({ taken }) => !taken).length;
      if (left <= count && this.#bytes <= bytes) return;
      this.#kept.splice(this.#kept.indexOf(idle), 1);
      idle.set.free();
    }
  }
}
