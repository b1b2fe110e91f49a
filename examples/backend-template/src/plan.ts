import { type Program, sizeOf, type Tensor, type TensorSpec, tensorOf } from 'pullback';
import { type Step, stepOf } from './kernels.ts';

export interface Plan {
  readonly steps: readonly Step[];
  /** The array of every output of the Program. */
  readonly results: readonly Tensor[];
}

/**
 * Arrays for everything that a Program computes, and the steps that fill them. An array is used again once nobody reads what it held, so
 * that memory does not grow with the length of the Program; running allocates nothing.
 */
export function planOf({ body, inputs, outputs }: Program, given: readonly Tensor[]): Plan {
  const lastRead = new Map<number, number>();
  body.forEach((instruction, i) => {
    for (const number of instruction.inputs) lastRead.set(number, i);
  });
  for (const number of outputs) lastRead.set(number, body.length);

  const idle = new Map<string, Tensor['data'][]>();
  const kind = ({ shape, dtype }: TensorSpec) => `${dtype} ${sizeOf(shape)}`;
  const take = (spec: TensorSpec): Tensor => {
    const data = idle.get(kind(spec))?.pop();
    return data === undefined ? tensorOf(spec) : { ...spec, data };
  };
  const values = new Map<number, Tensor>(given.map((tensor, i) => [i, tensor]));
  const at = (number: number): Tensor => {
    const tensor = values.get(number);
    if (tensor === undefined) throw new RangeError(`the Program reads value ${number} before it is made`);
    return tensor;
  };
  const steps = body.flatMap((instruction, i) => {
    const read = instruction.inputs.map(at);
    const [first, ...others] = instruction.outputs.map(take);
    if (first === undefined) return [];
    [first, ...others].forEach((tensor, k) => {
      values.set(instruction.first + k, tensor);
      lastRead.set(instruction.first + k, lastRead.get(instruction.first + k) ?? i); // an output that nobody reads
    });
    for (const [number, last] of lastRead)
      if (last === i && number >= inputs.length) {
        const tensor = at(number);
        idle.set(kind(tensor), [...(idle.get(kind(tensor)) ?? []), tensor.data]);
      }
    return [stepOf(instruction, read, [first, ...others])];
  });
  return { steps, results: outputs.map(at) };
}
