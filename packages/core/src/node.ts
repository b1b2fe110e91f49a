import type { DType, TensorSpec, TypedArray } from './dtype.ts';
import type { Attributes, Value, Vertex } from './value.ts';

/** J^T times a gradient, one for each input; undefined where there is none. */
export type Cotangents = readonly (Value | undefined)[];

/**
 * A node written as other nodes. Without a `vjp` its gradient is the chain rule over what `forward` built;
 * a hand-written one is used instead, for stability or speed.
 */
export interface Composite<In extends readonly Value[] = readonly Value[]> {
  readonly kind: 'composite';
  readonly name: string;
  forward(...inputs: In): Value;
  vjp?(gradient: Value, at: Vertex<In>): Cotangents;
}

/** A node that backends know: its shape rule, its meaning and its vjp in one object. */
export interface Primitive<
  In extends readonly Value[] = readonly Value[],
  A extends Attributes = Attributes,
> {
  readonly kind: 'elementwise' | 'structural' | 'leaf';
  readonly name: string;
  /** The spec of the output. @throws ShapeError, DTypeError */
  infer(inputs: readonly TensorSpec[], attributes: A): TensorSpec;
  /** The meaning: fills `output` from `inputs`, all dense and row-major. Floats are rounded when they are stored. */
  evaluate(inputs: readonly HostTensor[], output: HostTensor, attributes: A): void;
  vjp?(gradient: Value, at: Vertex<In, A>): Cotangents;
}

/** A tensor whose elements `evaluate` reads and writes. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: TypedArray;
}

export type Node = Composite | Primitive;
