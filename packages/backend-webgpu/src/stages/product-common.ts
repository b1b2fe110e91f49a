import { type FactorLoad, type ProductKernel, plainStrides } from '@pullback/compiler';
import type { Memory } from '../stage.ts';
import { Code, decode, indexOf } from '../wgsl/code.ts';
import { count } from '../wgsl/numbers.ts';
import { coneOf, guardOf, nameOf, readsOf, Statements } from '../wgsl/statements.ts';
import type { LoopOptions } from './columns.ts';
import { labelOf } from './map.ts';

export interface ProductOptions extends LoopOptions {
  /** Whether tiles of the factors are kept in workgroup memory where that pays. */
  readonly sharedTiles: boolean;
  /** Whether elements along the inner axis are read four at a time, which makes loops longer. */
  readonly innerVectors: boolean;
}

export interface Sizes {
  readonly batch: readonly number[];
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
}

/** The components of a vector. */
export const lanes = ['x', 'y', 'z', 'w'] as const;

/** `place * stride` modulo 2^32, in which negative strides are as good as others. */
export function times(place: string, stride: number): string {
  return stride === 1 ? place : `${place} * ${count(stride >>> 0)}`;
}

/** How a stage reads a factor: by strides where they say it all, else by a function of a line and a step. */
export class FactorReader {
  /** In elements, from line to line and from step to step; 0 where the function is asked. */
  readonly across: number;
  readonly along: number;
  readonly isPlain: boolean;

  constructor(
    readonly name: 'a' | 'b',
    readonly load: FactorLoad,
    readonly batches: number,
  ) {
    const plain = plainStrides(load);
    this.isPlain = plain !== undefined;
    this.across = plain?.across ?? 0;
    this.along = plain?.along ?? 0;
  }

  /** Where the first element of a batch is, from its places `x<axis>`. */
  get base(): string {
    const { view } = this.load;
    return indexOf(view.offset, view.strides.slice(0, this.batches));
  }

  /** The declaration of the function; nothing where there is none. */
  declaration(memory: Memory, suffix: string): string {
    if (this.isPlain) return '';
    const { buffer, view, lines, steps, bounds } = this.load;
    const code = new Code();
    const places = Array.from({ length: this.batches }, (_, axis) => `x${axis}`);
    const split = (extents: readonly number[], first: number, from: string) => {
      const axes = extents.map((extent, i) => ({ axis: first + i, extent }));
      decode(code, from, axes, new Set(axes.map(({ axis }) => axis)));
    };
    split(lines, this.batches, 'line');
    split(steps, this.batches + lines.length, 'step');
    /** Modulo 2^32, in which negative numbers are as good as others. */
    const affine = (start: number, strides: readonly number[]) =>
      strides.reduce(
        (sum, stride, axis) => (stride === 0 ? sum : `${sum} + ${times(`x${axis}`, stride)}`),
        count(start >>> 0),
      );
    const inside = bounds.map(
      ({ start, strides, extent }) => `(${affine(start, strides)}) < ${count(extent)}`,
    );
    const place = affine(view.offset, view.strides);
    if (inside.length === 0) code.line(`return ${memory.load(buffer, place)};`);
    else {
      code.line(`let inside = ${inside.join(' && ')};`);
      code.line(`return select(0.0f, ${memory.load(buffer, `select(0u, ${place}, inside)`)}, inside);`);
    }
    const parameters = [...places, 'line', 'step'].map((place) => `${place}: u32`);
    return `fn factor_${this.name}${suffix}(${parameters.join(', ')}) -> f32 {\n${code}\n}`;
  }

  /** The element at a line and a step, by the function. */
  element(suffix: string, line: string, step: string): string {
    const places = Array.from({ length: this.batches }, (_, axis) => `x${axis}`);
    return `factor_${this.name}${suffix}(${[...places, line, step].join(', ')})`;
  }
}

/** The statements behind the product, as a function of a place and the element there. */
export function epilogue(kernel: ProductKernel, memory: Memory, suffix: string): string {
  const code = new Code();
  const emitter = new Statements(kernel, memory);
  emitter.compute(code, epilogueOf(kernel));
  for (const store of kernel.stores) {
    const guard = guardOf(kernel, store);
    if (guard === '') emitter.store(code, store);
    else code.block(`if (${guard})`, () => emitter.store(code, store));
  }
  const places = kernel.space.map((_, axis) => `x${axis}: u32`);
  return `fn epilogue${suffix}(${[...places, `${nameOf(0)}: f32`].join(', ')}) {\n${code}\n}`;
}

export function epilogueOf(kernel: ProductKernel): Set<number> {
  return coneOf(
    kernel,
    kernel.stores.map(({ statement }) => statement),
    (i) => i > 0,
  );
}

export function common(kernel: ProductKernel) {
  const cone = epilogueOf(kernel);
  return {
    label: labelOf(kernel),
    origins: kernel.origins,
    cone,
    reads: readsOf(kernel, cone),
    writes: kernel.stores.map(({ buffer }) => buffer),
  };
}
