import type { Input, ProductKernel } from '@pullback/compiler';
import type { Memory } from '../stage.ts';
import { Code } from '../wgsl/code.ts';
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

export type Load = Extract<Input, { readonly kind: 'load' }>;

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

/** What follows the product, as a function of a place and the element there. */
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
