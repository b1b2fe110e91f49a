export { type ElementType, types as elementTypes } from './element-types.ts';
export type { Unsupported } from './graph-scan.ts';
export {
  type AttributePart,
  type BytesOptions,
  type GraphParts,
  type NodePart,
  onnxBytes,
  type PlacePart,
} from './onnx-bytes.ts';
export { type Declared, OnnxFile, type ReadOnnxOptions, readOnnx } from './onnx-file.ts';
export {
  type OnnxFunction,
  type OnnxLayer,
  type OnnxOptions,
  onnx,
  onnxFunction,
  onnxOutputs,
} from './onnx-layer.ts';
export {
  type Made,
  needing,
  type Operator,
  OperatorNode,
  type OperatorRules,
  type Operators,
  type Typed,
} from './operator-node.ts';
export { operators as onnxOperators } from './operators/index.ts';
export type { ExternalBytes } from './tensor-numbers.ts';
export { type OnnxOfOptions, onnxOf, onnxWriter, type WriterOptions } from './write/onnx-writer.ts';
export type { InstructionWriter, ProgramWriting } from './write/program-writing.ts';
