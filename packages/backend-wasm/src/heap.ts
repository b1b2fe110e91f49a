const page = 65536;
const most = 65536;
/** Kernels may read and write a vector past the end of a block. */
const slack = 64;

interface Free {
  readonly address: number;
  readonly size: number;
}

/** Blocks of one growing WebAssembly memory, at addresses that are multiples of 64. */
export class Heap {
  readonly memory: WebAssembly.Memory;
  /** In order of address; neighbours are one. */
  #free: Free[] = [];
  readonly #sizes = new Map<number, number>();
  #end: number;

  /** @param reserved bytes at the start that are never given away. */
  constructor({ memory = new WebAssembly.Memory({ initial: 1 }), reserved = 64 } = {}) {
    this.memory = memory;
    this.#end = reserved;
  }

  /** The address of a zeroed block; undefined when 4 GiB are not enough. */
  take(bytes: number): number | undefined {
    const size = Math.ceil((bytes + slack) / 64) * 64;
    const place = this.#free.findIndex((free) => free.size >= size);
    const found = this.#free[place];
    if (found === undefined) return this.#extend(size);
    const rest = { address: found.address + size, size: found.size - size };
    this.#free.splice(place, 1, ...(rest.size > 0 ? [rest] : []));
    this.#sizes.set(found.address, size);
    new Uint8Array(this.memory.buffer, found.address, size).fill(0);
    return found.address;
  }

  give(address: number): void {
    const size = this.#sizes.get(address);
    if (size === undefined) return;
    this.#sizes.delete(address);
    const at = this.#free.findIndex((free) => free.address > address);
    const place = at < 0 ? this.#free.length : at;
    const [before, after] = [this.#free[place - 1], this.#free[place]];
    const joinsBefore = before !== undefined && before.address + before.size === address;
    const joinsAfter = after !== undefined && address + size === after.address;
    const joined = {
      address: joinsBefore ? before.address : address,
      size: size + (joinsBefore ? before.size : 0) + (joinsAfter ? after.size : 0),
    };
    const from = place - (joinsBefore ? 1 : 0);
    this.#free.splice(from, Number(joinsBefore) + Number(joinsAfter), joined);
  }

  #extend(size: number): number | undefined {
    const address = this.#end;
    const pages = Math.ceil((address + size) / page);
    const now = this.memory.buffer.byteLength / page;
    if (pages > most) return undefined;
    // Doubled, so that growing stays rare: every growth makes all views anew.
    if (pages > now) {
      try {
        this.memory.grow(Math.min(most - now, Math.max(pages - now, now)));
      } catch {
        return undefined;
      }
    }
    this.#end += size;
    this.#sizes.set(address, size);
    return address;
  }
}
