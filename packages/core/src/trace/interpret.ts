import { UnsupportedError } from '../errors.ts';
import type { Program } from '../graph/value.ts';
import type { Tensor } from '../tensors/dtype.ts';
import { tensorOf } from '../tensors/tensor.ts';

/** The body of a Program, bound to numbers. */
export interface BoundSteps {
  /** The inputs, and behind them a tensor for each result. */
  readonly values: readonly Tensor[];
  /** For each instruction a function that computes its results from `values` where they lie. */
  readonly steps: readonly (() => void)[];
}

/**
 * A Program by the primitives' own meaning, on `inputs` and on tensors of its own, which every run uses again.
 * @throws UnsupportedError for a primitive without an output, or a number that is no value's.
 */
export function boundSteps({ body }: Pick<Program, 'body'>, inputs: readonly Tensor[]): BoundSteps {
  const values = [...inputs];
  const steps = body.map(({ primitive, attributes, inputs: operands, outputs: specs }) => {
    const read = operands.map((operand) => tensorAt(values, operand));
    const [first, ...others] = specs.map(tensorOf);
    if (first === undefined)
      throw new UnsupportedError({ got: `'${primitive.name}' without an output`, expected: 'at least one' });
    const made = [first, ...others] as const;
    values.push(...made);
    return () => primitive.evaluate(read, made, attributes);
  });
  return { values, steps };
}

/** The value of that number. @throws UnsupportedError */
export function tensorAt(values: readonly Tensor[], number: number): Tensor {
  const found = values[number];
  if (found === undefined)
    throw new UnsupportedError({
      got: `value ${number}`,
      expected: `one of ${values.length}, as a Program has`,
    });
  return found;
}

/** The outputs of a Program, by the primitives' own meaning. */
export function interpret(program: Program, inputs: readonly Tensor[]): Tensor[] {
  const { values, steps } = boundSteps(program, inputs);
  for (const step of steps) step();
  return program.outputs.map((number) => tensorAt(values, number));
}
