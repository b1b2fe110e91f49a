import { constant, gather, norm, reshape, sizeOf, type Tensor, type Value } from '@pullback/core';
import type { Numbers } from '../data.ts';
import { normOf } from '../numbers.ts';

/** The Values that must be computed so that a tensor can be shown, and how it is read from their numbers. */
export interface Probe {
  readonly wanted: readonly Value[];
  read(numbers: readonly Tensor[]): Numbers;
}

/** Tensors of more elements are sampled where they are: this many rows and columns of them, and their norm. */
const side = 32;

export function probeOf(value: Value): Probe {
  const { shape } = value;
  const count = sizeOf(shape);
  const columns = shape.at(-1) ?? 1;
  const rows = columns === 0 ? 0 : count / columns;
  if (count <= side * side)
    return {
      wanted: [value],
      read: ([tensor]) => {
        const sample = Float64Array.from(tensor?.data ?? [], Number);
        return { norm: normOf(sample), count, rows, columns, sample };
      },
    };
  const [down, across] = [spread(rows), spread(columns)];
  const places = Int32Array.from(down.flatMap((row) => across.map((column) => row * columns + column)));
  const flat = reshape(value, [count]);
  const isFloat = value.dtype === 'float32' || value.dtype === 'float64';
  return {
    wanted: [gather(flat, constant(places, { dtype: 'int32' })), ...(isFloat ? [norm(flat)] : [])],
    read: ([tensor, total]) => {
      const sample = Float64Array.from(tensor?.data ?? [], Number);
      const norm = Number(total?.data[0] ?? normOf(sample));
      // A norm of infinities may be a NaN, though no element is.
      const masked = Number.isNaN(norm) && normOf(sample) === Infinity;
      return {
        norm: masked ? Infinity : norm,
        count,
        rows: down.length,
        columns: across.length,
        sample,
      };
    },
  };
}

/** At most `side` places of so many, evenly apart. */
function spread(extent: number): number[] {
  const taken = Math.min(side, extent);
  return Array.from({ length: taken }, (_, i) => Math.floor((i * extent) / taken));
}
