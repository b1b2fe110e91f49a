import { ShapeError } from '../errors.ts';
import type { Value } from '../graph/value.ts';
import { broadcastShapes, formatShape } from '../tensors/shape.ts';
import { contract } from './contract.ts';
import { reshape } from './reshape.ts';

/**
 * The product of matrices [..., m, k] and [..., k, n]; leading axes broadcast. A vector on the left is a row, on the
 * right a column, and its axis is left out of the result: two vectors give their scalar product.
 * @throws ShapeError, DTypeError
 */
export function matmul(a: Value, b: Value): Value {
  const [k, m] = [...a.shape].reverse();
  const inner = b.shape.length === 1 ? b.shape[0] : b.shape.at(-2);
  if (k === undefined || inner !== k)
    throw new ShapeError({
      got: `${formatShape(a.shape)} and ${formatShape(b.shape)}`,
      expected: 'matrices [..., m, k] and [..., k, n]',
    });
  // Labels: the batch axes 0, 1, ... of the result, then rows, columns and inner.
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [rows, columns, summed] = [batch.length, batch.length + 1, batch.length + 2];
  const left = withBatch(a, batch);
  const right = withBatch(b, batch);
  const [hasRows, hasColumns] = [m !== undefined, b.shape.length > 1];
  return contract(left.x, right.x, {
    a: [...left.labels, ...(hasRows ? [rows] : []), summed],
    b: [...right.labels, summed, ...(hasColumns ? [columns] : [])],
    out: [...batch.keys(), ...(hasRows ? [rows] : []), ...(hasColumns ? [columns] : [])],
  });
}

/** An operand without the batch axes along which it is repeated, and the labels of those that it has. */
function withBatch(x: Value, batch: readonly number[]): { readonly x: Value; readonly labels: number[] } {
  const own = x.shape.slice(0, -2);
  const first = batch.length - own.length;
  const labels = own.flatMap((extent, i) => (extent === 1 && batch[first + i] !== 1 ? [] : [first + i]));
  const kept = labels.map((label) => batch[label] ?? 1);
  return { x: labels.length === own.length ? x : reshape(x, [...kept, ...x.shape.slice(-2)]), labels };
}
