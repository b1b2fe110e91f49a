import { evaluate, type FloatDType, OptionError, UnsupportedError, type Value } from '@pullback/core';
import { broken, isRecord, type Json, list, record, text } from '../json.ts';

/** Output `output` of the node `name`. */
export interface Edge {
  readonly name: string;
  readonly output: number;
}

/** `name`, `name:1`, or `^name`, which says an order alone and is left out. */
export function edgeOf(given: string): Edge | undefined {
  if (given.startsWith('^')) return undefined;
  const [name = '', output = '0'] = given.split(':');
  return { name, output: Number(output) };
}

/** A node of a graph of TensorFlow: an op with attributes. Source: tensorflow/core/framework/node_def.proto, as JSON. */
export class NodeDef {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly Edge[];
  readonly #attributes: Json;

  constructor(given: unknown) {
    const node = record(given, 'a node');
    this.name = text(node['name'], 'the name of a node');
    this.op = text(node['op'], `the op of '${this.name}'`);
    this.inputs = list(node['input'] ?? [], `the inputs of '${this.name}'`).flatMap(
      (each) => edgeOf(text(each, 'an input')) ?? [],
    );
    this.#attributes = isRecord(node['attr']) ? node['attr'] : {};
  }

  int(name: string, otherwise: number): number {
    return numberOf(this.#field(name, 'i') ?? otherwise, name);
  }

  float(name: string, otherwise: number): number {
    return numberOf(this.#field(name, 'f') ?? otherwise, name);
  }

  flag(name: string): boolean {
    return this.#field(name, 'b') === true;
  }

  /** An attribute of bytes that are text. */
  word(name: string, otherwise: string): string {
    const given = this.#field(name, 's');
    return given === undefined ? otherwise : textOf(given, name);
  }

  words(name: string): readonly string[] {
    return this.#list(name, 's').map((each) => textOf(each, name));
  }

  ints(name: string): readonly number[] {
    return this.#list(name, 'i').map((each) => numberOf(each, name));
  }

  /** Such as `DT_FLOAT`. */
  type(name: string): string {
    return String(this.#field(name, 'type') ?? 'DT_FLOAT');
  }

  /** The shape that a placeholder says, -1 for any extent. */
  get shape(): readonly number[] | undefined {
    return shapeOf(this.#field('shape', 'shape'));
  }

  #field(name: string, kind: string): unknown {
    const given = Object.hasOwn(this.#attributes, name) ? this.#attributes[name] : undefined;
    return isRecord(given) ? given[kind] : undefined;
  }

  #list(name: string, kind: string): readonly unknown[] {
    const given = this.#field(name, 'list');
    const found = isRecord(given) ? given[kind] : undefined;
    return Array.isArray(found) ? found : [];
  }
}

/** The extents of a TensorShapeProto, -1 for any; undefined where there is none. */
export function shapeOf(given: unknown): readonly number[] | undefined {
  if (!isRecord(given)) return undefined;
  if (given['unknownRank'] === true) return undefined;
  return list(given['dim'] ?? [], 'a shape').map((each) =>
    numberOf(record(each, 'an extent')['size'] ?? 0, 'size'),
  );
}

/** A whole number is text in the JSON of protobuf. */
function numberOf(given: unknown, what: string): number {
  const number = typeof given === 'string' && given !== '' ? Number(given) : given;
  if (typeof number !== 'number' || Number.isNaN(number))
    throw broken(`'${what}' that is no number`, 'a number');
  return number;
}

/** Bytes are base64 or, of older converters, a list of numbers. */
function textOf(given: unknown, what: string): string {
  if (Array.isArray(given)) return String.fromCharCode(...given.map(Number));
  try {
    return atob(text(given, `'${what}'`));
  } catch {
    throw broken(`'${what}' that is no text`, 'text in base64');
  }
}

/** A node with the Values of its inputs. */
export class NodeAt {
  constructor(
    readonly def: NodeDef,
    readonly inputs: readonly Value[],
    readonly floats: FloatDType,
  ) {}

  x(i: number): Value {
    const value = this.inputs.at(i);
    if (value === undefined) throw broken(`${this.inputs.length} inputs of '${this.def.name}'`, `input ${i}`);
    return value;
  }

  /** The numbers of an input that shapes and axes follow from. @throws OptionError where they depend on data. */
  known(i: number): readonly number[] {
    const value = this.x(i);
    if (!value.vertex.constant)
      throw new OptionError({
        got: `an input of ${this.def.op} '${this.def.name}' that depends on data`,
        expected: 'numbers that are known when the graph is built',
      });
    return Array.from(evaluate(value).data);
  }

  /** @throws UnsupportedError for images with channels first. */
  refuseChannelsFirst(): void {
    if (this.def.word('data_format', 'NHWC') !== 'NHWC') throw this.unsupported('with channels first');
  }

  unsupported(what: string): UnsupportedError {
    return new UnsupportedError({ got: `${this.def.op} '${this.def.name}' ${what}` });
  }
}

/** An op as a function of its node: one Value, or one for each output. */
export type GraphOp = (node: NodeAt) => Value | readonly Value[];
