import type { Code } from '../encoding.ts';
import { call, i32 } from '../instructions.ts';
import type { ModuleBuilder } from '../module.ts';
import type { Floats } from './floats.ts';
import { definePacking, spillOf } from './packing.ts';
import { plus, type Strides, times } from './strided.ts';

/** How tiles read a factor: where it stands, or packed in scratch memory, step by step of the inner dimension or line by line. */
export type Reading = 'direct' | 'steps' | 'lines';

export interface OperandSpec {
  readonly source: Strides;
  readonly reading: Reading;
  /** Elements of a packed step are a multiple of this many. */
  readonly multiple: number;
  /** Most steps that are packed at a time. */
  readonly depth: number;
}

/** A factor of a product as its tiles read it: strips of A, across its rows, or panels of B, across its columns. */
export class Operand {
  readonly #packing = new Map<number, number>();

  constructor(
    readonly module: ModuleBuilder,
    readonly floats: Floats,
    readonly spec: OperandSpec,
  ) {}

  get packed(): boolean {
    return this.spec.reading !== 'direct';
  }

  #pitch(size: number): number {
    const { multiple } = this.spec;
    return Math.ceil(size / multiple) * multiple;
  }

  /** In elements, for a tile that reads `size` lines. */
  strides(size: number): Strides {
    const { reading, source, depth } = this.spec;
    if (reading === 'direct') return source;
    return reading === 'steps' ? { across: 1, along: this.#pitch(size) } : { across: depth, along: 1 };
  }

  /** Scratch memory for `size` lines. */
  bytes(size: number): number {
    return this.packed ? this.spec.depth * this.#pitch(size) * this.floats.bytes : 0;
  }

  /** Bytes behind the packed lines that packing may overwrite. */
  spill(size: number): number {
    return this.packed ? spillOf(this.floats, this.#pitch(size)) : 0;
  }

  /** Packs `count` steps of `size` lines. */
  pack(size: number, to: Code, from: Code, count: Code): Code {
    const { reading, source, depth } = this.spec;
    const { bytes } = this.floats;
    if (reading === 'steps') return call(this.#packer(size), to, from, count);
    const packer = this.#packer(1);
    return Array.from({ length: size }, (_, line) =>
      call(packer, plus(to, line * depth * bytes), plus(from, line * source.across * bytes), count),
    );
  }

  #packer(width: number): number {
    const known = this.#packing.get(width);
    if (known !== undefined) return known;
    const pitch = this.spec.reading === 'steps' ? this.#pitch(width) : 1;
    const index = definePacking(this.module, this.floats, { width, pitch, source: this.spec.source });
    this.#packing.set(width, index);
    return index;
  }

  /** The address of line `index`, when line 0 is at `start`. */
  line(start: Code, index: Code): Code {
    return i32.add(start, times(index, this.spec.source.across * this.floats.bytes));
  }

  /** The address of step `index`, when step 0 is at `start`. */
  step(start: Code, index: Code): Code {
    return i32.add(start, times(index, this.spec.source.along * this.floats.bytes));
  }
}
