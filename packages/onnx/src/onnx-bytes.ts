import { create, toBinary } from '@bufbuild/protobuf';
import { OptionError, type Tensor } from '@pullback/core';
import { type ElementType, types } from './element-types.ts';
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './proto/onnx_pb.ts';

/** An attribute: whole numbers are ints, others floats; `{ float: 1 }` is a float whatever its number. */
export type AttributePart =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly tensor: Tensor; readonly type?: ElementType }
  | { readonly graph: GraphParts };

export interface NodePart {
  readonly operator: string;
  readonly domain?: string;
  readonly name?: string;
  /** Empty strings for inputs that are left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributePart>>;
}

/** An input or output of a graph: symbolic dimensions are names. */
export interface PlacePart {
  readonly name: string;
  readonly shape?: readonly (number | string)[];
  /** float when left out. */
  readonly type?: ElementType;
}

/** A graph as data: what `onnxBytes` writes. */
export interface GraphParts {
  readonly name?: string;
  readonly inputs: readonly PlacePart[];
  readonly outputs: readonly PlacePart[];
  readonly nodes: readonly NodePart[];
  readonly numbers?: Readonly<Record<string, NumbersPart>>;
}

/** Numbers of a graph. */
export interface NumbersPart extends Tensor {
  /** Where it is not that of the dtype: float, double, int32, bool or uint8. */
  readonly type?: ElementType;
  /** Where they lie in a file beside the model, in place of the model itself. */
  readonly external?: { readonly location: string; readonly offset: number; readonly length: number };
}

export interface BytesOptions {
  /** The version of ONNX's operator set; 20 when left out. */
  readonly opset?: number;
  /** Versions of other domains by name. */
  readonly domains?: Readonly<Record<string, number>>;
}

/** The IR version of ONNX 1.15, which reads operator set 20. */
const irVersion = 9n;
const encoder = new TextEncoder();

/** A graph as the bytes of an ONNX file. */
export function onnxBytes(parts: GraphParts, { opset = 20, domains = {} }: BytesOptions = {}): Uint8Array {
  const opsetImport = Object.entries({ '': opset, ...domains }).map(([domain, version]) => ({
    domain,
    version: BigInt(version),
  }));
  const model = create(ModelProtoSchema, {
    irVersion,
    producerName: 'pullback',
    opsetImport,
    graph: graphOf(parts),
  });
  return toBinary(ModelProtoSchema, model);
}

export function graphOf({ name = 'graph', inputs, outputs, nodes, numbers = {} }: GraphParts): GraphProto {
  return create(GraphProtoSchema, {
    name,
    input: inputs.map(placeOf),
    output: outputs.map(placeOf),
    initializer: Object.entries(numbers).map(([key, tensor]) => tensorProto(key, tensor)),
    node: nodes.map(({ operator, domain = '', name: own = '', attributes = {}, ...rest }) =>
      create(NodeProtoSchema, {
        opType: operator,
        domain,
        name: own,
        input: [...rest.inputs],
        output: [...rest.outputs],
        attribute: Object.entries(attributes).map(([key, part]) => attributeOf(key, part)),
      }),
    ),
  });
}

function placeOf({ name, shape, type = types.float }: PlacePart): ValueInfoProto {
  const dim = shape?.map((extent) => ({
    value:
      typeof extent === 'number'
        ? ({ case: 'dimValue', value: BigInt(extent) } as const)
        : ({ case: 'dimParam', value: extent } as const),
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: type.code, ...(dim && { shape: { dim } }) } } },
  });
}

function attributeOf(name: string, part: AttributePart): AttributeProto {
  const Kind = AttributeProto_AttributeType;
  const made = (type: number, value: object) => create(AttributeProtoSchema, { name, type, ...value });
  if (typeof part === 'string') return made(Kind.STRING, { s: encoder.encode(part) });
  if (typeof part === 'number') {
    if (!Number.isInteger(part)) return made(Kind.FLOAT, { f: part });
    return made(Kind.INT, { i: BigInt(part) });
  }
  if ('float' in part) return made(Kind.FLOAT, { f: part.float });
  if ('floats' in part) return made(Kind.FLOATS, { floats: [...part.floats] });
  if ('tensor' in part)
    return made(Kind.TENSOR, {
      t: tensorProto('', { ...part.tensor, ...(part.type && { type: part.type }) }),
    });
  if ('graph' in part) return made(Kind.GRAPH, { g: graphOf(part.graph) });
  return made(Kind.INTS, { ints: part.map(BigInt) });
}

const typeOfDType = {
  float32: types.float,
  float64: types.double,
  int32: types.int32,
  bool: types.bool,
  uint8: types.uint8,
} as const;

/** Numbers as a tensor of a file, little-endian. @throws OptionError for a type that is not written. */
export function tensorProto(
  name: string,
  { shape, dtype, data, type = typeOfDType[dtype], external }: NumbersPart,
): TensorProto {
  const head = { name, dims: shape.map(BigInt), dataType: type.code };
  if (external === undefined) return create(TensorProtoSchema, { ...head, rawData: rawOf(data, type) });
  const externalData = Object.entries(external).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value: String(value) }),
  );
  return create(TensorProtoSchema, {
    ...head,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData,
  });
}

function rawOf(data: Tensor['data'], type: ElementType): Uint8Array {
  const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
    new Uint8Array(buffer, byteOffset, byteLength).slice();
  if (type.name === 'float') return bytes(Float32Array.from(data));
  if (type.name === 'double') return bytes(Float64Array.from(data));
  if (type.name === 'int64') return bytes(BigInt64Array.from(data, BigInt));
  if (type.name === 'uint64') return bytes(BigUint64Array.from(data, BigInt));
  if (type.name === 'int32' || type.name === 'uint32') return bytes(Int32Array.from(data));
  if (type.kind === 'bool' || type.name === 'uint8') return bytes(Uint8Array.from(data));
  if (type.name === 'int8') return bytes(Int8Array.from(data));
  if (type.kind === 'integer' && type.bits === 16) return bytes(Int16Array.from(data));
  throw new OptionError({
    got: `numbers of ${type.name}`,
    expected: 'floats of 32 or 64 bits, integers, bools',
  });
}
