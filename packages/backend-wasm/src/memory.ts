import {
  type Buffer,
  bytesOf,
  DisposedError,
  sizeOf,
  type TensorSpec,
  type TypedArray,
} from '@pullback/core';
import { Heap } from './heap.ts';

/** Buffers in one WebAssembly memory. */
export class Memory {
  readonly #heap = new Heap();
  readonly #addresses = new WeakMap<Buffer, number>();
  readonly #owned = new FinalizationRegistry<number>((address) => this.#heap.give(address));

  get memory(): WebAssembly.Memory {
    return this.#heap.memory;
  }

  allocate(spec: TensorSpec): Buffer {
    const buffer = { spec };
    this.#addresses.set(buffer, this.#heap.take(sizeOf(spec.shape) * bytesOf(spec.dtype)));
    return buffer;
  }

  free(buffer: Buffer): void {
    this.#heap.give(this.addressOf(buffer));
    this.#addresses.delete(buffer);
  }

  /** A block of zeros. */
  take(bytes: number): number {
    return this.#heap.take(bytes);
  }

  /** Gives a block back when `owner` is garbage. */
  giveWith(owner: object, address: number): void {
    this.#owned.register(owner, address);
  }

  /** @throws DisposedError */
  addressOf(buffer: Buffer): number {
    const address = this.#addresses.get(buffer);
    if (address === undefined)
      throw new DisposedError({
        got: 'a buffer that was freed or belongs to another backend',
        expected: 'a buffer of this wasm backend',
      });
    return address;
  }

  view({ shape, dtype }: TensorSpec, address: number): TypedArray {
    const { buffer } = this.memory;
    const length = sizeOf(shape);
    switch (dtype) {
      case 'float32':
        return new Float32Array(buffer, address, length);
      case 'float64':
        return new Float64Array(buffer, address, length);
      case 'int32':
        return new Int32Array(buffer, address, length);
      case 'bool':
      case 'uint8':
        return new Uint8Array(buffer, address, length);
      default:
        return dtype satisfies never;
    }
  }
}
