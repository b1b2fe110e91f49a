import { bytesOf, operationsOf, type Program, sizeOf, type TensorSpec, unrolled } from '@pullback/core';
import type { Code } from './encoding.ts';
import { block, branchIf, get, i32, loop, tee } from './instructions.ts';
import type { Four, LaneOptions } from './lane.ts';
import type { Locals } from './module.ts';
import { storeFour } from './scalar/memory.ts';
import { type Element, Elements, padded } from './straight-line/elements.ts';
import { elementsOf, type Operand, workOf } from './straight-line/elements-of.ts';
import { Reductions } from './straight-line/reductions.ts';
import { Vectorizer } from './straight-line/vectorizer.ts';

/** Many steps of a Program without a loop inside: they stay in registers from the first to the last. */
export interface StraightLine {
  /** Loads the inputs, and does what is the same in every step. */
  readonly prologue: Code;
  readonly step: Code;
  /** Stores the outputs of the last step. */
  readonly epilogue: Code;
  /** Whether what a step makes for the next one stays in registers; else each loads and stores. */
  readonly carried: boolean;
  /** How many operations on single elements there are, each once. */
  readonly operations: number;
  /** About how many bytes all of it takes. */
  readonly size: number;
}

export interface StraightLineOptions extends LaneOptions {
  /** Where an input lies, as an int32 expression that may be written several times. */
  readonly inputAddress: (input: number) => Code;
  /** Where the output at a place of `program.outputs` lies. */
  readonly outputAddress: (place: number) => Code;
  /** The place of the output that has the memory of an input: what a step writes there, the next one reads. */
  readonly nextOf?: (input: number) => number | undefined;
  /** About how many bytes of WebAssembly it may take. */
  readonly limit?: number;
}

/**
 * Past it, on Node 20, the machine code of a step leaves the 32 KB cache of instructions and takes two to three times as long for each
 * operation, which loops then do faster.
 */
const largestStep = 20_000;

/**
 * A whole small Program as straight-line SIMD code. A value is the list of its elements, each a lane of some register or a number: what
 * moves elements costs nothing, and the others take them side by side as they need them.
 * @returns undefined where a primitive has no rule or the Program is too large.
 */
export function straightLine(
  given: Program,
  {
    inputAddress,
    outputAddress,
    nextOf = () => undefined,
    limit = largestStep,
    ...lane
  }: StraightLineOptions,
  locals: Locals,
): StraightLine | undefined {
  // The steps of a short repetition stand one after the other.
  const program = operationsOf(given) > limit * 2 ? given : unrolled(given);
  // Even four to a register, so many operations take more.
  if (program.body.length > limit / 4) return undefined;
  const specs = [...program.inputs, ...program.body.flatMap(({ outputs }) => outputs)];
  const specOf = (value: number): TensorSpec => specs[value] ?? { shape: [0], dtype: 'float32' };
  const read = new Set([...program.body.flatMap(({ inputs }) => inputs), ...program.outputs]);
  const sizes = [
    ...program.inputs.map(({ shape }, i) => (read.has(i) ? sizeOf(shape) : 0)),
    ...program.body.map((instruction) => workOf(instruction, specOf)),
  ];
  const asked = program.inputs.map((_, i) => nextOf(i));
  const fit = (input: TensorSpec, place: number | undefined): boolean => {
    const output = specOf(program.outputs[place ?? -1] ?? -1);
    return (
      place === undefined || (input.dtype === output.dtype && sizeOf(input.shape) === sizeOf(output.shape))
    );
  };
  // A step whose results are of other kinds than what it reads in their place reads them from memory.
  const carried = program.inputs.every((input, i) => fit(input, asked[i]));
  const changing = carried ? asked : program.inputs.map(() => undefined);
  // Elements that are only named and moved take no code, but time here.
  if (sizes.reduce((total, size) => total + size, 0) > limit * 2) return undefined;

  const elements = new Elements(locals, lane);
  const vectorizer = new Vectorizer(elements, lane);
  const reductions = new Reductions(vectorizer, lane.relaxed ?? false);
  const values: (readonly Element[])[] = program.inputs.map((spec, i) =>
    read.has(i) ? elements.input(i, spec, inputAddress(i), changing[i] !== undefined) : [],
  );
  for (const instruction of program.body) {
    const operands = instruction.inputs.map(
      (value): Operand => ({ elements: values[value] ?? [], spec: specOf(value) }),
    );
    const made = elementsOf(instruction, operands, { elements, vectorizer, reductions });
    if (made === undefined || vectorizer.size > limit) return undefined;
    values.push(made);
  }

  const resultOf = (place: number | undefined): readonly Element[] =>
    values[program.outputs[place ?? -1] ?? -1] ?? [];
  const epilogue = program.outputs.map((value, place): Code => {
    const { dtype } = specOf(value);
    const result = resultOf(place);
    return Array.from({ length: Math.ceil(result.length / 4) }, (_, quarter) => {
      const four = result.slice(quarter * 4, quarter * 4 + 4);
      const read = (part: readonly Element[], lanes: number) => elements.result(padded(part, lanes), dtype);
      const registers: Four =
        dtype === 'float64' ? [read(four.slice(0, 2), 2), read(four.slice(2), 2)] : [read(four, 4)];
      return storeFour(dtype, outputAddress(place), registers, quarter * 4 * bytesOf(dtype), four.length);
    });
  });
  const step = elements.advance(
    (input) => resultOf(changing[input]),
    (input) => specOf(input).dtype,
  );
  return {
    prologue: elements.registers.prologue,
    step,
    epilogue,
    carried,
    operations: vectorizer.operations,
    size: vectorizer.size,
  };
}

/** As many steps as the local `remaining` says, which ends as 0. At most some 1,000 a call: V8 replaces slow code when a function is entered. */
export function steps({ prologue, step, epilogue, carried }: StraightLine, remaining: number): Code {
  const again = branchIf(0, tee(remaining, i32.sub(get(remaining), i32.const(1))));
  return block(
    branchIf(0, i32.eqz(get(remaining))),
    carried ? [prologue, loop(step, again), epilogue] : loop(prologue, step, epilogue, again),
  );
}
