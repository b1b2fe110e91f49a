import { applyPrimitive } from '../apply.ts';
import { isFloat } from '../dtype.ts';
import { DTypeError, ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import type { Primitive } from '../node.ts';
import { broadcastShapes, formatShape, lastOf, sameShape, sizeOf } from '../shape.ts';
import type { Value } from '../value.ts';
import { broadcast } from './broadcast-sum.ts';
import { expandDims, reshape, squeeze } from './reshape.ts';
import { moveAxis, swapAxes } from './transpose.ts';

const matmulPrimitive: Primitive<readonly [Value, Value], Readonly<Record<string, never>>, Value> = native({
  kind: 'contraction',
  name: 'matmul',
  infer: ([a, b]) => {
    const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
    const [rows, inner] = a.shape.slice(-2);
    const [innerB, columns] = b.shape.slice(-2);
    if (rows === undefined || columns === undefined || inner !== innerB || !sameShape(batchA, batchB))
      throw new ShapeError({
        got: `${formatShape(a.shape)} and ${formatShape(b.shape)}`,
        expected: 'matrices [..., m, k] and [..., k, n]',
      });
    if (a.dtype !== b.dtype || !isFloat(a.dtype))
      throw new DTypeError({
        got: `a product of ${a.dtype} and ${b.dtype}`,
        expected: 'two of one float dtype',
      });
    return { shape: [...batchA, rows, columns], dtype: a.dtype };
  },
  // Sums run over k in order, in float64, and are rounded once. The operands are widened first, so that the
  // inner loop sees one kind of array.
  evaluate: ([a, b], [output]) => {
    const [rows = 0, inner = 0] = a.shape.slice(-2);
    const columns = b.shape.at(-1) ?? 0;
    const [left, right] = [new Float64Array(a.data), new Float64Array(b.data)];
    const row = new Float64Array(columns);
    for (let i = 0; i < sizeOf(a.shape.slice(0, -2)) * rows; i++) {
      const matrix = Math.floor(i / rows) * inner * columns;
      row.fill(0);
      for (let k = 0; k < inner; k++) addScaled(row, left[i * inner + k] ?? 0, right, matrix + k * columns);
      output.data.set(row, i * columns);
    }
  },
  // grad_A = G B^T, grad_B = A^T G                                                    (4.1, 4.2)
  vjp: (gradient, { inputs: [a, b] }) => [
    matmul(gradient, swapAxes(b, -1, -2)),
    matmul(swapAxes(a, -1, -2), gradient),
  ],
  // Where one factor is the same for all samples, the samples become rows or columns of the other: one product.
  batch: ([a, b], { batched: [left, right] }) => {
    if (left === true && right === true) return matmul(a, b);
    if (left === true) {
      const rows = moveAxis(a, 0, -3);
      const product = matmul(joined(rows, -3), b);
      return moveAxis(reshape(product, [...rows.shape.slice(0, -1), lastOf(b.shape)]), -3, 0);
    }
    const columns = moveAxis(b, 0, -2);
    const product = matmul(a, joined(columns, -2));
    const outer = [...product.shape.slice(0, -1), ...columns.shape.slice(-2)];
    return moveAxis(reshape(product, outer), -2, 0);
  },
});

/** `x` with `axis`, from the end, and the one after it as one. */
function joined(x: Value, axis: number): Value {
  const place = x.shape.length + axis;
  const [one = 1, two = 1] = x.shape.slice(place);
  return reshape(x, [...x.shape.slice(0, place), one * two, ...x.shape.slice(place + 2)]);
}

/** row += scale * (the row of `matrix` that starts at `start`). */
function addScaled(row: Float64Array, scale: number, matrix: Float64Array, start: number): void {
  for (let j = 0; j < row.length; j++) row[j] = (row[j] ?? 0) + scale * (matrix[start + j] ?? 0);
}

/**
 * The product of matrices [..., m, k] and [..., k, n]; leading axes broadcast. A vector on the left is a row, on the
 * right a column, and its axis is left out of the result: two vectors give a scalar.
 * @throws ShapeError, DTypeError
 */
export function matmul(a: Value, b: Value): Value {
  if (a.shape.length === 1) return squeeze(matmul(expandDims(a, 0), b), b.shape.length === 1 ? -1 : -2);
  if (b.shape.length === 1) return squeeze(matmul(a, expandDims(b, 1)), -1);
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const spread = (x: Value) => broadcast(x, [...batch, ...x.shape.slice(-2)]);
  return applyPrimitive(matmulPrimitive, [spread(a), spread(b)], {});
}
