import {
  type Attributes,
  type DType,
  denseView,
  type Instruction,
  type Origin,
  operandsOf,
  type Scalar,
  type Shape,
  type TensorSpec,
  type View,
} from '@pullback/core';

/** An element that an op reads at each point of its space. */
export type Operand =
  /** An element of a value that is computed or given. */
  | { readonly kind: 'root'; readonly root: number; readonly view: View }
  | { readonly kind: 'number'; readonly number: number; readonly dtype: DType }
  /** The place itself: a view of the numbers 0, 1, 2, ... */
  | { readonly kind: 'index'; readonly view: View; readonly dtype: DType };

interface Common {
  /** The number of the value that it makes. */
  readonly root: number;
  readonly spec: TensorSpec;
  readonly name: string;
  readonly attributes: Attributes;
  readonly origins: readonly Origin[];
  /** The box of points that it goes over; views of operands are over it. */
  readonly shape: readonly number[];
  readonly operands: readonly Operand[];
  /** Where the result of each point lies; 0 along axes that are summed over. */
  readonly strides: readonly number[];
  /** The value of which the result is a region, and where that begins; none where it is a value of its own. */
  readonly within?: { readonly root: number; readonly offset: number };
}

/** f of one element of each operand. */
export interface MapOp extends Common {
  readonly kind: 'map';
  /** The result of one element of each operand; of a copy the operand itself. */
  readonly formula: Scalar;
}

const copies = new Map<DType, Scalar>();

/** The formula of a copy, one for each dtype. */
export function copyOf(dtype: DType): Scalar {
  const [operand] = operandsOf([dtype]);
  const known = copies.get(dtype) ?? operand;
  if (known === undefined) throw new RangeError('one dtype makes one operand');
  copies.set(dtype, known);
  return known;
}

/** The element of `from` that an index, the only operand, names along one axis; 0 where it is outside. */
export interface GatherOp extends Common {
  readonly kind: 'gather';
  readonly from: number;
  /** Where the elements for index 0 lie, and how far those of the next index are. */
  readonly view: View;
  readonly stride: number;
  readonly extent: number;
}

/** Sum or maximum along `axes`. */
export interface ReduceOp extends Common {
  readonly kind: 'reduce';
  readonly name: 'sum' | 'max';
  readonly axes: readonly number[];
}

/** sum_k a b over the last axis of `shape`, [...batch, rows, columns, inner]. The view of each operand is over the axes of its factor. */
export interface ProductOp extends Common {
  readonly kind: 'product';
  readonly factors: readonly [Factor, Factor];
}

/**
 * The axes by which a product reads an operand, [...batch, ...lines, ...steps]: its rows or columns (`lines`) and its inner places (`steps`) may
 * each be several, in row-major order. Where a bound does not hold the element is 0.
 */
export interface Factor {
  readonly lines: readonly number[];
  readonly steps: readonly number[];
  readonly bounds: readonly Bound[];
}

/** A condition on the points of a view: 0 <= start + strides . i < extent. */
export interface Bound {
  readonly start: number;
  readonly strides: readonly number[];
  readonly extent: number;
}

/** Elements of an operand, and where they stand in a value. */
export interface Part {
  readonly shape: readonly number[];
  readonly operand: Operand;
  readonly to: View;
}

/**
 * A value that several ops make. Its operands are regions of it, which their makers write, in any order. Parts that nobody can write
 * in place stand in `parts`: they are copied one after the other, on `fill`.
 */
export interface AssembleOp extends Common {
  readonly kind: 'assemble';
  readonly fill: number | undefined;
  readonly parts: readonly Part[];
}

/** A primitive as a whole, by the meaning that it brings; operands lie densely. */
export interface WholeOp extends Common {
  readonly kind: 'whole';
  readonly instruction: Instruction;
  /** The shape that each operand has for the primitive; the value that it is dense in may have another one. */
  readonly shapes: readonly (readonly number[])[];
}

/** Numbers that are part of the Program. */
export interface LiteralOp extends Common {
  readonly kind: 'literal';
}

export type Op = MapOp | GatherOp | ReduceOp | ProductOp | AssembleOp | WholeOp | LiteralOp;

const known = new WeakMap<Op, readonly number[]>();

/** The values that an op reads. */
export function rootsOf(op: Op): readonly number[] {
  const own = known.get(op);
  if (own !== undefined) return own;
  const roots: number[] = [];
  const note = (operand: Operand): void => {
    if (operand.kind === 'root') roots.push(operand.root);
  };
  for (const operand of op.operands) note(operand);
  if (op.kind === 'assemble') for (const { operand } of op.parts) note(operand);
  if (op.kind === 'gather') roots.push(op.from);
  known.set(op, roots);
  return roots;
}

/** The values that an op makes. */
export function madeBy(op: Op): number[] {
  return op.kind === 'whole' ? op.instruction.outputs.map((_, k) => op.root + k) : [op.root];
}

/** The value in whose memory the result of an op lies. */
export function memoryOf({ root, within }: Op): number {
  return within?.root ?? root;
}

export type InMemory = Extract<Operand, { kind: 'root' }>;

/** The parts that all ops of an instruction share. */
export type CommonOf = Pick<Op, 'root' | 'spec' | 'name' | 'attributes' | 'origins'>;

/** Where ops go that are made. */
export interface OpsMade {
  /** The number of a value that no instruction makes. */
  fresh(): number;
  define(op: Op): void;
}

/** A value that lies densely, as the elements of a shape. */
export function dense(root: number, shape: Shape): InMemory {
  return { kind: 'root', root, view: denseView(shape) };
}
