import {
  type Backend,
  type Instruction,
  type Program,
  placeholder,
  type TensorSpec,
  trace,
  UnsupportedError,
  type Value,
} from '@pullback/core';
import { type BytesOptions, onnxBytes } from '../onnx-bytes.ts';
import { elementsWriter } from './elements.ts';
import { graphOfProgram, type InstructionWriter } from './program-writing.ts';
import {
  contractionWriter,
  knownWriter,
  movingWriter,
  reductionWriter,
  scatterWriter,
  takeWriter,
} from './structure.ts';

export interface WriterOptions extends BytesOptions {
  /** Writers of primitives of one's own, by their names. */
  readonly writers?: Readonly<Record<string, InstructionWriter>>;
}

/** Writers of one's own first, then by the form of the primitive, as compilers do. */
const chosen =
  ({ writers = {} }: WriterOptions) =>
  (instruction: Instruction): InstructionWriter => {
    const { name } = instruction.primitive;
    return (Object.hasOwn(writers, name) ? writers[name] : undefined) ?? writerOf(instruction);
  };

function writerOf(instruction: Instruction): InstructionWriter {
  const { primitive, attributes } = instruction;
  const { form } = primitive;
  switch (form?.kind) {
    case 'elements':
      return elementsWriter(instruction);
    case 'view':
    case 'parts':
      return movingWriter(instruction);
    case 'reduce':
      return reductionWriter(form.combine, form.axes(attributes));
    case 'contract':
      return contractionWriter(form.labels(attributes));
    case 'take':
      return takeWriter(form.axis(attributes));
    case 'scatter':
      return scatterWriter(form.axis(attributes));
    case 'number':
    case 'place':
    case 'data':
      return knownWriter(form.kind);
    case 'same':
      return (writing, { inputs: [x = 0] }) => writing.full(x);
    default:
      throw new UnsupportedError({
        got: `'${primitive.name}'${form === undefined ? ', which runs on the host' : ', a repetition'}`,
        expected: 'a primitive that has a formula or is a view, sum or contraction',
      });
  }
}

/** Writes Programs, as `model.export(batch, { writer })` takes it: `code` is the ONNX file, and there is no loader. */
export function onnxWriter(options: WriterOptions = {}): NonNullable<Backend['export']> {
  return async (program, { inputs, outputs }) => ({
    code: Uint8Array.from(onnxBytes(graphOfProgram(program, inputs, outputs, chosen(options)), options)),
    loader: '',
  });
}

export interface OnnxOfOptions extends WriterOptions {
  /** The inputs by name, in the order of the function's arguments. */
  readonly inputs: Readonly<Record<string, TensorSpec>>;
}

/**
 * A function of Values as an ONNX file: its constants are numbers of the file, its results outputs by their names.
 * @throws UnsupportedError for a primitive that ONNX has no words for.
 */
export function onnxOf(
  f: (...inputs: readonly Value[]) => Readonly<Record<string, Value>>,
  { inputs, ...options }: OnnxOfOptions,
): Uint8Array {
  const places = Object.entries(inputs).map(([name, spec]) => placeholder(spec, name));
  const made = f(...places);
  const program: Program = trace(places, Object.values(made));
  const names = Object.keys(inputs).map((name) => ({ name }));
  return onnxBytes(graphOfProgram(program, names, Object.keys(made), chosen(options)), options);
}
