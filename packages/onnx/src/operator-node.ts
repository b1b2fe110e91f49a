import { DataError, type FloatDType, type Tensor, UnsupportedError, type Value } from '@pullback/core';
import { type ElementType, types } from './element-types.ts';
import { hostNumbers } from './host-numbers.ts';
import type { AttributeProto, GraphProto, NodeProto, TensorProto } from './proto/onnx_pb.ts';
import { type Numbers, numbersOf } from './tensor-numbers.ts';

/** A Value with the element type that it has in ONNX. */
export interface Typed {
  readonly value: Value;
  readonly type: ElementType;
}

/** The result of an operator: Values, typed where their type is not that of an input of the same dtype; undefined for outputs that are left out. */
export type Made = Value | Typed | readonly (Value | Typed | undefined)[];

/** The walk that an operator stands in, as far as the operator may ask it. */
export interface Surroundings {
  /** The version of the operator set of the node's domain. */
  readonly opset: number;
  /** The dtype of floats that are no doubles. */
  readonly floats: FloatDType;
  readonly training: boolean;
  /** Numbers of the file under a name: a weight, where they are floats that training may change. */
  numbers(name: string, proto: TensorProto): Typed;
  /** Runs a graph of an attribute, which sees the names around the node. */
  run(graph: GraphProto, inputs: readonly Typed[]): readonly Typed[];
  /** A key for random numbers, int32[2], another one for each node and call. */
  randomKey(): Value;
}

const decoder = new TextDecoder();

/** A node of a file as an operator sees it: inputs, attributes, and what is known before anything is run. */
export class OperatorNode {
  readonly #attributes: ReadonlyMap<string, AttributeProto>;

  constructor(
    readonly proto: NodeProto,
    attributes: readonly AttributeProto[],
    /** The inputs; undefined for those that are left out. */
    readonly inputs: readonly (Typed | undefined)[],
    readonly around: Surroundings,
  ) {
    this.#attributes = new Map(attributes.map((attribute) => [attribute.name, attribute]));
  }

  get opset(): number {
    return this.around.opset;
  }

  /** Whether output `i` is used. */
  wants(i: number): boolean {
    return (this.proto.output[i] ?? '') !== '';
  }

  has(i: number): boolean {
    return this.inputs[i] !== undefined;
  }

  typed(i: number): Typed {
    const input = this.inputs[i];
    if (input === undefined)
      throw new DataError({ got: `${this.proto.opType} without input ${i}`, expected: 'that input' });
    return input;
  }

  /** Input `i`. @throws DataError where it is left out. */
  x(i: number): Value {
    return this.typed(i).value;
  }

  maybe(i: number): Value | undefined {
    return this.inputs[i]?.value;
  }

  type(i: number): ElementType {
    return this.typed(i).type;
  }

  /** All inputs that are given. */
  all(): Value[] {
    return this.inputs.flatMap((input) => (input === undefined ? [] : [input.value]));
  }

  /** The numbers of input `i`, which must be known before anything is run. @throws UnsupportedError where they are not. */
  tensor(i: number): Tensor {
    const numbers = hostNumbers(this.x(i));
    if (numbers === undefined)
      throw new UnsupportedError({
        got: `${this.proto.opType} whose input '${this.proto.input[i] ?? i}' is not known before the graph is run`,
        expected: 'numbers of the file, of shapes, or of `known`',
        hint: 'Shapes are fixed when a graph is built. Where it is an input of the file, give it as `known`.',
      });
    return numbers;
  }

  known(i: number): number[] {
    return Array.from(this.tensor(i).data);
  }

  /** The numbers of input `i`, of the attribute `name` where older operator sets have it there; undefined where there is neither. */
  numbersAt(i: number, name: string): number[] | undefined {
    return this.has(i) ? this.known(i) : this.ints(name);
  }

  attribute(name: string): AttributeProto | undefined {
    return this.#attributes.get(name);
  }

  int(name: string): number | undefined;
  int(name: string, otherwise: number): number;
  int(name: string, otherwise?: number): number | undefined {
    const attribute = this.attribute(name);
    return attribute === undefined ? otherwise : Number(attribute.i);
  }

  ints(name: string): number[] | undefined {
    return this.attribute(name)?.ints.map(Number);
  }

  float(name: string, otherwise: number): number {
    return this.attribute(name)?.f ?? otherwise;
  }

  floats(name: string): number[] | undefined {
    return this.attribute(name)?.floats;
  }

  text(name: string, otherwise = ''): string {
    const attribute = this.attribute(name);
    return attribute === undefined ? otherwise : decoder.decode(attribute.s);
  }

  /** A word of a list. @throws UnsupportedError for one that is not in it. */
  word<const T extends string>(name: string, otherwise: T, ...others: readonly T[]): T {
    const given = this.text(name, otherwise);
    const found = [otherwise, ...others].find((word) => word === given);
    if (found !== undefined) return found;
    throw new UnsupportedError({
      got: `${name} '${given}' of ${this.proto.opType}`,
      expected: [otherwise, ...others].join(', '),
    });
  }

  texts(name: string): string[] | undefined {
    return this.attribute(name)?.strings.map((bytes) => decoder.decode(bytes));
  }

  numbers(name: string): Numbers | undefined {
    const tensor = this.attribute(name)?.t;
    return tensor === undefined ? undefined : numbersOf(tensor);
  }

  graph(name: string): GraphProto {
    const graph = this.attribute(name)?.g;
    if (graph === undefined)
      throw new DataError({ got: `${this.proto.opType} without '${name}'`, expected: 'a graph' });
    return graph;
  }
}

/** An operator as a function of its node: some lines in our own functions. */
export type Operator = (node: OperatorNode) => Made;

/** An operator, with what has to be known of its inputs before anything is run. */
export interface OperatorRules {
  readonly make: Operator;
  /** The inputs that are numbers of the graph's structure, such as shapes and axes. */
  readonly known?: readonly number[] | 'all';
  /** The inputs that training leaves as they are where they are weights, such as the mean of a normalization. */
  readonly fixed?: readonly number[];
  /** Whether it reads of its inputs the shapes alone. */
  readonly ofShapes?: boolean;
  /** Whether its result is computed where the graph is built, since its shape follows from numbers. */
  readonly onHost?: boolean;
}

export type Operators = Readonly<Record<string, Operator | OperatorRules>>;

/** @param known the inputs that must be known. */
export function needing(known: readonly number[] | 'all', make: Operator): OperatorRules {
  return { make, known };
}

export function rulesOf(operator: Operator | OperatorRules): OperatorRules {
  return typeof operator === 'function' ? { make: operator } : operator;
}

export function int64(value: Value): Typed {
  return { value, type: types.int64 };
}
