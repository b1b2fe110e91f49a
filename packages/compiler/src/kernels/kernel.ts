import type {
  DType,
  Instruction,
  Origin,
  Program,
  Repeat,
  Scalar,
  TensorSpec,
  TypedArray,
  View,
} from '@pullback/core';
import type { Factor } from '../lower/op.ts';

/** An element that a statement reads at a point of its kernel's space. Buffers are named by the number of the value that they hold. */
export type Input =
  /** The result of an earlier statement of the kernel at this point. */
  | { readonly kind: 'statement'; readonly statement: number }
  | { readonly kind: 'load'; readonly buffer: number; readonly view: View; readonly dtype: DType }
  | { readonly kind: 'number'; readonly number: number; readonly dtype: DType }
  /** The place itself. */
  | { readonly kind: 'index'; readonly view: View; readonly dtype: DType };

/** When a statement of a kernel is known. */
export interface Phase {
  /** Only when all outer points are done: a sum along the outer axes, or what follows from one. */
  readonly isLate: boolean;
  /** After so many passes over the inner points of a row: of a sum along them that in which it is made. 0 where none has to be done before. */
  readonly pass: number;
}

/** The phase of a statement that nothing has to be done for. */
export const atOnce: Phase = { isLate: false, pass: 0 };

interface Computed extends Phase {
  readonly name: string;
  readonly dtype: DType;
  readonly inputs: readonly Input[];
  /** Along which axes of the space the result differs; where it does not, it is computed once. */
  readonly varies: readonly boolean[];
}

export type Statement =
  /** A formula of one element of each input; of a copy the input itself. */
  | (Computed & { readonly kind: 'map'; readonly formula: Scalar })
  /** The element of a buffer that `inputs[0]` names along an axis of `extent`, `stride` elements apart; 0 where it is outside. */
  | (Computed & {
      readonly kind: 'gather';
      readonly buffer: number;
      readonly view: View;
      readonly stride: number;
      readonly extent: number;
    })
  /** The sum or maximum of `inputs[0]` along the outer or the inner axes. */
  | (Computed & { readonly kind: 'reduce'; readonly name: 'sum' | 'max'; readonly along: 'outer' | 'inner' })
  /** The sum of products, in a product kernel: its first statement. */
  | (Computed & { readonly kind: 'product' });

/** An element of a buffer that is written at every point at which `statement` differs. */
export interface Store {
  readonly statement: number;
  readonly buffer: number;
  readonly view: View;
  /** A region of the buffer: other kernels write the rest. */
  readonly isPart?: true;
}

interface Common {
  /** Extents of the axes that the kernel goes over. */
  readonly space: readonly number[];
  readonly statements: readonly Statement[];
  readonly stores: readonly Store[];
  readonly origins: readonly Origin[];
}

/**
 * Statements at every point of a box. The first `outer` axes are outer ones. Without reductions all points are alike; with sums along the inner
 * axes (`rows`) what follows them sees their results at every inner point again; sums along the outer axes are ready when all is done, and so
 * is what depends on them.
 */
export interface LoopKernel extends Common {
  readonly kind: 'loop';
  readonly order: 'map' | 'rows' | 'columns';
  readonly outer: number;
}

/** C = A B for each of a batch, and statements on each element of C. The space is [...batch, rows, columns]. */
export interface ProductKernel extends Common {
  readonly kind: 'product';
  readonly dtype: DType;
  readonly inner: number;
  readonly a: FactorLoad;
  readonly b: FactorLoad;
}

/** How a product reads A, whose lines are its rows, or B, whose lines are its columns. */
export interface FactorLoad extends Factor {
  readonly buffer: number;
  readonly dtype: DType;
  /** Over [...batch, ...lines, ...steps], as the bounds are. */
  readonly view: View;
}

/** A factor by one stride from line to line and one from step to step, in elements; undefined where it takes more than that. */
export function plainStrides({
  view,
  lines,
  steps,
  bounds,
}: FactorLoad): { readonly across: number; readonly along: number } | undefined {
  if (lines.length !== 1 || steps.length !== 1 || bounds.length > 0) return undefined;
  return { across: view.strides.at(-2) ?? 0, along: view.strides.at(-1) ?? 0 };
}

/** A primitive by the meaning that it brings, on dense buffers. */
export interface WholeKernel {
  readonly kind: 'whole';
  readonly instruction: Instruction;
  readonly inputs: readonly number[];
  /** The first element of each input; 0 but for a repetition. */
  readonly offsets: readonly number[];
  /** The shape that the elements of each input are to be given in. */
  readonly shapes: readonly (readonly number[])[];
  readonly outputs: readonly number[];
  readonly origins: readonly Origin[];
  /** Of a repetition: what it repeats, and how a step is computed. */
  readonly repeated?: Repeated;
}

export interface Repeated extends Repeat<Program> {
  readonly step: Steps;
}

/** A Program as kernels in order, with a place for every value. */
export interface Steps {
  readonly kernels: readonly Kernel[];
  /** Numbers that are part of the Program; they lie in the arena from the start, and stay. */
  readonly literals: readonly { readonly value: number; readonly data: TypedArray }[];
  readonly specs: ReadonlyMap<number, TensorSpec>;
  readonly arena: { readonly bytes: number };
  locate(value: number): Location;
}

/** Where a value lies: in a buffer that is given, or in the arena that the kernels share. */
export type Location =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'output'; readonly index: number }
  | { readonly kind: 'arena'; readonly offset: number };

export type Kernel = LoopKernel | ProductKernel | WholeKernel;

/** The buffers that a kernel reads. */
export function readBy(kernel: Kernel): number[] {
  if (kernel.kind === 'whole') return [...kernel.inputs];
  const read = kernel.statements.flatMap((statement) => [
    ...statement.inputs.flatMap((input) => (input.kind === 'load' ? [input.buffer] : [])),
    ...(statement.kind === 'gather' ? [statement.buffer] : []),
  ]);
  return kernel.kind === 'product' ? [kernel.a.buffer, kernel.b.buffer, ...read] : read;
}

/** The buffers that a kernel writes. */
export function writtenBy(kernel: Kernel): number[] {
  return kernel.kind === 'whole' ? [...kernel.outputs] : kernel.stores.map(({ buffer }) => buffer);
}
