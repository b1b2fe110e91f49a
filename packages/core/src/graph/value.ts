import { OptionError } from '../errors.ts';
import type { DType, TensorSpec, TypedArray } from '../tensors/dtype.ts';
import type { Shape } from '../tensors/shape.ts';
import { type Copy, madeBy, refuseOtherCopy, thisCopy } from './copy.ts';
import type { Node } from './node.ts';
import type { Origin } from './origin.ts';

/** One attribute of a primitive: plain data, or numbers held by reference. */
export type Attribute = number | string | boolean | readonly number[] | TypedArray | undefined;
export type Attributes = Readonly<Record<string, Attribute>>;

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
    /** What its `detour` returned. */
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
