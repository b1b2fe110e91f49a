import type { Plan } from '@pullback/compiler';
import { type Buffer, bytesOf, type DType, sizeOf } from '@pullback/core';

/** Elements that the shaders of a binding reach: a buffer of the user's or a part of the arena. */
export interface Region {
  readonly dtype: DType;
  /** Undefined in the arena. */
  readonly buffer: Buffer | undefined;
  /** The first byte, and how many. */
  readonly offset: number;
  readonly bytes: number;
  /** Whether bytes and booleans stand four in a word, as on the host; in the arena each has a word of its own. */
  readonly packed: boolean;
  /** Whether float32 is kept as float16, which only a part of the arena is. */
  readonly half: boolean;
}

/** Where a part of the arena may begin. */
export const alignment = 256;

/** Bytes of an element in the arena. */
export function wordOf(dtype: DType): number {
  return Math.max(4, bytesOf(dtype));
}

/** Where each value of a Program lies, and memory for partial results. */
export class Values {
  readonly #plan: Plan;
  readonly #inputs: readonly Buffer[];
  readonly #outputs: readonly Buffer[];
  readonly #halves: ReadonlySet<number>;
  readonly #scratch = new Map<number, Region>();
  /** Of which several kernels write a part each. */
  readonly #inParts: ReadonlySet<number>;
  #bytes: number;

  /** `halves` are kept as float16 where they lie in the arena. */
  constructor(
    plan: Plan,
    inputs: readonly Buffer[],
    outputs: readonly Buffer[],
    halves: ReadonlySet<number> = new Set(),
  ) {
    this.#plan = plan;
    this.#halves = halves;
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#bytes = Math.ceil(plan.arena.bytes / alignment) * alignment;
    this.#inParts = new Set(
      plan.kernels.flatMap((kernel) =>
        kernel.kind === 'whole'
          ? []
          : kernel.stores.flatMap(({ isPart, buffer }) => (isPart ? [buffer] : [])),
      ),
    );
  }

  /** Whether several stages may write the value, each other elements of it, in any order. */
  isInParts(value: number): boolean {
    return this.#inParts.has(value);
  }

  /** Of the arena, with partial results. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The number of a new value. */
  readonly scratch = (dtype: DType, size: number): number => {
    const number = -2 - this.#scratch.size;
    const bytes = size * wordOf(dtype);
    const offset = this.#bytes;
    this.#scratch.set(number, { dtype, buffer: undefined, offset, bytes, packed: false, half: false });
    this.#bytes += Math.ceil(Math.max(1, bytes) / alignment) * alignment;
    return number;
  };

  /** The number of a value that lies in the buffer of an output. */
  output(index: number): number {
    const buffer = this.#outputs[index];
    const { shape, dtype } = buffer?.spec ?? { shape: [], dtype: 'float32' };
    const number = -2 - this.#scratch.size;
    this.#scratch.set(number, regionOf(buffer, shape, dtype));
    return number;
  }

  region(value: number): Region {
    const scratch = this.#scratch.get(value);
    if (scratch !== undefined) return scratch;
    const { shape, dtype } = this.#plan.specs.get(value) ?? { shape: [], dtype: 'float32' };
    const location = this.#plan.locate(value);
    if (location.kind === 'arena') {
      const half = this.#halves.has(value);
      return {
        dtype,
        buffer: undefined,
        offset: location.offset,
        bytes: sizeOf(shape) * (half ? 2 : wordOf(dtype)),
        packed: false,
        half,
      };
    }
    const buffer = (location.kind === 'input' ? this.#inputs : this.#outputs)[location.index];
    return regionOf(buffer, shape, dtype);
  }
}

/** A whole buffer of the user's. */
function regionOf(buffer: Buffer | undefined, shape: readonly number[], dtype: DType): Region {
  const bytes = sizeOf(shape) * bytesOf(dtype);
  return { dtype, buffer, offset: 0, bytes, packed: bytesOf(dtype) === 1, half: false };
}
