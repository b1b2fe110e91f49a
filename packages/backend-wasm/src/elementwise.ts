import { type DType, type Instruction, sizeOf } from '@pullback/core';
import { type Code, get, i32, type Locals, repeat, set, storeUpTo, types, v128 } from './assembler.ts';
import { functions, kernelName, Lane } from './functions.ts';
import type { Plan } from './plan.ts';

export interface Chain {
  readonly shape: readonly number[];
  readonly instructions: readonly Instruction[];
  readonly stored: ReadonlySet<number>;
}

/** Elementwise instructions of one shape as one loop: values between them stay in registers. */
export function chainCode(
  locals: Locals,
  chain: Chain,
  plan: Plan,
  addressOf: (value: number) => number,
): Code {
  const { shape, instructions } = chain;
  const made = new Set(instructions.map(({ first }) => first));
  const readings = instructions.flatMap(({ inputs }) =>
    inputs
      .filter((operand) => !made.has(plan.rootOf(operand)))
      .map((operand) => plan.readingOf(operand, shape)),
  );
  const flat = readings.every(({ how }) => how === 'full' || how === 'one' || how === 'number');
  const columns = flat ? sizeOf(shape) : (shape.at(-1) ?? 1);
  const rows = sizeOf(shape) / columns;
  // A vector past the end is harmless in a flat loop: blocks of memory have room behind them.
  const whole = flat ? Math.ceil(columns / 4) * 4 : columns - (columns % 4);
  const [at, column, row] = [locals.make(types.i32), locals.make(types.i32), locals.make(types.i32)];
  const hoisted = new Map<number, number>();
  const perRow: Code[] = [];
  const splat = (value: number, index: Code): Code => {
    const known = hoisted.get(value) ?? locals.make(types.v128);
    if (!hoisted.has(value)) perRow.push(set(known, v128.splatLoad(index, addressOf(value))));
    hoisted.set(value, known);
    return get(known);
  };

  const vector = (count: number): Code => {
    const lane = new Lane(locals);
    const values = new Map<number, Code>();
    const loaded = new Map<string, Code>();
    const operandOf = (operand: number): Code => {
      const own = values.get(plan.rootOf(operand));
      if (own !== undefined) return own;
      const reading = plan.readingOf(operand, shape);
      if (reading.how === 'number') return v128.const(reading.number);
      if (reading.how === 'one') return splat(reading.value, i32.const(0));
      if (reading.how === 'row') return splat(reading.value, get(row));
      const key = `${reading.how} ${reading.value}`;
      const index = reading.how === 'full' ? at : column;
      const { dtype = 'float32' } = plan.specs[operand] ?? {};
      const value = loaded.get(key) ?? lane.keep(load(dtype, get(index), addressOf(reading.value)));
      loaded.set(key, value);
      return value;
    };
    for (const { primitive, inputs, first } of instructions) {
      const result = lane.keep(
        functions[kernelOf(primitive.name, inputs, plan)]?.(lane, ...inputs.map(operandOf)) ?? [],
      );
      values.set(first, result);
      if (chain.stored.has(first)) lane.statements.push(storeUpTo(get(at), result, addressOf(first), count));
    }
    return lane.statements;
  };
  const main = whole === 0 ? [] : vector(4);
  const tail = columns > whole ? vector(columns - whole) : [];
  const advance = (bytes: number): Code => set(at, i32.add(get(at), i32.const(bytes)));
  return [
    set(at, i32.const(0)),
    set(row, i32.const(0)),
    repeat(row, i32.const(rows * 4), 4, [
      perRow,
      set(column, i32.const(0)),
      whole === 0 ? [] : repeat(column, i32.const(whole * 4), 16, [main, advance(16)]),
      columns > whole ? [tail, advance((columns - whole) * 4)] : [],
    ]),
  ];
}

function kernelOf(name: string, inputs: readonly number[], { specs }: Plan): string {
  return (
    kernelName(
      name,
      inputs.map((operand) => specs[operand]?.dtype ?? 'float32'),
    ) ?? ''
  );
}

/** Four elements from `index` bytes of floats on: bytes as int32, booleans as masks. */
function load(dtype: DType, index: Code, address: number): Code {
  if (dtype === 'float32' || dtype === 'int32') return v128.load(index, address);
  const bytes = v128.loadBytes(i32.shiftRight(index, i32.const(2)), address);
  return dtype === 'bool' ? v128.subInts(v128.bits(0), bytes) : bytes;
}
