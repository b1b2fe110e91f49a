import type { Program } from '../graph/value.ts';
import type { Tensor } from '../tensors/dtype.ts';
import { tensorOf } from '../tensors/tensor.ts';

/** The outputs of a Program, by the primitives' own meaning. */
export function interpret({ body, outputs }: Program, inputs: readonly Tensor[]): Tensor[] {
  const values = [...inputs];
  const at = (number: number): Tensor => values[number] ?? tensorOf({ shape: [0], dtype: 'float32' });
  for (const { primitive, attributes, inputs: operands, outputs: specs } of body) {
    const [first, ...others] = specs.map(tensorOf);
    if (first === undefined) continue;
    primitive.evaluate(operands.map(at), [first, ...others], attributes);
    values.push(first, ...others);
  }
  return outputs.map(at);
}
