import {
  allocateArray,
  type DType,
  type Instruction,
  InternalError,
  type Program,
  sameShape,
  type Tensor,
  type TensorSpec,
  type TypedArray,
} from '@pullback/core';
import { type ElementType, types } from '../element-types.ts';
import type { AttributePart, GraphParts, NodePart, NumbersPart } from '../onnx-bytes.ts';

/** The element type that a dtype is written as. */
export const writtenTypes = {
  float32: types.float,
  float64: types.double,
  int32: types.int32,
  bool: types.bool,
  uint8: types.uint8,
} as const satisfies Readonly<Record<DType, ElementType>>;

/** A value of a Program as the graph has it. */
interface Written {
  readonly spec: TensorSpec;
  /** Its name where it has all its elements. */
  name?: string;
  /** The name of what broadcasts to it, which is enough for whatever works element by element. */
  readonly thin?: string;
}

/** The writer of one instruction: it names what it makes. */
export type InstructionWriter = (
  writing: ProgramWriting,
  instruction: Instruction,
) => string | readonly string[];

/** A Program on its way to a graph: nodes and numbers so far, and under which names its values stand. */
export class ProgramWriting {
  readonly nodes: NodePart[] = [];
  readonly numbers: Record<string, NumbersPart> = {};
  readonly #values = new Map<number, Written>();
  readonly #taken = new Set<string>();
  readonly #shapes = new Map<string, string>();

  constructor(readonly program: Program) {}

  /** A name that nothing has: the one that is asked for, or that with a number. */
  fresh(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.#taken.has(name); i++) name = `${wanted}_${i}`;
    this.#taken.add(name);
    return name;
  }

  set(number: number, spec: TensorSpec, name: string): void {
    this.#values.set(number, { spec, name });
  }

  /** Says that a value is what broadcasting makes of another. */
  setThin(number: number, spec: TensorSpec, thin: string): void {
    this.#values.set(number, { spec, thin });
  }

  spec(number: number): TensorSpec {
    return this.#value(number).spec;
  }

  /** The name of a value with all its elements. */
  full(number: number): string {
    const value = this.#value(number);
    value.name ??= this.node('Expand', [value.thin ?? '', this.longs(value.spec.shape)]);
    return value.name;
  }

  /** The name of what broadcasts to a value. */
  thin(number: number): string {
    const { thin } = this.#value(number);
    return thin ?? this.full(number);
  }

  /** Operands for whatever works element by element: one at least has the shape of the result. */
  operands(numbers: readonly number[]): string[] {
    const whole = numbers.some((number) => this.#value(number).thin === undefined);
    return numbers.map((number, i) => (whole || i > 0 ? this.thin(number) : this.full(number)));
  }

  /** Adds a node with one output, and gives the name of that. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributePart>> = {},
  ): string {
    const output = this.fresh(operator.toLowerCase());
    this.nodes.push({ operator, inputs, outputs: [output], attributes });
    return output;
  }

  /** Numbers as a name, of 64-bit integers where they say shapes and axes. */
  longs(numbers: readonly number[]): string {
    const key = numbers.join();
    const known = this.#shapes.get(key);
    if (known !== undefined) return known;
    const name = this.constant(
      { shape: [numbers.length], dtype: 'int32', data: Int32Array.from(numbers) },
      'shape',
      types.int64,
    );
    this.#shapes.set(key, name);
    return name;
  }

  constant(tensor: Tensor, wanted = 'constant', type?: ElementType): string {
    const name = this.fresh(wanted);
    this.numbers[name] = { ...tensor, ...(type && { type }) };
    return name;
  }

  scalar(value: number, dtype: DType): string {
    const data = allocateArray(dtype, 1);
    data[0] = value;
    return this.constant({ shape: [], dtype, data });
  }

  /** A value in another shape of the same size. */
  reshape(name: string, from: readonly number[], to: readonly number[]): string {
    return sameShape(from, to) ? name : this.node('Reshape', [name, this.longs(to)], { allowzero: 1 });
  }

  #value(number: number): Written {
    const value = this.#values.get(number);
    if (value === undefined)
      throw new InternalError({
        got: `value ${number}, which is not written yet`,
        expected: 'values in order',
      });
    return value;
  }
}

/** An input of a Program: a place of the graph, or numbers of the file. */
export interface WrittenInput {
  readonly name: string;
  readonly data?: TypedArray;
}

/** A Program as a graph. Numbers that nothing reads are left out. */
export function graphOfProgram(
  program: Program,
  inputs: readonly WrittenInput[],
  outputs: readonly string[],
  writerOf: (instruction: Instruction) => InstructionWriter,
): GraphParts {
  const writing = new ProgramWriting(program);
  const read = new Set([...program.body.flatMap(({ inputs: operands }) => operands), ...program.outputs]);
  const places = inputs.flatMap(({ name, data }, i) => {
    const spec = program.inputs[i];
    if (spec === undefined || (data !== undefined && !read.has(i))) return [];
    const own = writing.fresh(name.replace(/^\w+:/, ''));
    writing.set(i, spec, own);
    if (data === undefined) return [{ name: own, shape: spec.shape, type: writtenTypes[spec.dtype] }];
    writing.numbers[own] = { ...spec, data };
    return [];
  });
  for (const name of outputs) writing.fresh(name);
  for (const instruction of program.body) {
    const made = [writerOf(instruction)(writing, instruction)].flat();
    made.forEach((name, k) => {
      const spec = instruction.outputs[k];
      if (spec !== undefined && name !== '') writing.set(instruction.first + k, spec, name);
    });
  }
  const results = program.outputs.map((number, i) => {
    const { shape, dtype } = writing.spec(number);
    const name = outputs[i] ?? writing.fresh('output');
    const from = writing.full(number);
    writing.nodes.push({ operator: 'Identity', inputs: [from], outputs: [name] });
    return { name, shape, type: writtenTypes[dtype] };
  });
  return {
    name: 'pullback',
    inputs: places,
    outputs: results,
    nodes: writing.nodes,
    numbers: writing.numbers,
  };
}
