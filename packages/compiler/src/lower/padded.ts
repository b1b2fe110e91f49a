import {
  isFloat,
  type Origin,
  operandsOf,
  type Scalar,
  scalarOperations,
  type TensorSpec,
} from '@pullback/core';
import { type Box, boxInside, type Cell, cellsOf, viewInside, viewOf } from './boxes.ts';
import {
  type AssembleOp,
  type CommonOf,
  copyOf,
  dense,
  type Operand,
  type OpsMade,
  type Part,
} from './op.ts';

/** Elements that are read over the counts of the runs of a box, and stand there. */
interface Boxed {
  readonly operand: Operand;
  readonly box: Box;
}

/**
 * A value that nobody has read yet: `fill`, and an operand in a box of it. Several are a sum, from left to right, of values that are 0
 * outside of a box each.
 */
export class Padded {
  readonly parts: Boxed[];
  /** Of all primitives that it stands for. */
  readonly #origins: (readonly Origin[])[];

  constructor(
    public common: CommonOf,
    readonly fill: number,
    part: Boxed,
  ) {
    this.parts = [part];
    this.#origins = [common.origins];
  }

  /** Whether it may be a term of a sum, or be padded itself: nothing but zeros lies outside. */
  get isZero(): boolean {
    return Object.is(this.fill, 0);
  }

  /** Becomes what it is in a box of a larger value. */
  padAgain(common: CommonOf, outer: Box): void {
    for (const [i, { operand, box }] of this.parts.entries())
      this.parts[i] = { operand, box: boxInside(outer, box) };
    this.#become(common);
  }

  /** Becomes the sum with another one, which has one part: with more, the order of additions would be another one. */
  add(other: Padded, common: CommonOf): void {
    this.parts.push(...other.parts);
    this.#origins.push(...other.#origins);
    this.#become(common);
  }

  /** Defines the ops that write it: in each cell, in place, the sum of the parts that cover it. */
  write(ops: OpsMade): void {
    const { spec } = this.common;
    const common = { ...this.common, origins: [...new Set(this.#origins.flat())] };
    const boxes = this.parts.map(({ box }) => box);
    const cells = cellsOf(spec.shape, boxes);
    if (cells === undefined) this.#writeApart(ops, common);
    else assemble(ops, common, this.#pieces(cells, ops, common));
  }

  #become(common: CommonOf): void {
    this.common = common;
    this.#origins.push(common.origins);
  }

  #pieces(cells: readonly Cell[], ops: OpsMade, common: CommonOf): Piece[] {
    const { spec } = common;
    const add = { ...common, attributes: {} };
    return cells.map(({ box, covers }) => {
      const shape = box.map(({ count }) => count);
      const operands = covers.map((i) => this.#inside(i, box));
      const [first = numberOf(this.fill, spec), ...others] = operands;
      const [last] = others.splice(-1);
      const own = { spec: { shape, dtype: spec.dtype }, shape, strides: dense(-1, shape).view.strides };
      const sum = others.reduce<Operand>((total, term) => {
        const [root, formula] = [ops.fresh(), sumOf(spec, 2)];
        ops.define({ ...add, ...own, kind: 'map', formula, root, operands: [total, term] });
        return dense(root, shape);
      }, first);
      // A part that is not here adds 0, which makes 0 of -0.
      const zero = covers.length > 0 && covers.length < this.parts.length;
      const terms = last === undefined ? [sum] : [sum, last];
      return {
        shape,
        to: viewOf(box, spec.shape),
        operands: terms,
        formula: sumOf(spec, terms.length, zero),
      };
    });
  }

  #inside(part: number, inner: Box): Operand {
    const { operand = numberOf(0, this.common.spec), box = inner } = this.parts[part] ?? {};
    return operand.kind === 'number' ? operand : { ...operand, view: viewInside(operand.view, box, inner) };
  }

  /** Where cells would be too many: a value for each part, and the sum of these. */
  #writeApart(ops: OpsMade, common: CommonOf): void {
    const { shape } = common.spec;
    let sum: Operand | undefined;
    for (const [i, { operand, box }] of this.parts.entries()) {
      const own = this.parts.length === 1 ? common.root : ops.fresh();
      const part = { operand, shape: box.map(({ count }) => count), to: viewOf(box, shape) };
      ops.define(inTurn({ ...common, root: own }, [part], this.fill));
      const value = dense(own, shape);
      if (sum === undefined) sum = value;
      else {
        const root = i === this.parts.length - 1 ? common.root : ops.fresh();
        const { strides } = value.view;
        const formula = sumOf(common.spec, 2);
        ops.define({ ...common, kind: 'map', formula, root, shape, strides, operands: [sum, value] });
        sum = dense(root, shape);
      }
    }
  }
}

/** A region of a value, and what is computed there. */
export interface Piece {
  readonly shape: readonly number[];
  readonly to: { readonly offset: number; readonly strides: readonly number[] };
  readonly operands: readonly Operand[];
  readonly formula: Scalar;
}

/** Defines a value of pieces that cover it, each an op that writes its region. */
export function assemble(ops: OpsMade, common: CommonOf, pieces: readonly Piece[]): void {
  const { root, spec, origins } = common;
  const operands = pieces.map(({ shape, to: { offset, strides }, formula, operands: own }) => {
    const piece = ops.fresh();
    ops.define({
      kind: 'map',
      name: formula.operation === 'operand' ? 'copy' : common.name,
      formula,
      attributes: {},
      root: piece,
      spec: { shape, dtype: spec.dtype },
      origins,
      shape,
      operands: own,
      strides,
      within: { root, offset },
    });
    return dense(piece, shape);
  });
  ops.define({ ...inTurn(common, []), operands });
}

/** Parts that are written one after the other, by a kernel each, on `fill`. */
export function inTurn(common: CommonOf, parts: readonly Part[], fill?: number): AssembleOp {
  const { shape } = common.spec;
  return {
    ...common,
    kind: 'assemble',
    fill,
    parts,
    shape,
    strides: dense(-1, shape).view.strides,
    operands: [],
  };
}

function numberOf(number: number, { dtype }: TensorSpec): Operand {
  return { kind: 'number', number, dtype };
}

const sums = new Map<string, Scalar>();

/** One element or the sum of two, + 0 where that is asked for: one formula for equal ones. */
function sumOf({ dtype }: TensorSpec, terms: number, zero = false): Scalar {
  if (terms === 1 && !(zero && isFloat(dtype))) return copyOf(dtype);
  const key = `${dtype} ${terms} ${zero && isFloat(dtype)}`;
  const known = sums.get(key);
  if (known !== undefined) return known;
  const sum = operandsOf(new Array<typeof dtype>(terms).fill(dtype)).reduce((a, b) =>
    scalarOperations.add(a, b),
  );
  const formula = zero && isFloat(dtype) ? scalarOperations.add(sum, scalarOperations.number(0, dtype)) : sum;
  sums.set(key, formula);
  return formula;
}
