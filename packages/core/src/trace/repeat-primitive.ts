import type { Repeat } from '../forms/form.ts';
import type { Attributes } from '../graph/attributes.ts';
import type { Primitive, Program, Value } from '../graph/value.ts';
import type { Tensor, TensorSpec, TypedArray } from '../tensors/dtype.ts';
import { sizeOf } from '../tensors/shape.ts';
import { tensorOf } from '../tensors/tensor.ts';
import { boundSteps, tensorAt } from './interpret.ts';

type Repetition = Primitive<readonly Value[], Attributes, readonly Value[]>;

/** A repetition in a Program: it knows no derivative, which was taken before. */
export function repeatPrimitive(repeat: Repeat<Program>): Repetition {
  return {
    kind: 'repetition',
    name: 'scan',
    form: { kind: 'repeat', repeat: () => repeat },
    infer: () => repeatSpecs(repeat),
    evaluate: (inputs, outputs) => evaluateRepeat(repeat, inputs, outputs),
  };
}

/** The specs of [...finals, ...histories, ...stacks]. */
export function repeatSpecs({
  body,
  length,
  captured,
  carries,
  finals,
  histories,
}: Repeat<Program>): TensorSpec[] {
  const specs = [...body.inputs, ...body.body.flatMap(({ outputs }) => outputs)];
  const carry = (i: number) => body.inputs.slice(captured + i, captured + i + 1);
  const long = ({ shape, dtype }: TensorSpec, more = 0) => ({ shape: [length + more, ...shape], dtype });
  return [
    ...finals.flatMap(carry),
    ...histories.flatMap(carry).map((spec) => long(spec, 1)),
    ...body.outputs
      .slice(carries)
      .flatMap((value) => specs.slice(value, value + 1))
      .map((spec) => long(spec)),
  ];
}

/** Step after step, each on the carries that the one before made. */
export function evaluateRepeat(
  { body, length, reverse, captured, carries, finals, histories }: Repeat<Program>,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
): void {
  const sequences = inputs.slice(captured + carries);
  const own = body.inputs.slice(captured).map(tensorOf);
  const [carried, rows] = [own.slice(0, carries), own.slice(carries)];
  const { values, steps } = boundSteps(body, [...inputs.slice(0, captured), ...own]);
  const results = body.outputs.map((number) => tensorAt(values, number));
  const lasts = outputs.slice(0, finals.length);
  const kept = outputs.slice(finals.length, finals.length + histories.length);
  const stacks = outputs.slice(finals.length + histories.length);
  const keep = (place: number): void => {
    for (const [i, history] of kept.entries()) fill(rowOf(history, place), carried[histories[i] ?? 0]?.data);
  };
  for (const [i, carry] of carried.entries()) fill(carry.data, inputs[captured + i]?.data);
  keep(reverse ? length : 0);
  for (let step = 0; step < length; step++) {
    const place = reverse ? length - 1 - step : step;
    for (const [i, row] of rows.entries()) fill(row.data, sequences[i] && rowOf(sequences[i], place));
    for (const run of steps) run();
    for (const [i, stack] of stacks.entries()) fill(rowOf(stack, place), results[carries + i]?.data);
    // A result may be another carry as it came in.
    const next = carried.map((_, i) => results[i]?.data.slice());
    for (const [i, carry] of carried.entries()) fill(carry.data, next[i]);
    keep(reverse ? place : place + 1);
  }
  for (const [i, last] of lasts.entries()) fill(last.data, carried[finals[i] ?? 0]?.data);
}

function fill(into: TypedArray, from: TypedArray | undefined): void {
  if (from !== undefined) into.set(from);
}

/** The numbers at one place along the first axis of a tensor, which it shares. */
function rowOf({ shape: [, ...shape], data }: Tensor, place: number): TypedArray {
  const size = sizeOf(shape);
  return data.subarray(place * size, (place + 1) * size);
}
