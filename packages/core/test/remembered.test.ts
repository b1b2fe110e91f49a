// An application keeps places of elements for its last shapes and dtypes, and finds them anew where those change.
import {
  type Attributes,
  add,
  argmax,
  concatenate,
  contract,
  max,
  placeholder,
  reshape,
  sum,
  type Tensor,
  tensor,
  tensorOf,
  transpose,
  type Value,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';

const leaf = (...shape: number[]) => placeholder({ shape, dtype: 'float64' }, 'x');

/** What a primitive's application makes of tensors, under the one attributes object that it has. */
function again({ vertex: { node, attributes } }: Value, inputs: readonly Tensor[], output: Tensor): number[] {
  if (node.kind === 'composite') throw new Error('a primitive is expected');
  node.evaluate(inputs, [output], attributes satisfies Attributes);
  return [...output.data];
}

const made = (shape: number[], dtype: Tensor['dtype'] = 'float64') => tensorOf({ shape, dtype });
const wide = tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3], dtype: 'float64' });
const square = tensor([1, 2, 3, 4], { shape: [2, 2], dtype: 'float64' });
const empty = made([2, 0]);

describe('one application on tensors of other specs, and on the first ones again', () => {
  test('a view', () => {
    const t = transpose(leaf(2, 3));
    const first = () => again(t, [wide], made([3, 2]));
    expect(first()).toEqual([1, 4, 2, 5, 3, 6]);
    expect(again(t, [square], made([2, 2]))).toEqual([1, 3, 2, 4]);
    expect(again(t, [empty], made([0, 2]))).toEqual([]);
    expect(first()).toEqual([1, 4, 2, 5, 3, 6]);
    const flat = reshape(leaf(2, 3), [6]);
    expect(again(flat, [wide], made([6]))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('parts', () => {
    const joined = concatenate([leaf(2, 3), leaf(2, 2)], { axis: 1 });
    const first = () => again(joined, [wide, square], made([2, 5]));
    expect(first()).toEqual([1, 2, 3, 1, 2, 4, 5, 6, 3, 4]);
    expect(again(joined, [square, wide], made([2, 5]))).toEqual([1, 2, 1, 2, 3, 3, 4, 4, 5, 6]);
    expect(first()).toEqual([1, 2, 3, 1, 2, 4, 5, 6, 3, 4]);
  });

  test('reductions', () => {
    const total = sum(leaf(2, 3), { axis: 1, keepAxis: true });
    const most = max(leaf(2, 3), { axis: 1, keepAxis: true });
    const where = argmax(leaf(2, 3), { axis: 1, keepAxis: true });
    for (const _ of [1, 2]) {
      expect(again(total, [wide], made([2, 1]))).toEqual([6, 15]);
      expect(again(total, [square], made([2, 1]))).toEqual([3, 7]);
      expect(again(total, [empty], made([2, 1]))).toEqual([0, 0]);
      expect(again(most, [wide], made([2, 1]))).toEqual([3, 6]);
      expect(again(most, [square], made([2, 1]))).toEqual([2, 4]);
      expect(again(where, [wide], made([2, 1], 'int32'))).toEqual([2, 2]);
      expect(again(where, [square], made([2, 1], 'int32'))).toEqual([1, 1]);
    }
  });

  test('a contraction, of float64 and of float32', () => {
    const product = contract(leaf(2, 2), leaf(2, 3), { a: [0, 2], b: [2, 1], out: [0, 1] });
    const swapped = contract(leaf(2, 3), leaf(2, 2), { a: [2, 1], b: [2, 0], out: [0, 1] });
    const float32 = ({ shape, data }: Tensor) => tensor([...data], { shape: [...shape], dtype: 'float32' });
    for (const _ of [1, 2]) {
      expect(again(product, [square, wide], made([2, 3]))).toEqual([9, 12, 15, 19, 26, 33]);
      expect(again(product, [square, square], made([2, 2]))).toEqual([7, 10, 15, 22]);
      expect(again(product, [float32(square), float32(wide)], made([2, 3], 'float32'))).toEqual([
        9, 12, 15, 19, 26, 33,
      ]);
      expect(again(swapped, [wide, square], made([2, 3]))).toEqual([13, 17, 21, 18, 24, 30]);
    }
  });

  test('a formula: whole numbers are added modulo 2^32, floats are not', () => {
    const both = add(leaf(2), leaf(2));
    const [large, one] = [
      tensor([2147483647, 1], { shape: [2], dtype: 'int32' }),
      tensor([1, 1], { shape: [2], dtype: 'int32' }),
    ];
    const floats = [large, one].map(({ data }) => tensor([...data], { shape: [2], dtype: 'float64' }));
    for (const _ of [1, 2]) {
      expect(again(both, floats, made([2]))).toEqual([2147483648, 2]);
      expect(again(both, [large, one], made([2], 'int32'))).toEqual([-2147483648, 2]);
    }
  });

  test('large ones, of which nothing is kept', () => {
    const total = sum(leaf(1, 5000), { axis: 1, keepAxis: true });
    const ones = tensor(new Array<number>(5000).fill(1), { shape: [1, 5000], dtype: 'float64' });
    for (const _ of [1, 2]) expect(again(total, [ones], made([1, 1]))).toEqual([5000]);
  });
});
