import { fromBinary } from '@bufbuild/protobuf';
import { DataError, UnsupportedError } from '@pullback/core';
import { type ElementType, typeOfCode } from './element-types.ts';
import { type Scan, scan, type Unsupported } from './graph-scan.ts';
import type { Operators } from './operator-node.ts';
import { operators as ours } from './operators/index.ts';
import {
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
  type ValueInfoProto,
} from './proto/onnx_pb.ts';
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
  readonly #numbers = new WeakMap<TensorProto, Numbers>();
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

  /** Whether the numbers under a name are those that training may change: floats, of which no shape follows. */
  isWeight(name: string, { type }: Numbers): boolean {
    return type.kind === 'float' && !this.#scan.known.has(name);
  }

  /** Whether it is a weight that training leaves as it is, such as the mean of a normalization. */
  isFixed(name: string): boolean {
    return this.#scan.fixed.has(name);
  }

  /** The numbers of a tensor of the file. @throws DataError for one that is damaged. */
  numbers(proto: TensorProto): Numbers {
    const numbers = this.#numbers.get(proto) ?? numbersOf(proto, this.#external);
    this.#numbers.set(proto, numbers);
    return numbers;
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
