import type { Repeat } from '../forms/form.ts';
import type { Attributes } from '../graph/attributes.ts';
import type { Primitive, Program, Value } from '../graph/value.ts';
import type { Tensor, TensorSpec } from '../tensors/dtype.ts';
import { sizeOf } from '../tensors/shape.ts';
import { interpret } from './interpret.ts';

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
  const fixed = inputs.slice(0, captured);
  const sequences = inputs.slice(captured + carries);
  let carried = inputs.slice(captured, captured + carries);
  const lasts = outputs.slice(0, finals.length);
  const kept = outputs.slice(finals.length, finals.length + histories.length);
  const stacks = outputs.slice(finals.length + histories.length);
  const fill = (into: Tensor, from: Tensor | undefined): void => {
    if (from !== undefined) into.data.set(from.data);
  };
  const keep = (place: number): void => {
    for (const [i, history] of kept.entries()) fill(rowOf(history, place), carried[histories[i] ?? 0]);
  };
  keep(reverse ? length : 0);
  for (let step = 0; step < length; step++) {
    const place = reverse ? length - 1 - step : step;
    const made = interpret(body, [...fixed, ...carried, ...sequences.map((x) => rowOf(x, place))]);
    for (const [i, stack] of stacks.entries()) fill(rowOf(stack, place), made[carries + i]);
    carried = made.slice(0, carries);
    keep(reverse ? place : place + 1);
  }
  for (const [i, last] of lasts.entries()) fill(last, carried[finals[i] ?? 0]);
}

/** One place along the first axis of a tensor, which shares its numbers. */
function rowOf({ shape: [, ...shape], dtype, data }: Tensor, place: number): Tensor {
  const size = sizeOf(shape);
  return { shape, dtype, data: data.subarray(place * size, (place + 1) * size) };
}
