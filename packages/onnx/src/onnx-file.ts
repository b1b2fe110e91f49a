import { fromBinary } from '@bufbuild/protobuf';
import { DataError, OptionError, UnsupportedError } from '@pullback/core';
import { type ElementType, typeOfCode } from './element-types.ts';
import { type Scan, scan, type Unsupported } from './graph-scan.ts';
import type { Operators } from './operator-node.ts';
import { operators as ours } from './operators/index.ts';
import { type GraphProto, type ModelProto, ModelProtoSchema, type ValueInfoProto } from './proto/onnx_pb.ts';
import { type ExternalBytes, type Numbers, numbersOf } from './tensor-numbers.ts';

/** An input or output as the file declares it: extents are numbers, names of symbolic dimensions, or unknown. */
export interface Declared {
  readonly name: string;
  readonly type: ElementType;
  /** Undefined where the file says nothing of it. */
  readonly shape: readonly (number | string | undefined)[] | undefined;
}

export interface ReadOnnxOptions {
  /** The bytes of files that lie beside the model, where its tensors are kept in such files. */
  readonly external?: ExternalBytes;
  /** Operators beside ours, by name, `com.acme:Foo` for other domains: they win over ours. */
  readonly operators?: Operators;
}

/** A model of a file: its graph, its numbers, and the operators that it is run with. Nothing is run and nothing is changed. */
export class OnnxFile {
  readonly graph: GraphProto;
  readonly operators: Operators;
  readonly #external: ExternalBytes | undefined;
  readonly #numbers = new Map<string, Numbers>();
  readonly #scan: Scan;

  constructor(
    readonly model: ModelProto,
    { external, operators = {} }: ReadOnnxOptions = {},
  ) {
    if (model.graph === undefined)
      throw new DataError({ got: 'a model without a graph', expected: 'an ONNX model' });
    this.graph = model.graph;
    this.#external = external;
    this.operators = { ...ours, ...operators };
    this.#scan = scan(model, this.operators);
  }

  /** The inputs that the file waits for: those that it has no numbers of. */
  get inputs(): readonly Declared[] {
    const own = new Set(this.graph.initializer.map(({ name }) => name));
    return this.graph.input.filter(({ name }) => !own.has(name)).map(declared);
  }

  get outputs(): readonly Declared[] {
    return this.graph.output.map(declared);
  }

  /** The inputs that must be given as `known`: shapes and axes follow from them. */
  get mustBeKnown(): readonly string[] {
    return this.inputs.map(({ name }) => name).filter((name) => this.#scan.known.has(name));
  }

  /** The operators that are missing, with the nodes that need them. */
  get unsupported(): readonly Unsupported[] {
    return this.#scan.unsupported;
  }

  /** The operators that nodes ask for, by name. */
  get operatorNames(): readonly string[] {
    return [...this.#scan.operators];
  }

  /** The operators whose results are computed where the graph is built: their shapes follow from numbers. */
  get onHost(): readonly string[] {
    return [...this.#scan.onHost];
  }

  /** Whether training may change the numbers of that name. */
  isWeight(name: string): boolean {
    const { type, shape } = this.numbers(name);
    return type.kind === 'float' && shape.length > 0 && !this.#scan.known.has(name);
  }

  /** Whether it is a weight that training leaves as it is, such as the mean of a normalization. */
  isFixed(name: string): boolean {
    return this.#scan.fixed.has(name);
  }

  /** The numbers of the graph by name. @throws OptionError for a name that has none, DataError for a tensor that is damaged. */
  numbers(name: string): Numbers {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const proto = this.graph.initializer.find((tensor) => tensor.name === name);
    if (proto === undefined)
      throw new OptionError({ got: `numbers of '${name}'`, expected: 'the name of an initializer' });
    const numbers = numbersOf(proto, this.#external);
    this.#numbers.set(name, numbers);
    return numbers;
  }

  tensorOf(proto: Parameters<typeof numbersOf>[0]): Numbers {
    return numbersOf(proto, this.#external);
  }

  /** @throws UnsupportedError that lists all operators that are missing, with their nodes. */
  expectSupported(): void {
    const { unsupported } = this;
    if (unsupported.length === 0) return;
    const listed = unsupported.map(
      ({ operator, nodes }) =>
        `${operator} (${nodes.slice(0, 3).join(', ')}${nodes.length > 3 ? ` and ${nodes.length - 3} more` : ''})`,
    );
    throw new UnsupportedError({
      got: `operators that are missing: ${listed.join('; ')}`,
      expected: 'operators of `onnxOperators`',
      hint: '`operators` of readOnnx takes functions for them.',
    });
  }
}

/**
 * An ONNX model of its bytes.
 * @throws DataError for bytes that are none, names that nothing makes, cycles. Operators that are missing are in `unsupported`.
 */
export function readOnnx(bytes: Uint8Array, options: ReadOnnxOptions = {}): OnnxFile {
  return new OnnxFile(parsed(bytes), options);
}

function parsed(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch (error) {
    throw new DataError({
      got: `${bytes.length} bytes that are no ONNX model: ${error instanceof Error ? error.message : error}`,
      expected: 'a ModelProto',
    });
  }
}

function declared({ name, type }: ValueInfoProto): Declared {
  const { value: given } = type ?? {};
  // An optional tensor that is an input is one that is there.
  const value = given?.case === 'optionalType' ? given.value.elemType?.value : given;
  if (value?.case !== 'tensorType')
    throw new UnsupportedError({
      got: `'${name}', a ${value?.case ?? 'value without a type'}`,
      expected: 'a tensor',
      hint: 'Sequences, maps and optional values are no tensors.',
    });
  const { elemType, shape } = value.value;
  const dims = shape?.dim.map(({ value: dim }) => {
    if (dim.case === 'dimValue') return Number(dim.value);
    return dim.case === 'dimParam' && dim.value !== '' ? dim.value : undefined;
  });
  return { name, type: typeOfCode(elemType, `'${name}'`), shape: dims };
}
