import type { Code } from '../encoding.ts';
import { call, i32 } from '../instructions.ts';
import type { ModuleBuilder } from '../module.ts';
import type { Floats } from './floats.ts';
import type { Nest } from './nest.ts';
import { defineLinePacking, defineStepPacking } from './nested-packing.ts';
import { definePacking, spillOf } from './packing.ts';
import { plus, type Strides, times } from './strided.ts';

/**
 * How tiles read a factor: where it stands, its steps along one axis or `nested` along several; or packed in scratch memory, step by step of
 * the inner dimension or line by line.
 */
export type Reading = 'direct' | 'nested' | 'steps' | 'lines';

export interface OperandSpec {
  readonly source: Strides;
  /** Lines and steps that `source` cannot say; the operand is packed then. */
  readonly nest?: Nest | undefined;
  readonly reading: Reading;
  /** Elements of a packed step are a multiple of this many. */
  readonly multiple: number;
  /** Most steps that are packed at a time. */
  readonly depth: number;
}

/** Where packing begins: the address of the first line at that step, the line, the step, and which product of the batch. */
export interface PackedFrom {
  readonly start: Code;
  readonly line: Code;
  readonly step: Code;
  readonly batch: Code;
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
    return this.spec.reading === 'steps' || this.spec.reading === 'lines';
  }

  #pitch(size: number): number {
    const { multiple } = this.spec;
    return Math.ceil(size / multiple) * multiple;
  }

  /** In elements, for a tile that reads `size` lines. */
  strides(size: number): Strides {
    const { reading, source, depth } = this.spec;
    if (!this.packed) return source;
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
  pack(size: number, to: Code, { start, line, step, batch }: PackedFrom, count: Code): Code {
    const { reading, source, depth, nest } = this.spec;
    const { bytes } = this.floats;
    const packer = this.#packer(reading === 'steps' ? size : 1);
    const one = (at: number, target: Code): Code => {
      if (nest === undefined)
        return call(packer, target, plus(this.line(start, line), at * source.across * bytes), count);
      const which = nest.batched ? [batch] : [];
      return call(packer, target, start, plus(line, at), step, count, ...which);
    };
    if (reading === 'steps') return one(0, to);
    return Array.from({ length: size }, (_, at) => one(at, plus(to, at * depth * bytes)));
  }

  #packer(width: number): number {
    const known = this.#packing.get(width);
    if (known !== undefined) return known;
    const { reading, source, nest } = this.spec;
    const pitch = reading === 'steps' ? this.#pitch(width) : 1;
    const index =
      nest === undefined
        ? definePacking(this.module, this.floats, { width, pitch, source })
        : reading === 'steps'
          ? defineStepPacking(this.module, this.floats, nest, { width, pitch })
          : defineLinePacking(this.module, this.floats, nest);
    this.#packing.set(width, index);
    return index;
  }

  /** The address of line `index`, when line 0 is at `start`. */
  line(start: Code, index: Code): Code {
    return i32.add(start, times(index, this.spec.source.across * this.floats.bytes));
  }

  /** The address of step `index`, when step 0 is at `start`; of several axes that of the first, from which packing counts. */
  step(start: Code, index: Code): Code {
    if (this.spec.nest !== undefined) return start;
    return i32.add(start, times(index, this.spec.source.along * this.floats.bytes));
  }
}
