import {
  arrayOn,
  type Buffer,
  bytesOf,
  DisposedError,
  formatShape,
  OptionError,
  sizeOf,
  type TensorSpec,
  type TypedArray,
} from '@pullback/core';
import { Heap } from './heap.ts';
import { reserved } from './threads/control.ts';

interface Held {
  readonly address: number;
  readonly bytes: number;
}

/** Buffers in one WebAssembly memory. */
export class Memory {
  readonly #heap: Heap;
  readonly #held = new Map<Buffer, Held>();
  #bytes = 0;
  #allocations = 0;
  #disposed = false;

  /** @param shared whether threads may work on it. */
  constructor({ shared = false } = {}) {
    this.#heap = shared
      ? new Heap({ memory: new WebAssembly.Memory({ initial: 1, maximum: 65536, shared }), reserved })
      : new Heap();
  }

  get memory(): WebAssembly.Memory {
    return this.#heap.memory;
  }

  get counted() {
    return { buffers: this.#held.size, bytes: this.#bytes, allocations: this.#allocations };
  }

  allocate(spec: TensorSpec): Buffer {
    const buffer = { spec };
    const bytes = sizeOf(spec.shape) * bytesOf(spec.dtype);
    this.#held.set(buffer, { address: this.take(bytes, spec), bytes });
    this.#bytes += bytes;
    this.#allocations++;
    return buffer;
  }

  free(buffer: Buffer): void {
    const held = this.#held.get(buffer);
    if (held === undefined) return;
    this.#heap.give(held.address);
    this.#bytes -= held.bytes;
    this.#held.delete(buffer);
  }

  /** A block of zeros. @throws OptionError when there is no room, with the largest tensors. */
  take(bytes: number, spec?: TensorSpec): number {
    const address = this.#heap.take(bytes);
    if (address !== undefined) return address;
    const largest = [...this.#held]
      .sort(([, a], [, b]) => b.bytes - a.bytes)
      .slice(0, 3)
      .map(
        ([{ spec: own }, { bytes: size }]) => `${own.dtype}${formatShape(own.shape)} (${megabytes(size)})`,
      );
    const wanted =
      spec === undefined ? 'what lies between kernels' : `${spec.dtype}${formatShape(spec.shape)}`;
    throw new OptionError({
      got: `${megabytes(bytes)} for ${wanted} beside ${megabytes(this.#bytes)} of buffers, the largest ${largest.join(', ') || 'none'}`,
      expected: 'at most 4 GiB in one WebAssembly memory',
      hint: 'Smaller batches need less memory.',
    });
  }

  give(address: number): void {
    this.#heap.give(address);
  }

  /** @throws DisposedError */
  addressOf(buffer: Buffer): number {
    const held = this.#held.get(buffer);
    if (this.#disposed || held === undefined)
      throw new DisposedError({
        got: 'a buffer that was freed or belongs to another backend',
        expected: 'a buffer of this wasm backend',
      });
    return held.address;
  }

  view({ shape, dtype }: TensorSpec, address: number): TypedArray {
    return arrayOn(this.memory.buffer, dtype, sizeOf(shape), address);
  }

  dispose(): void {
    this.#disposed = true;
    this.#held.clear();
    this.#bytes = 0;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
