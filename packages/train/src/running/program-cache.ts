import type { BoundProgram } from './bound-program.ts';

/** More than this at a time, and the oldest Program is made again when it is wanted. */
const most = 32;

/** Programs that are ready, by everything that they depend on, written out. */
export class ProgramCache {
  readonly #byKey = new Map<string, BoundProgram>();

  get(key: string): BoundProgram | undefined {
    return this.#byKey.get(key);
  }

  /** The Program of that key, made when it is not there. */
  async need(key: string, make: () => Promise<BoundProgram>): Promise<BoundProgram> {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const made = await make();
    const meanwhile = this.#byKey.get(key);
    if (meanwhile !== undefined) {
      made.release();
      return meanwhile;
    }
    this.#byKey.set(key, made);
    const [oldest] = this.#byKey.keys();
    if (this.#byKey.size > most && oldest !== undefined) {
      this.#byKey.get(oldest)?.release();
      this.#byKey.delete(oldest);
    }
    return made;
  }

  release(): void {
    for (const ready of this.#byKey.values()) ready.release();
    this.#byKey.clear();
  }
}
