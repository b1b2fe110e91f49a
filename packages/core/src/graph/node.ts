import type { Form } from '../forms/form.ts';
import type { DType, TensorSpec, TypedArray } from '../tensors/dtype.ts';
import type { Attributes, Value, Vertex } from './value.ts';

/** What a node makes: one Value, or several told apart by their place. */
export type Outputs = Value | readonly Value[];

/** What comes back to a node: a gradient for its output, or one for each of several; undefined where nobody sent one. */
export type GradientOf<Out extends Outputs> = Out extends Value ? Value : readonly (Value | undefined)[];

/** J^T times a gradient, one for each input; undefined where there is none. */
export type Cotangents = readonly (Value | undefined)[];

/**
 * A node written as other nodes. Without a `vjp` its gradient is the chain rule over what `forward` built;
 * a hand-written one is used instead, for stability or speed.
 */
export interface Composite<In extends readonly Value[] = readonly Value[], Out extends Outputs = Outputs> {
  readonly kind: 'composite';
  readonly name: string;
  forward(...inputs: In): Out;
  vjp?(gradient: GradientOf<Out>, at: Vertex<In>): Cotangents;
  /**
   * The same outputs by way of inputs that `forward` does not read because it reads what they were made of, as a loss reads logits instead of
   * probabilities. Taken where such an input is given itself; the gradient at one, for whoever asks for it, is that of this way.
   */
  readonly detour?: Detour<In, Out>;
  /**
   * Along which axes the components of the output depend on those of the inputs, none for what is elementwise. Said beside a `vjp` by hand, what
   * a mask left out stays 0 behind it, also where 0 is multiplied by an infinite or undefined slope.
   */
  readonly mixes?: readonly number[] | undefined;
  /** That the output is made of probabilities, and of what: a loss on them may start from the logits instead. */
  readonly inverseLink?: InverseLink | undefined;
}

export interface Detour<In extends readonly Value[] = readonly Value[], Out extends Outputs = Outputs> {
  /** Which inputs `forward` of the composite does not read. */
  readonly through: readonly number[];
  forward(...inputs: In): Out;
}

/** The function that takes logits, the only input, to probabilities. */
export type InverseLink = { readonly name: 'logistic' } | { readonly name: 'softmax'; readonly axis: number };

/**
 * What a primitive does to the elements, for compilers:
 * `elementwise` f(x_i, y_i, ...) of operands of one shape; `movement` the same elements elsewhere or repeated;
 * `reduction` over axes; `contraction` sums of products; `indexing` places given by data; `generator` no operands;
 * `identity` its operand, kept for what it means to differentiation or to merging; `leaf` given at run time.
 */
export type PrimitiveKind =
  | 'elementwise'
  | 'movement'
  | 'reduction'
  | 'contraction'
  | 'indexing'
  | 'generator'
  | 'identity'
  | 'leaf';

/** A tensor whose elements `evaluate` reads and writes. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: TypedArray;
}

/** What a batching rule knows beside its inputs. */
export interface Batch<A extends Attributes = Attributes> {
  readonly attributes: A;
  /** How many samples there are. */
  readonly size: number;
  /** For each input, whether samples lie along a first axis of its own; otherwise it is the same for all. */
  readonly batched: readonly boolean[];
}

type Each<In extends readonly Value[], T> = { readonly [K in keyof In]: T };

/** A node that backends know: its shape rule, its meaning and its vjp in one object. */
export interface Primitive<
  In extends readonly Value[] = readonly Value[],
  A extends Attributes = Attributes,
  Out extends Outputs = Outputs,
> {
  readonly kind: PrimitiveKind;
  readonly name: string;
  /** Its structure, for compilers; without one `evaluate` is all that is known of it, and it runs on the host. */
  readonly form?: Form<A>;
  /** The spec of the output, or of each of several. @throws ShapeError, DTypeError */
  infer(inputs: Each<In, TensorSpec>, attributes: A): TensorSpec | readonly TensorSpec[];
  /** The meaning: fills the outputs from the inputs, all dense and row-major. Floats are rounded when they are stored. */
  evaluate(
    inputs: Each<In, HostTensor>,
    outputs: readonly [HostTensor, ...(readonly HostTensor[])],
    attributes: A,
  ): void;
  vjp?(gradient: GradientOf<Out>, at: Vertex<In, A>): Cotangents;
  /**
   * The same for many samples at once, along a new first axis of the batched inputs and of all outputs. Without it an elementwise primitive
   * is applied to all samples as it is, any other to one after the other.
   */
  batch?(inputs: In, batch: Batch<A>): Out;
}

export type Node = Composite | Primitive;
