import { vertexOf } from '../graph/apply.ts';
import { labelled } from '../graph/origin.ts';
import type { Instruction, Program, Value } from '../graph/value.ts';
import { stack } from '../ops/concatenate.ts';
import { placeholder } from '../ops/leaves.ts';
import { squeeze } from '../ops/reshape.ts';
import { slice } from '../ops/slice-pad.ts';
import { trace } from './trace.ts';

/** The Program without repetitions: their steps stand in it one after the other. For backends that have no loop for them. */
export function unrolled(program: Program): Program {
  if (!program.body.some(repeats)) return program;
  const inputs = program.inputs.map((spec, i) => placeholder(spec, `input${i}`));
  return trace(inputs, valuesOf(program, inputs));
}

function repeats({ primitive }: Instruction): boolean {
  return primitive.form?.kind === 'repeat';
}

/** The outputs of a Program on Values. */
function valuesOf({ body, outputs }: Program, inputs: readonly Value[]): Value[] {
  const values = [...inputs];
  const at = (number: number): Value[] => values.slice(number, number + 1);
  for (const instruction of body) {
    const { primitive, attributes, origins } = instruction;
    const operands = instruction.inputs.flatMap(at);
    const make = () =>
      repeats(instruction)
        ? stepsOf(instruction, operands)
        : vertexOf(primitive, operands, attributes).outputs;
    const [origin] = origins;
    values.push(...(origin === undefined ? make() : labelled(origin, make)));
  }
  return outputs.flatMap(at);
}

/** [...finals, ...histories, ...stacks] of a repetition, each step on its own. */
function stepsOf({ primitive, attributes }: Instruction, operands: readonly Value[]): Value[] {
  if (primitive.form?.kind !== 'repeat') return [];
  const { body, length, reverse, captured, carries, finals, histories } = primitive.form.repeat(attributes);
  const sequences = operands.slice(captured + carries);
  const steps: Value[][] = [];
  let carried = operands.slice(captured, captured + carries);
  const before = [carried];
  for (let step = 0; step < length; step++) {
    const place = reverse ? length - 1 - step : step;
    const slices = sequences.map((x) => squeeze(slice(x, [place], [place + 1]), 0));
    const made = valuesOf(body, [...operands.slice(0, captured), ...carried, ...slices]);
    carried = made.slice(0, carries);
    before.push(carried);
    steps.push(made.slice(carries));
  }
  if (reverse) for (const list of [before, steps]) list.reverse();
  const column = (rows: readonly (readonly Value[])[], i: number) =>
    rows.flatMap((row) => row.slice(i, i + 1));
  return [
    ...finals.flatMap((i) => carried.slice(i, i + 1)),
    ...histories.map((i) => stack(column(before, i))),
    ...body.outputs.slice(carries).map((_, i) => stack(column(steps, i))),
  ];
}
