import { OptionError } from '../errors.ts';
import type { Form } from '../forms/form.ts';
import type { DType, Tensor, TensorSpec } from '../tensors/dtype.ts';
import type { Shape } from '../tensors/shape.ts';
import type { Attributes } from './attributes.ts';
import { type Copy, madeBy, refuseOtherCopy, thisCopy } from './copy.ts';
import type { Origin } from './origin.ts';

let created = 0;

/** How many vertices there are; those made later have an `id` from here up. */
export function vertexCount(): number {
  return created;
}

/**
 * A node applied to values: one vertex of the graph. Immutable, and younger than all that it depends on:
 * `id` grows in order of creation, so ascending ids are a topological order and no cycle can be built.
 */
export class Vertex<In extends readonly Value[] = readonly Value[], A extends Attributes = Attributes> {
  readonly id = created++;
  readonly outputs: readonly Value[];
  /** Whether no placeholder lies upstream: such a vertex may be used inside any node. */
  readonly constant: boolean;

  constructor(
    readonly node: Node,
    readonly inputs: In,
    readonly attributes: A,
    specs: readonly TensorSpec[],
    /** For a composite, what its `forward` returned: the graph behind each output. */
    readonly expansion: readonly Value[] | undefined,
    readonly origin: Origin,
    /** The result of its `detour`. */
    readonly detour?: readonly Value[],
  ) {
    this.outputs = Object.freeze(specs.map((spec, index) => new Value(this, index, spec)));
    this.constant = node.kind !== 'leaf' && inputs.every((input) => input.vertex.constant);
    Object.freeze(inputs);
  }

  /** The first input. */
  get input(): Value {
    const [input] = this.inputs;
    if (input === undefined)
      throw new OptionError({
        got: `the first input of '${this.node.name}', which has none`,
        expected: 'inputs',
      });
    return input;
  }

  get output(): Value {
    const [output] = this.outputs;
    if (output === undefined)
      throw new OptionError({
        got: `the output of '${this.node.name}', which has none`,
        expected: 'outputs',
      });
    return output;
  }
}

/** An output of a vertex: what graphs are written with. Has a shape and a dtype, and numbers only once it is run. */
export class Value {
  constructor(
    readonly vertex: Vertex,
    readonly index: number,
    readonly spec: TensorSpec,
  ) {}

  /** `x instanceof Value`. @throws TwoCopiesError for a Value of another copy of this package, which would pass for no Value at all. */
  static [Symbol.hasInstance](candidate: unknown): candidate is Value {
    if (Object.prototype.isPrototypeOf.call(Value.prototype, Object(candidate))) return true;
    refuseOtherCopy('a Value', candidate);
    return false;
  }

  get [madeBy](): Copy {
    return thisCopy;
  }

  get node(): Node {
    return this.vertex.node;
  }
  get inputs(): readonly Value[] {
    return this.vertex.inputs;
  }
  get shape(): Shape {
    return this.spec.shape;
  }
  get dtype(): DType {
    return this.spec.dtype;
  }
  get origin(): Origin {
    return this.vertex.origin;
  }
}

/** @throws OptionError for what is no Value, TwoCopiesError for one of another copy of this package. */
export function expectValues(values: readonly unknown[], nameOf: (place: number) => string): void {
  values.forEach((value, i) => {
    if (!(value instanceof Value))
      throw new OptionError({
        got: `${String(value)} as ${nameOf(i)}`,
        expected: 'a Value',
        hint: 'constant(x) makes one of numbers.',
      });
  });
}

/** The result of a node: one Value, or several told apart by their place. */
export type Outputs = Value | readonly Value[];

/** The gradients that come back to a node: one for its output, or one for each of several; undefined where nobody sent one. */
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
 * The effect of a primitive on the elements, for compilers:
 * `elementwise` f(x_i, y_i, ...) of operands of one shape; `movement` the same elements elsewhere or repeated;
 * `reduction` over axes; `contraction` sums of products; `indexing` places given by data; `generator` no operands;
 * `identity` its operand, kept for what it means to differentiation or to merging; `leaf` given at run time;
 * `repetition` a Program of its own, step after step.
 */
export type PrimitiveKind =
  | 'elementwise'
  | 'movement'
  | 'reduction'
  | 'contraction'
  | 'indexing'
  | 'generator'
  | 'identity'
  | 'leaf'
  | 'repetition';

/** The arguments of a batching rule beside its inputs. */
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
  readonly form?: Form<A, Program>;
  /** The spec of the output, or of each of several. @throws ShapeError, DTypeError */
  infer(inputs: Each<In, TensorSpec>, attributes: A): TensorSpec | readonly TensorSpec[];
  /** The meaning: fills the outputs from the inputs, all dense and row-major. Floats are rounded when they are stored. */
  evaluate(inputs: Each<In, Tensor>, outputs: readonly [Tensor, ...(readonly Tensor[])], attributes: A): void;
  vjp?(gradient: GradientOf<Out>, at: Vertex<In, A>): Cotangents;
  /**
   * The same for many samples at once, along a new first axis of the batched inputs and of all outputs. Without it an elementwise primitive
   * is applied to all samples as it is, any other to one after the other.
   */
  batch?(inputs: In, batch: Batch<A>): Out;
}

export type Node = Composite | Primitive;

/** One primitive applied to numbered values. */
export interface Instruction {
  readonly primitive: Primitive;
  readonly attributes: Attributes;
  /** Numbers of the values that it reads. */
  readonly inputs: readonly number[];
  /** The number of its first output; the others follow. */
  readonly first: number;
  readonly outputs: readonly TensorSpec[];
  /** Every place of the graph that this stands for: merging keeps them all. */
  readonly origins: readonly Origin[];
}

/**
 * A graph as flat data, in order of execution: all that a backend ever sees. The inputs are the values 0 .. n-1, those
 * that the body makes are numbered on from there.
 */
export interface Program {
  readonly inputs: readonly TensorSpec[];
  readonly body: readonly Instruction[];
  readonly outputs: readonly number[];
}
