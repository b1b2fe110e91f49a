import { OptionError } from '@pullback/core';

const page = 65536;
const most = 65536;
/** Kernels may read and write a vector past the end of a block. */
const slack = 64;

/** Blocks of one growing WebAssembly memory, at addresses that are multiples of 64. */
export class Heap {
  readonly memory = new WebAssembly.Memory({ initial: 1 });
  readonly #free = new Map<number, number[]>();
  readonly #sizes = new Map<number, number>();
  #end = 64;

  /** The address of a zeroed block. @throws OptionError when 4 GiB are not enough. */
  take(bytes: number): number {
    const size = Math.ceil((bytes + slack) / 64) * 64;
    const known = this.#free.get(size)?.pop();
    const address = known ?? this.#extend(size);
    this.#sizes.set(address, size);
    if (known !== undefined) new Uint8Array(this.memory.buffer, address, size).fill(0);
    return address;
  }

  give(address: number): void {
    const size = this.#sizes.get(address);
    if (size === undefined) return;
    this.#sizes.delete(address);
    const same = this.#free.get(size);
    if (same === undefined) this.#free.set(size, [address]);
    else same.push(address);
  }

  #extend(size: number): number {
    const address = this.#end;
    const pages = Math.ceil((address + size) / page);
    const missing = pages - this.memory.buffer.byteLength / page;
    if (pages > most)
      throw new OptionError({
        got: `${size} bytes beside ${address} that are in use`,
        expected: 'at most 4 GiB in all',
        hint: 'Smaller batches need less memory.',
      });
    // Doubled, so that growing stays rare: every growth makes all views anew.
    if (missing > 0)
      this.memory.grow(Math.min(most - this.memory.buffer.byteLength / page, Math.max(missing, pages >> 1)));
    this.#end += size;
    return address;
  }
}
