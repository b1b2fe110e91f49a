import type { Reducer } from '@pullback/core';
import { bytesOfArray, floatsOf, startOf } from './parts.ts';

type Floats = Float32Array | Float64Array;

/**
 * The sums of the numbers of all parts in the order of the parts, ((p_0 + p_1) + p_2) + ..., with the same bits however parts lie on the ranks. Each rank adds
 * up its section of the elements, and gives the sums to all. The first rank's parts come first: it adds them up before it sends them.
 */
export class OrderedSum {
  readonly #reducer: Reducer;
  readonly #result: Floats;
  /** For every rank its section of this rank's parts, one after the other. */
  readonly #outgoing: readonly Floats[];
  #count = 0;

  /** @param like an array of the length and dtype of a part, which is kept for the result. */
  constructor(reducer: Reducer, like: Floats) {
    const { rank, size, parts = size } = reducer;
    this.#reducer = reducer;
    this.#result = like;
    const most = rank === 0 ? 1 : startOf(rank + 1, size, parts) - startOf(rank, size, parts);
    const all =
      like instanceof Float32Array
        ? new Float32Array(most * like.length)
        : new Float64Array(most * like.length);
    const from = (r: number) => most * startOf(r, size, like.length);
    this.#outgoing = Array.from({ length: size }, (_, r) => all.subarray(from(r), from(r + 1)));
  }

  /** Forgets what was taken, of a step that failed. */
  clear(): void {
    this.#count = 0;
  }

  /** Takes the numbers of this rank's next part. */
  add(numbers: Floats): void {
    for (const [r, into] of this.#outgoing.entries()) {
      const section = this.#section(numbers, r);
      if (this.#reducer.rank > 0) into.set(section, this.#count * section.length);
      else if (this.#count === 0) into.set(section);
      else addTo(into, section);
    }
    this.#count++;
  }

  /** The sums of all that was taken, and begins anew. They are overwritten by those of the next time. */
  async take(): Promise<Floats> {
    const { rank, size } = this.#reducer;
    const result = this.#result;
    const held = rank === 0 ? Math.min(1, this.#count) : this.#count;
    this.clear();
    const own = this.#section(result, rank).fill(0);
    const came = await this.#reducer.exchange(
      this.#outgoing.map((of, r) => bytesOfArray(of.subarray(0, held * this.#section(result, r).length))),
    );
    let first = true;
    for (const bytes of came)
      for (let numbers = floatsOf(bytes, own); numbers.length > 0; numbers = numbers.subarray(own.length)) {
        const part = numbers.subarray(0, own.length);
        if (first) own.set(part);
        else addTo(own, part);
        first = false;
      }
    const sums = bytesOfArray(own);
    const all = await this.#reducer.exchange(Array.from({ length: size }, () => sums));
    for (const [r, bytes] of all.entries())
      if (r !== rank) this.#section(result, r).set(floatsOf(bytes, result));
    return result;
  }

  #section(of: Floats, r: number): Floats {
    const { size } = this.#reducer;
    return of.subarray(startOf(r, size, of.length), startOf(r + 1, size, of.length));
  }
}

function addTo(sum: Floats, part: Floats): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (part[i] ?? 0);
}
