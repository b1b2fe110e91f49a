import type { Tensor } from '../tensors/dtype.ts';
import { type Shape, sizeOf, stridesOf } from '../tensors/shape.ts';
import type { Attributes } from './attributes.ts';
import { remembered } from './remembered.ts';
import type { Primitive, Value } from './value.ts';

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

/** The sum of starts along every axis, in elements. */
export function startOf(shape: Shape, starts: readonly number[]): number {
  return stridesOf(shape).reduce((sum, stride, i) => sum + stride * (starts[i] ?? 0), 0);
}

/**
 * The `evaluate` of a reduction, output_i = f(at, n): `at(k)` is the k-th of the n elements, along `axes` in row-major order, that the i-th
 * result stands for.
 */
export function evaluateReduction<A extends Attributes>(
  axes: (attributes: A) => readonly number[],
  f: (at: (k: number) => number, n: number) => number,
): Primitive<readonly [Value], A, Value>['evaluate'] {
  const places = remembered(([x]: readonly [Tensor], output, attributes: A) => {
    const [strides, along] = [stridesOf(x.shape), axes(attributes)];
    const reduced = x.shape.map((extent, i) => (along.includes(i) ? extent : 1));
    return { starts: offsetsOf(output.shape, strides), offsets: offsetsOf(reduced, strides) };
  });
  return (inputs, [output], attributes) => {
    const { starts, offsets } = places(inputs, output, attributes);
    const { data } = inputs[0];
    let start = 0;
    const at = (k: number): number => data[start + (offsets[k] ?? 0)] ?? 0;
    for (let i = 0; i < starts.length; i++) {
      start = starts[i] ?? 0;
      output.data[i] = f(at, offsets.length);
    }
  };
}
