import { type Instruction, sizeOf, type Tensor } from 'pullback';

/** Runs one instruction on the arrays that it was made for. */
export type Step = () => void;

type Outputs = readonly [Tensor, ...(readonly Tensor[])];
type Kernel = (inputs: readonly Tensor[], outputs: Outputs) => Step | undefined;

/** A loop over two arrays: the compiler makes better code of it than of a call for each element. */
const pairs =
  (loop: (a: ArrayLike<number>, b: ArrayLike<number>, out: Tensor['data']) => void): Kernel =>
  ([a, b], [output]) =>
    a === undefined || b === undefined || a.dtype === 'int32'
      ? undefined
      : () => loop(a.data, b.data, output.data);

/**
 * The primitives that this backend is fast at, by name: put your own here. Each must give what the primitive's own meaning gives, to the
 * last bit or within what the conformance test allows.
 */
const kernels: Readonly<Record<string, Kernel>> = {
  add: pairs((a, b, out) => {
    for (let i = 0; i < out.length; i++) out[i] = (a[i] ?? 0) + (b[i] ?? 0);
  }),
  sub: pairs((a, b, out) => {
    for (let i = 0; i < out.length; i++) out[i] = (a[i] ?? 0) - (b[i] ?? 0);
  }),
  mul: pairs((a, b, out) => {
    for (let i = 0; i < out.length; i++) out[i] = (a[i] ?? 0) * (b[i] ?? 0);
  }),
  // [..., m, k] times [..., k, n]: a row of the result at a time, summed in float64 in order of k.
  matmul: ([a, b], [output]) => {
    if (a === undefined || b === undefined) return undefined;
    const [rows = 0, inner = 0] = a.shape.slice(-2);
    const columns = b.shape.at(-1) ?? 0;
    const all = sizeOf(a.shape.slice(0, -2)) * rows;
    const [left, right, row] = [a.data, b.data, new Float64Array(columns)];
    return () => {
      for (let i = 0; i < all; i++) {
        const matrix = Math.floor(i / rows) * inner * columns;
        row.fill(0);
        for (let k = 0; k < inner; k++) {
          const scale = left[i * inner + k] ?? 0;
          const start = matrix + k * columns;
          for (let j = 0; j < columns; j++) row[j] = (row[j] ?? 0) + scale * (right[start + j] ?? 0);
        }
        output.data.set(row, i * columns);
      }
    };
  },
};

/** What runs an instruction: a kernel where there is one, the primitive's own meaning for everything else. */
export function stepOf(
  { primitive, attributes }: Instruction,
  inputs: readonly Tensor[],
  outputs: Outputs,
): Step {
  const made = kernels[primitive.name]?.(inputs, outputs);
  return made ?? (() => primitive.evaluate(inputs, outputs, attributes));
}
