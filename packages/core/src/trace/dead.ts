import type { Repeat } from '../forms/form.ts';
import type { Instruction, Primitive, Program } from '../graph/value.ts';
import { repeatPrimitive } from './repeat-primitive.ts';

/** Without the instructions that no output needs, and repetitions without what nobody reads of them; numbered anew. */
export function withoutDead({ inputs, body, outputs }: Program): Program {
  const needed = new Set(outputs);
  /** The instructions that stay, the last first, with the old numbers of what they make. */
  const alive: { readonly instruction: Instruction; readonly made: readonly number[] }[] = [];
  for (const instruction of [...body].reverse()) {
    const { first, outputs: specs } = instruction;
    const wanted = specs.map((_, k) => needed.has(first + k));
    if (!wanted.includes(true)) continue;
    const kept = wanted.includes(false) ? reduced(instruction, wanted) : undefined;
    const made = specs.flatMap((_, k) => (kept === undefined || wanted[k] === true ? [first + k] : []));
    alive.push({ instruction: kept ?? instruction, made });
    for (const operand of (kept ?? instruction).inputs) needed.add(operand);
  }
  alive.reverse();
  const renumbered = new Map(inputs.map((_, i) => [i, i]));
  let next = inputs.length;
  for (const { made } of alive) for (const old of made) renumbered.set(old, next++);
  const renumber = (number: number) => renumbered.get(number) ?? number;
  return {
    inputs,
    body: alive.map(({ instruction, made: [first = 0] }) => ({
      ...instruction,
      inputs: instruction.inputs.map(renumber),
      first: renumber(first),
    })),
    outputs: outputs.map(renumber),
  };
}

/** A repetition that makes the wanted results alone; undefined of every other instruction. */
function reduced(instruction: Instruction, wanted: readonly boolean[]): Instruction | undefined {
  const { primitive, attributes, inputs, outputs } = instruction;
  if (primitive.form?.kind !== 'repeat') return undefined;
  const { primitive: made, reads } = only(primitive.form.repeat(attributes), wanted);
  return {
    ...instruction,
    primitive: made,
    inputs: reads.flatMap((place) => inputs.slice(place, place + 1)),
    outputs: outputs.filter((_, k) => wanted[k] === true),
  };
}

/** A part of a repetition, and which of its inputs that reads. */
interface Part {
  readonly primitive: Primitive;
  readonly reads: readonly number[];
}

const known = new WeakMap<Repeat<Program>, Map<string, Part>>();

/** The part of a repetition that makes some of its results; the same object whenever the same ones are asked for. */
function only(repeat: Repeat<Program>, wanted: readonly boolean[]): Part {
  const parts = known.get(repeat) ?? new Map<string, Part>();
  known.set(repeat, parts);
  const key = wanted.join();
  const part = parts.get(key) ?? partOf(repeat, wanted);
  parts.set(key, part);
  return part;
}

function partOf(repeat: Repeat<Program>, wanted: readonly boolean[]): Part {
  const { body, captured, carries } = repeat;
  let place = 0;
  const isWanted = () => wanted[place++] === true;
  const finals = repeat.finals.filter(isWanted);
  const histories = repeat.histories.filter(isWanted);
  const stacks = body.outputs.slice(carries).filter(isWanted);
  // A carry is needed where it is wanted, and where what is needed reads it.
  const handedOn = new Set([...finals, ...histories]);
  const programOf = () =>
    withoutDead({
      ...body,
      outputs: [...body.outputs.filter((_, i) => i < carries && handedOn.has(i)), ...stacks],
    });
  let program = programOf();
  for (let before = -1; before < handedOn.size; program = programOf()) {
    before = handedOn.size;
    const read = readBy(program);
    for (let i = 0; i < carries; i++) if (read.has(captured + i)) handedOn.add(i);
  }
  const read = readBy(program);
  const reads = body.inputs.flatMap((_, i) => {
    const carry = i - captured;
    const isCarry = carry >= 0 && carry < carries;
    return (isCarry ? handedOn.has(carry) : read.has(i)) ? [i] : [];
  });
  const order = [...handedOn].sort((a, b) => a - b);
  const placeOf = (carry: number) => order.indexOf(carry);
  const primitive = repeatPrimitive({
    ...repeat,
    body: withInputs(program, reads),
    captured: reads.filter((i) => i < captured).length,
    carries: order.length,
    finals: finals.map(placeOf),
    histories: histories.map(placeOf),
  });
  return { primitive, reads };
}

function readBy({ body, outputs }: Program): ReadonlySet<number> {
  return new Set([...body.flatMap(({ inputs }) => inputs), ...outputs]);
}

/** A Program with some of its inputs alone. */
function withInputs({ inputs, body, outputs }: Program, kept: readonly number[]): Program {
  const fewer = inputs.length - kept.length;
  const renumber = (number: number) => (number < inputs.length ? kept.indexOf(number) : number - fewer);
  return {
    inputs: kept.flatMap((i) => inputs.slice(i, i + 1)),
    body: body.map((instruction) => ({
      ...instruction,
      inputs: instruction.inputs.map(renumber),
      first: renumber(instruction.first),
    })),
    outputs: outputs.map(renumber),
  };
}
