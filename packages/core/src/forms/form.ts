import type { Attributes } from '../graph/attributes.ts';
import type { FormulaAt, Scalar } from '../scalar/scalar.ts';
import type { Shape } from '../tensors/shape.ts';
import type { Placed, View } from './view.ts';

/**
 * The structure of a primitive: all that a compiler knows of it. A primitive without a form is run by its `evaluate`, on the host.
 * The conformance kit holds every form to `evaluate`.
 *
 * - `elements`: y_i = f(a_i, b_i, ...) of operands of one shape.
 * - `view`: the elements of the operand, read at other places.
 * - `parts`: the operands, each written to places of its own; `fill` stands everywhere else.
 * - `reduce`: one result for all elements along `axes`, which stay with extent 1.
 * - `contract`: sums of products of two operands, by labels of their axes.
 * - `take`, `scatter`: places along an axis that int32 indices, the second operand, name.
 * - `number`: one number everywhere. `place`: 0, 1, 2, ... along an axis. `data`: numbers of the Program itself.
 * - `same`: the operand as it is, kept apart for what it means to differentiation or to merging.
 * - `repeat`: a Program of its own, run once a step, with values that are handed on from step to step.
 */
export type Form<A extends Attributes = Attributes, Body = unknown> =
  | ElementsForm<A>
  | ViewForm<A>
  | PartsForm<A>
  | {
      readonly kind: 'reduce';
      readonly combine: 'sum' | 'max' | 'argmax';
      axes(attributes: A): readonly number[];
    }
  | { readonly kind: 'contract'; labels(attributes: A): Labels }
  | { readonly kind: 'take' | 'scatter'; axis(attributes: A): number }
  | { readonly kind: 'number'; number(attributes: A): number }
  | { readonly kind: 'place'; axis(attributes: A): number }
  | { readonly kind: 'data' }
  | { readonly kind: 'same' }
  | { readonly kind: 'repeat'; repeat(attributes: A): Repeat<Body> };

export interface ElementsForm<A extends Attributes = Attributes> {
  readonly kind: 'elements';
  /**
   * The result of one element of each operand, in operations that every backend writes as code of its own.
   * @returns undefined where it has no such code for those dtypes: `evaluate` runs then.
   */
  formula(x: readonly Scalar[], at: FormulaAt<A>): Scalar | undefined;
}

export interface ViewForm<A extends Attributes = Attributes> {
  readonly kind: 'view';
  /** The operand, which lies as `from` says, as its result of shape `to`; undefined where no strides can say it. A dense operand always can. */
  view(from: Placed, attributes: A, to: Shape): View | undefined;
}

export interface PartsForm<A extends Attributes = Attributes> {
  readonly kind: 'parts';
  /** Where the elements of each operand stand in the dense result of shape `to`; no two stand at one place, since parts are written in any order. */
  parts(shapes: readonly Shape[], attributes: A, to: Shape): readonly View[];
  /** The number everywhere else; left out where the parts cover the result. */
  fill?(attributes: A): number;
}

/**
 * The axes of a contraction by name: out[o] = sum over the labels that are not in `out` of a[...] b[...]. Each label stands once in a
 * list, and in at least two of the three.
 */
export interface Labels {
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly out: readonly number[];
}

/**
 * A body that is run once a step. It reads [...captured, ...carries, ...slices] and makes [...next carries, ...stacked]. The primitive reads
 * the captured values, the first carries and the sequences, whose slices lie along their first axis, and makes [...finals, ...histories, ...stacks].
 */
export interface Repeat<Body = unknown> {
  readonly body: Body;
  readonly length: number;
  /** Whether the last slice is the first step. */
  readonly reverse: boolean;
  /** How many inputs of the body are the same in every step. */
  readonly captured: number;
  readonly carries: number;
  /** The carries whose last value is a result. */
  readonly finals: readonly number[];
  /** The carries whose values are a result before each step and after the last, [length + 1, ...], in the order of the slices. */
  readonly histories: readonly number[];
}
