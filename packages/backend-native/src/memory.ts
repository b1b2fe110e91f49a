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

/** Vectors are read past the end of what lies there. */
const slack = 64;
const alignment = 64;

/** Bytes of C and of the host at once. */
export interface Block {
  readonly buffer: ArrayBuffer;
  /** Where the block begins in its ArrayBuffer, so that its address is a multiple of 64. */
  readonly start: number;
  readonly address: number;
}

/** Buffers that C finds at their addresses; the collector takes them when neither a buffer nor a binding holds them. */
export class Memory {
  readonly #held = new Map<Buffer, Block>();
  #bytes = 0;
  #allocations = 0;
  #disposed = false;

  constructor(readonly addressOfBytes: (bytes: Uint8Array) => number) {}

  get counted() {
    return { buffers: this.#held.size, bytes: this.#bytes, allocations: this.#allocations };
  }

  allocate(spec: TensorSpec): Buffer {
    const buffer = { spec };
    const bytes = sizeOf(spec.shape) * bytesOf(spec.dtype);
    this.#held.set(buffer, this.take(bytes, `${spec.dtype}${formatShape(spec.shape)}`));
    this.#bytes += bytes;
    this.#allocations++;
    return buffer;
  }

  free(buffer: Buffer): void {
    if (this.#held.delete(buffer)) this.#bytes -= sizeOf(buffer.spec.shape) * bytesOf(buffer.spec.dtype);
  }

  /** A block of zeros. @throws OptionError where the host has no room. */
  take(bytes: number, what: string): Block {
    let buffer: ArrayBuffer;
    try {
      buffer = new ArrayBuffer(bytes + slack + alignment);
    } catch {
      throw new OptionError({
        got: `${(bytes / 2 ** 20).toFixed(1)} MiB for ${what} beside ${(this.#bytes / 2 ** 20).toFixed(1)} MiB of buffers`,
        expected: 'what an ArrayBuffer of this host can hold',
        hint: 'Smaller batches need less memory.',
      });
    }
    const address = this.addressOfBytes(new Uint8Array(buffer));
    const start = (alignment - (address % alignment)) % alignment;
    return { buffer, start, address: address + start };
  }

  /** @throws DisposedError */
  blockOf(buffer: Buffer): Block {
    const held = this.#held.get(buffer);
    if (this.#disposed || held === undefined)
      throw new DisposedError({
        got: 'a buffer that was freed or belongs to another backend',
        expected: 'a buffer of this native backend',
      });
    return held;
  }

  dispose(): void {
    this.#disposed = true;
    this.#held.clear();
    this.#bytes = 0;
  }
}

/** The elements of a tensor in a block, so many bytes from its start. */
export function viewOf({ buffer, start }: Block, { shape, dtype }: TensorSpec, offset = 0): TypedArray {
  return arrayOn(buffer, dtype, sizeOf(shape), start + offset);
}
