import type { Tensor } from '../tensors/dtype.ts';
import { type Shape, sizeOf, stridesOf } from '../tensors/shape.ts';

/**
 * Where the elements of a box of `shape` lie when one step along each axis is `strides` elements, from `start`, in
 * row-major order: the one walk that views, reductions and gathers are written with.
 */
export function offsetsOf(shape: Shape, strides: readonly number[], start = 0): Int32Array {
  const offsets = new Int32Array(sizeOf(shape));
  if (offsets.length === 0) return offsets;
  offsets[0] = start;
  let filled = 1;
  // From the last axis outwards: each axis repeats what is filled, moved by its stride.
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const block = filled;
    const stride = strides[axis] ?? 0;
    for (let i = 1; i < (shape[axis] ?? 1); i++)
      for (let k = 0; k < block; k++) offsets[filled++] = (offsets[k] ?? 0) + i * stride;
  }
  return offsets;
}

/** output = the elements of `x` at the offsets of a strided view. */
export function readView(x: Tensor, output: Tensor, strides: readonly number[], start = 0): void {
  const offsets = offsetsOf(output.shape, strides, start);
  for (let i = 0; i < offsets.length; i++) output.data[i] = x.data[offsets[i] ?? 0] ?? 0;
}

/** Puts the elements of `x` at the offsets of a strided view of `output`. */
export function writeView(x: Tensor, output: Tensor, strides: readonly number[], start = 0): void {
  const offsets = offsetsOf(x.shape, strides, start);
  for (let i = 0; i < offsets.length; i++) output.data[offsets[i] ?? 0] = x.data[i] ?? 0;
}

/** The sum of starts along every axis, in elements. */
export function startOf(shape: Shape, starts: readonly number[]): number {
  return stridesOf(shape).reduce((sum, stride, i) => sum + stride * (starts[i] ?? 0), 0);
}

/**
 * output_i = f(at, n): `at(k)` is the k-th of the n elements of `x`, along `axes` in row-major order, that the i-th result
 * stands for.
 */
export function reduceView(
  x: Tensor,
  output: Tensor,
  axes: readonly number[],
  f: (at: (k: number) => number, n: number) => number,
): void {
  const strides = stridesOf(x.shape);
  const reduced = x.shape.map((extent, i) => (axes.includes(i) ? extent : 1));
  const offsets = offsetsOf(reduced, strides);
  offsetsOf(output.shape, strides).forEach((start, i) => {
    output.data[i] = f((k) => x.data[start + (offsets[k] ?? 0)] ?? 0, offsets.length);
  });
}
