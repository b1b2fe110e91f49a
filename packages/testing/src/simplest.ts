import { type Instruction, type Program, type Tensor, tensorOf } from '@pullback/core';
import type { RandomProgram } from './random-program.ts';

/**
 * The smallest Program that is still wrong: outputs are left out, and results are given as inputs in place of the instructions that made
 * them, as long as one of both goes. The inputs of the first Program keep their places.
 */
export function simplest(random: RandomProgram, isWrong: (random: RandomProgram) => boolean): RandomProgram {
  for (const smaller of simpler(random)) if (isWrong(smaller)) return simplest(smaller, isWrong);
  return random;
}

/** Programs with one output or one instruction less, those that lose most first. */
function simpler(random: RandomProgram): RandomProgram[] {
  const { program, over } = random;
  const all = program.outputs.map((_, i) => i);
  const withoutOutput = all.length < 2 ? [] : all.map((gone) => all.filter((i) => i !== gone));
  const tensors = tensorsOf(random);
  const candidates = [
    ...withoutOutput.map((kept) =>
      reduced(
        random,
        { ...program, outputs: kept.map((i) => program.outputs[i] ?? 0) },
        kept.map((i) => over[i]),
      ),
    ),
    ...program.body.map((instruction) => reduced(random, program, over, { instruction, tensors })),
  ];
  return candidates.sort((a, b) => a.program.body.length - b.program.body.length);
}

/** The tensor of every value, the first time. */
function tensorsOf({ program, data }: RandomProgram): Tensor[] {
  const tensors = [...data];
  for (const { primitive, attributes, inputs, outputs } of program.body) {
    const [first = tensorOf({ shape: [], dtype: 'bool' }), ...others] = outputs.map(tensorOf);
    primitive.evaluate(
      inputs.flatMap((input) => tensors[input] ?? []),
      [first, ...others],
      attributes,
    );
    tensors.push(first, ...others);
  }
  return tensors;
}

interface Given {
  readonly instruction: Instruction;
  readonly tensors: readonly Tensor[];
}

/** The Program with the results of an instruction among its inputs, without what no output needs, numbered anew. */
function reduced(
  random: RandomProgram,
  { inputs, body, outputs }: Program,
  over: RandomProgram['over'],
  given?: Given,
): RandomProgram {
  const made = given?.instruction.outputs.map((_, k) => given.instruction.first + k) ?? [];
  const needed = new Set(outputs);
  const alive = [...body]
    .reverse()
    .filter((instruction) => {
      const used = instruction.outputs.some((_, k) => needed.has(instruction.first + k));
      if (!used || instruction === given?.instruction) return false;
      for (const operand of instruction.inputs) needed.add(operand);
      return true;
    })
    .reverse();
  const order = [
    ...inputs.keys(),
    ...made,
    ...alive.flatMap((instruction) => instruction.outputs.map((_, k) => instruction.first + k)),
  ];
  const numbers = new Map(order.map((old, number) => [old, number]));
  const number = (old: number) => numbers.get(old) ?? 0;
  return {
    program: {
      inputs: [...inputs, ...(given?.instruction.outputs ?? [])],
      body: alive.map((each) => ({ ...each, inputs: each.inputs.map(number), first: number(each.first) })),
      outputs: outputs.map(number),
    },
    data: [...random.data, ...made.flatMap((value) => given?.tensors[value] ?? [])],
    over,
    times: random.times,
  };
}
