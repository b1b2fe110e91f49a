import { applyPrimitive } from '../apply.ts';
import { DTypeError, ShapeError } from '../errors.ts';
import type { Primitive } from '../node.ts';
import { formatShape } from '../shape.ts';
import type { Value } from '../value.ts';

const transposePrimitive: Primitive<readonly [Value]> = {
  kind: 'structural',
  name: 'transpose',
  infer: ([x]) => {
    const [rows, columns, ...more] = x?.shape ?? [];
    if (rows === undefined || columns === undefined || more.length > 0)
      throw new ShapeError({ got: formatShape(x?.shape ?? []), expected: 'a matrix' });
    return { shape: [columns, rows], dtype: x?.dtype ?? 'float32' };
  },
  evaluate: ([x], output) => {
    const [rows = 0, columns = 0] = x?.shape ?? [];
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) output.data[j * rows + i] = x?.data[i * columns + j] ?? 0;
  },
  vjp: (gradient) => [transpose(gradient)],
};

/** A^T of a matrix. @throws ShapeError */
export function transpose(x: Value): Value {
  return applyPrimitive(transposePrimitive, [x], {});
}

/** row += scale * (the row of `matrix` that starts at `start`). */
function addScaled(row: Float64Array, scale: number, matrix: Float64Array, start: number): void {
  for (let j = 0; j < row.length; j++) row[j] = (row[j] ?? 0) + scale * (matrix[start + j] ?? 0);
}

const matmulPrimitive: Primitive<readonly [Value, Value]> = {
  kind: 'structural',
  name: 'matmul',
  infer: ([a, b]) => {
    const [rows, inner, ...moreA] = a?.shape ?? [];
    const [innerB, columns, ...moreB] = b?.shape ?? [];
    if (rows === undefined || columns === undefined || inner !== innerB || moreA.length + moreB.length > 0)
      throw new ShapeError({
        got: `${formatShape(a?.shape ?? [])} and ${formatShape(b?.shape ?? [])}`,
        expected: 'matrices [m, k] and [k, n]',
      });
    if (a?.dtype !== b?.dtype)
      throw new DTypeError({ got: `${a?.dtype} and ${b?.dtype}`, expected: 'one dtype' });
    return { shape: [rows, columns], dtype: a?.dtype ?? 'float32' };
  },
  // Sums run over k in order, in float64, and are rounded once. The operands are widened first, so that the
  // inner loop sees one kind of array.
  evaluate: ([a, b], output) => {
    if (a === undefined || b === undefined) return;
    const [rows = 0, inner = 0] = a.shape;
    const columns = b.shape[1] ?? 0;
    const [left, right] = [new Float64Array(a.data), new Float64Array(b.data)];
    const row = new Float64Array(columns);
    for (let i = 0; i < rows; i++) {
      row.fill(0);
      for (let k = 0; k < inner; k++) addScaled(row, left[i * inner + k] ?? 0, right, k * columns);
      output.data.set(row, i * columns);
    }
  },
  // grad_A = G B^T, grad_B = A^T G                                                    (4.1, 4.2)
  vjp: (gradient, { inputs: [a, b] }) => [matmul(gradient, transpose(b)), matmul(transpose(a), gradient)],
};

/** The product of matrices [m, k] and [k, n]. @throws ShapeError, DTypeError */
export function matmul(a: Value, b: Value): Value {
  return applyPrimitive(matmulPrimitive, [a, b], {});
}
