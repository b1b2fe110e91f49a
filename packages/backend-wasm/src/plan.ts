import { type Instruction, type Program, sizeOf, type TensorSpec } from '@pullback/core';
import { kernelName } from './functions.ts';

/** How an elementwise kernel over [rows, columns] reads an operand: every element, one for each column or row, or one number for all. */
export type Reading =
  | { readonly how: 'full' | 'column' | 'row' | 'one'; readonly value: number }
  | { readonly how: 'number'; readonly number: number };

/** What is run in one go, in order. */
export type Step =
  | {
      readonly kind: 'elementwise';
      readonly shape: readonly number[];
      readonly instructions: readonly Instruction[];
      /** Those whose results are needed in memory. */
      readonly stored: ReadonlySet<number>;
    }
  | { readonly kind: 'matmul'; readonly instruction: Instruction; readonly operands: readonly MatrixOf[] }
  | { readonly kind: 'sum'; readonly instruction: Instruction; readonly extents: Extents }
  /** By the primitive's own meaning, on the host. */
  | { readonly kind: 'host'; readonly instruction: Instruction };

export interface MatrixOf {
  readonly value: number;
  readonly transposed: boolean;
}

export type Extents = readonly [outer: number, reduced: number, inner: number];

export interface Plan {
  readonly steps: readonly Step[];
  readonly specs: readonly TensorSpec[];
  /** The value whose memory each value shares. */
  rootOf(value: number): number;
  readingOf(operand: number, shape: readonly number[]): Reading;
  /** Roots that are kept in memory. */
  readonly kept: ReadonlySet<number>;
}

/** Products smaller than this many multiplications are summed in float64 by the primitive itself. */
const smallProduct = 4096;

/** The steps of a Program, and which values need memory. */
export function planOf(program: Program): Plan {
  const specs = [...program.inputs, ...program.body.flatMap(({ outputs }) => outputs)];
  const makers = new Map(
    program.body.flatMap((instruction) =>
      instruction.outputs.map((_, k): [number, Instruction] => [instruction.first + k, instruction]),
    ),
  );
  const rootOf = (value: number): number => {
    const maker = makers.get(value);
    const [from] = maker?.inputs ?? [];
    const same = maker?.primitive.name === 'reshape' || maker?.primitive.kind === 'identity';
    return same && from !== undefined ? rootOf(from) : value;
  };
  const specOf = (value: number): TensorSpec => specs[value] ?? { shape: [], dtype: 'float32' };

  const readingOf = (operand: number, shape: readonly number[]): Reading => {
    const maker = makers.get(rootOf(operand));
    const number = maker?.primitive.name === 'fill' ? maker.attributes['value'] : undefined;
    if (typeof number === 'number' && specOf(operand).dtype === 'float32') return { how: 'number', number };
    const direct = makers.get(operand);
    const [from] = direct?.inputs ?? [];
    const { dtype } = specOf(operand);
    const vectors = dtype === 'float32' || dtype === 'int32';
    if (vectors && direct?.primitive.name === 'broadcast' && from !== undefined) {
      const how = broadcasting(specOf(from).shape, shape);
      if (how !== undefined) return { how, value: rootOf(from) };
    }
    return { how: 'full', value: rootOf(operand) };
  };

  const matrixOf = (operand: number): MatrixOf => {
    const maker = makers.get(operand);
    const [from] = maker?.inputs ?? [];
    return maker?.primitive.name === 'transpose' && from !== undefined
      ? { value: rootOf(from), transposed: true }
      : { value: rootOf(operand), transposed: false };
  };

  const asKernel = (instruction: Instruction): Step | undefined => {
    const { primitive, inputs, outputs, attributes } = instruction;
    const [{ shape, dtype } = specOf(-1)] = outputs;
    if (dtype !== 'float32' || sizeOf(shape) === 0) return undefined;
    if (primitive.name === 'matmul') {
      const [, columns = 0] = shape;
      const inner = specOf(inputs[0] ?? -1).shape.at(-1) ?? 0;
      if (shape.length !== 2 || inner === 0 || sizeOf(shape) * inner < smallProduct || columns === 0)
        return undefined;
      return { kind: 'matmul', instruction, operands: inputs.map(matrixOf) };
    }
    const extents =
      primitive.name === 'sum' ? extentsOf(specOf(inputs[0] ?? -1).shape, attributes['axes']) : undefined;
    return extents && { kind: 'sum', instruction, extents };
  };

  const consumers = new Map<number, Instruction[]>();
  for (const instruction of program.body)
    for (const operand of instruction.inputs)
      consumers.set(operand, [...(consumers.get(operand) ?? []), instruction]);
  const results = new Set(program.outputs.map(rootOf));

  // Masks that kernels make have no memory: they are made again in every kernel that reads them. One that is needed in memory is made on the
  // host.
  const host = new Set<Instruction>();
  for (;;) {
    const steps = grouped(program, host, makers, specOf, asKernel);
    const inKernels = new Set(
      steps.flatMap((step) => (step.kind === 'elementwise' ? step.instructions : [])),
    );
    const before = host.size;
    for (const instruction of inKernels) {
      const { first, outputs } = instruction;
      const readers = consumers.get(first) ?? [];
      const isMask = outputs[0]?.dtype === 'bool';
      if (isMask && (results.has(first) || !readers.every((one) => inKernels.has(one))))
        host.add(instruction);
    }
    if (host.size === before) return finished(steps);
  }

  function finished(all: readonly Step[]): Plan {
    const kept = new Set(results);
    const steps: Step[] = [];
    // From the end: what nobody needs in memory is not made.
    for (const step of [...all].reverse()) {
      if (step.kind === 'elementwise') {
        const made = new Set(step.instructions.map(({ first }) => first));
        const stored = new Set([...made].filter((value) => kept.has(value)));
        if (stored.size === 0) continue;
        for (const { inputs } of step.instructions)
          for (const operand of inputs) {
            if (made.has(rootOf(operand))) continue;
            const reading = readingOf(operand, step.shape);
            if (reading.how !== 'number') kept.add(reading.value);
          }
        steps.push({ ...step, stored });
        continue;
      }
      const { first, outputs, inputs } = step.instruction;
      if (!outputs.some((_, k) => kept.has(first + k))) continue;
      const read = step.kind === 'matmul' ? step.operands.map(({ value }) => value) : inputs.map(rootOf);
      for (const value of read) kept.add(value);
      steps.push(step);
    }
    return { steps: steps.reverse(), specs, rootOf, readingOf, kept };
  }
}

/** Runs of elementwise instructions of one shape, with nothing between them that has to be computed. */
function grouped(
  { body }: Program,
  host: ReadonlySet<Instruction>,
  makers: ReadonlyMap<number, Instruction>,
  specOf: (value: number) => TensorSpec,
  asKernel: (instruction: Instruction) => Step | undefined,
): Step[] {
  const steps: Step[] = [];
  let group: { shape: readonly number[]; instructions: Instruction[] } | undefined;
  const close = () => {
    if (group !== undefined) steps.push({ kind: 'elementwise', ...group, stored: new Set() });
    group = undefined;
  };
  for (const instruction of body) {
    const { primitive, outputs } = instruction;
    if (primitive.name === 'reshape' || primitive.kind === 'identity') continue;
    const [{ shape } = specOf(-1)] = outputs;
    if (!host.has(instruction) && fits(instruction, specOf)) {
      if (group !== undefined && group.shape.join() !== shape.join()) close();
      group ??= { shape, instructions: [] };
      addWithMasks(instruction, group.instructions, host, makers, specOf);
      continue;
    }
    close();
    steps.push(asKernel(instruction) ?? { kind: 'host', instruction });
  }
  close();
  return steps;
}

/** `instruction` behind the masks that it reads and that were made in another kernel. */
function addWithMasks(
  instruction: Instruction,
  to: Instruction[],
  host: ReadonlySet<Instruction>,
  makers: ReadonlyMap<number, Instruction>,
  specOf: (value: number) => TensorSpec,
): void {
  if (to.includes(instruction)) return;
  for (const operand of instruction.inputs) {
    const maker = makers.get(operand);
    if (maker !== undefined && specOf(operand).dtype === 'bool' && !host.has(maker) && fits(maker, specOf))
      addWithMasks(maker, to, host, makers, specOf);
  }
  to.push(instruction);
}

function fits({ primitive, inputs, outputs }: Instruction, specOf: (value: number) => TensorSpec): boolean {
  const [output] = outputs;
  const dtypes = inputs.map((operand) => specOf(operand).dtype);
  return (
    primitive.kind === 'elementwise' &&
    kernelName(primitive.name, dtypes) !== undefined &&
    output !== undefined &&
    sizeOf(output.shape) > 0 &&
    (output.dtype === 'float32' || output.dtype === 'bool')
  );
}

/** How [rows, columns], columns being the last axis, reads what was of the shape `from`. */
function broadcasting(
  from: readonly number[],
  shape: readonly number[],
): 'column' | 'row' | 'one' | undefined {
  if (sizeOf(from) === 1) return 'one';
  const [last, rest] = [shape.length - 1, sizeOf(shape.slice(0, -1))];
  if (from[last] === shape[last] && sizeOf(from) === from[last]) return 'column';
  if (from[last] === 1 && sizeOf(from) === rest) return 'row';
  return undefined;
}

function extentsOf(shape: readonly number[], axes: unknown): Extents | undefined {
  if (!Array.isArray(axes) || axes.length === 0 || sizeOf(shape) === 0) return undefined;
  const sorted = [...(axes as readonly number[])].sort((a, b) => a - b);
  const [first = 0] = sorted;
  const end = (sorted.at(-1) ?? 0) + 1;
  if (end - first !== sorted.length) return undefined;
  return [sizeOf(shape.slice(0, first)), sizeOf(shape.slice(first, end)), sizeOf(shape.slice(end))];
}
