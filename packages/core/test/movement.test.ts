// Where elements go, beside what gradients show: what changes nothing, empty extents, defaults.

import type { Value } from '@pullback/core';
import * as p from '@pullback/core';
import { describe, expect, test } from 'vitest';

const f64 = { dtype: 'float64' } as const;
const values = (value: Value | undefined) => (value === undefined ? [] : Array.from(p.evaluate(value).data));
const x = p.constant(
  [
    [1, 2, 3],
    [4, 5, 6],
  ],
  f64,
);
const cube = p.reshape(p.iota([24], f64), [2, 3, 4]);

describe('what changes nothing is the Value itself', () => {
  const same: Record<string, Value> = {
    'a sum over no axis': p.sum(x, { axis: [] }),
    'a maximum over no axis': p.max(x, { axis: [] }),
    'a broadcast to its own shape': p.broadcast(x, [2, 3]),
    'a reshape to its own shape': p.reshape(x, [2, 3]),
    'a transpose to its own order': p.transpose(x, [0, 1]),
    'a slice of the whole': p.slice(x, [0, 0], [2, 3], [1, 1]),
    'a slice without places': p.slice(x, []),
    'a pad by nothing': p.pad(x, { low: [0], high: [0, 0], between: [], value: 7 }),
    'a cast to its own dtype': p.cast(x, 'float64'),
    'the first power': p.pow(x, 1),
  };
  for (const [name, value] of Object.entries(same)) test(name, () => expect(value).toBe(x));
});

describe('slices', () => {
  test('that leave something out at one end, or between', () => {
    expect(values(p.slice(x, [0, 1]))).toEqual([2, 3, 5, 6]);
    expect(values(p.slice(x, [0, 0], [1]))).toEqual([1, 2, 3]);
    expect(values(p.slice(x, [0], [2], [2]))).toEqual([1, 2, 3]);
    expect(values(p.slice(x, [0, 0], [], [1, 2]))).toEqual([1, 3, 4, 6]);
    expect(values(p.slice(x, [0, -2], [2, -1]))).toEqual([2, 5]);
  });
  test('whose stop lies before their start are empty, with a gradient of zeros', () => {
    const y = p.slice(x, [0, 2], [2, 1], [1, 2]);
    expect(y.shape).toEqual([2, 0]);
    expect(values(p.gradient(p.sum(y), [x])[0])).toEqual([0, 0, 0, 0, 0, 0]);
  });
  test('of nothing, by steps', () => {
    const empty = p.zeros([0, 3], 'float64');
    const y = p.slice(empty, [0], [], [2]);
    expect(p.gradient(p.sum(y), [empty])[0]?.shape).toEqual([0, 3]);
  });
  test('the gradient of steps goes to where they trod', () => {
    const y = p.slice(x, [0, 1], [], [1, 2]);
    expect(y.shape).toEqual([2, 1]);
    expect(values(p.gradient(p.sum(y), [x])[0])).toEqual([0, 1, 0, 0, 1, 0]);
  });
});

describe('pads', () => {
  test('at each side alone, and between alone', () => {
    const v = p.constant([1, 2], f64);
    expect(values(p.pad(v, { low: [1] }))).toEqual([0, 1, 2]);
    expect(values(p.pad(v, { high: [1] }))).toEqual([1, 2, 0]);
    expect(values(p.pad(v, { between: [2], value: 9 }))).toEqual([1, 9, 9, 2]);
  });
  test('the value is rounded to the dtype', () => {
    expect(values(p.pad(p.constant([1]), { low: [1], value: 0.1 }))).toEqual([Math.fround(0.1), 1]);
  });
  test('of nothing, with places between, have a gradient of the shape of nothing', () => {
    const empty = p.zeros([0], 'float64');
    const y = p.pad(empty, { low: [1], high: [2], between: [3] });
    expect(values(y)).toEqual([0, 0, 0]);
    expect(p.gradient(p.sum(y), [empty])[0]?.shape).toEqual([0]);
    const behind = p.pad(empty, { high: [5], between: [3] });
    expect(p.gradient(p.sum(behind), [empty])[0]?.shape).toEqual([0]);
  });
});

describe('axes', () => {
  test('concatenate takes the last when none is given, stack the first', () => {
    const [a, b] = [p.constant([[1], [2]], f64), p.constant([[3], [4]], f64)];
    expect(values(p.concatenate([a, b]))).toEqual([1, 3, 2, 4]);
    expect(p.stack([a, b, a]).shape).toEqual([3, 2, 1]);
    expect(values(p.stack([p.constant(1, f64), p.constant(2, f64)]))).toEqual([1, 2]);
    expect(p.stack([a, b], { axis: -1 }).shape).toEqual([2, 1, 2]);
  });
  test('moveAxis and swapAxes', () => {
    expect(p.moveAxis(cube, 0, 2).shape).toEqual([3, 4, 2]);
    expect(p.moveAxis(cube, -1, 0).shape).toEqual([4, 2, 3]);
    expect(p.swapAxes(cube, 0, -1).shape).toEqual([4, 3, 2]);
    expect(p.transpose(cube).shape).toEqual([4, 3, 2]);
    expect(values(p.slice(p.moveAxis(cube, 0, 2), [1, 2], [2, 3]))).toEqual([6, 18]);
  });
  test('a product with a vector leaves out its axis alone', () => {
    const column = p.constant([1, 0, 0, 1], f64);
    const product = p.matmul(cube, column);
    expect(product.shape).toEqual([2, 3]);
    expect(values(product)).toEqual([3, 11, 19, 27, 35, 43]);
    const row = p.matmul(p.constant([1, 0, 1], f64), cube);
    expect(row.shape).toEqual([2, 4]);
    expect(values(row)).toEqual([8, 10, 12, 14, 32, 34, 36, 38]);
  });
  test('argmax takes the last axis when none is given, and keeps it when asked', () => {
    const z = p.constant(
      [
        [
          [3, 1, 2],
          [1, 5, 4],
        ],
      ],
      f64,
    );
    expect(values(p.argmax(z))).toEqual([0, 1]);
    expect(p.argmax(z).shape).toEqual([1, 2]);
    expect(p.argmax(z, { axis: 1, keepAxis: true }).shape).toEqual([1, 1, 3]);
    expect(values(p.argmax(z, { axis: 1 }))).toEqual([0, 1, 1]);
    expect(values(p.max(p.constant([1, 5, 2], f64)))).toEqual([5]);
  });
  test('oneHot puts classes last', () => {
    const labels = p.constant({ shape: [2, 3], data: Int32Array.of(0, 1, 2, 2, 1, 0) });
    const y = p.oneHot(labels, 3, f64);
    expect([y.shape, y.dtype]).toEqual([[2, 3, 3], 'float64']);
    expect(values(p.slice(y, [0, 1], [1, 3]))).toEqual([0, 1, 0, 0, 0, 1]);
  });
});

describe('gather and scatterAdd', () => {
  const index = (...data: number[]) => p.constant(Int32Array.from(data));
  test('one place after the end reads 0, also where another row follows', () => {
    expect(values(p.gather(x, index(3, 2), { axis: 1 }))).toEqual([0, 3, 0, 6]);
    expect(values(p.scatterAdd(x, index(0, 2, 1), { axis: 1, size: 2 }))).toEqual([1, 3, 4, 6]);
  });
  test('long rows are read whole, and one outside is zeros', () => {
    const long = p.reshape(p.iota([60], f64), [3, 20]);
    const read = values(p.gather(long, index(2, 3, -1, 0)));
    const from = (start: number) => Array.from({ length: 20 }, (_, i) => start + i);
    expect(read).toEqual([...from(40), ...new Array(40).fill(0), ...from(0)]);
  });
  test('a negative axis counts in the result', () => {
    const two = p.constant({ shape: [1, 3], data: Int32Array.of(0, 1, 0) });
    const updates = p.reshape(x, [2, 1, 3]);
    expect(values(p.scatterAdd(updates, two, { axis: -1, size: 2 }))).toEqual([4, 2, 10, 5]);
    expect(values(p.gather(x, index(2), { axis: -1 }))).toEqual([3, 6]);
  });
  test('updates and indices that differ by sample, with two axes of indices, along the second axis', () => {
    const updates = p.reshape(p.iota([24], f64), [2, 3, 2, 2]);
    const indices = p.constant({ shape: [2, 2, 2], data: Int32Array.of(0, 1, 2, 0, 2, 2, 1, 0) });
    const all = p.vmap((u: Value, i: Value) => p.scatterAdd(u, i, { axis: 1, size: 3 }))(updates, indices);
    const alone = [0, 1].map((n) =>
      p.scatterAdd(
        p.reshape(p.slice(updates, [n], [n + 1]), [3, 2, 2]),
        p.reshape(p.slice(indices, [n], [n + 1]), [2, 2]),
        { axis: 1, size: 3 },
      ),
    );
    expect(all instanceof p.Value && values(all)).toEqual(values(p.stack(alone)));
  });
  test('the same with an axis behind those of the indices', () => {
    const updates = p.reshape(p.iota([24], f64), [2, 2, 2, 3]);
    const indices = p.constant({ shape: [2, 2], data: Int32Array.of(0, 2, 1, 1) });
    const all = p.vmap((u: Value, i: Value) => p.scatterAdd(u, i, { axis: 1, size: 3 }))(updates, indices);
    const alone = [0, 1].map((n) =>
      p.scatterAdd(
        p.reshape(p.slice(updates, [n], [n + 1]), [2, 2, 3]),
        p.reshape(p.slice(indices, [n], [n + 1]), [2]),
        { axis: 1, size: 3 },
      ),
    );
    expect(all instanceof p.Value && values(all)).toEqual(values(p.stack(alone)));
  });
});

test('flip turns all axes round when none is given, for many samples too', () => {
  expect(values(p.flip(x))).toEqual([6, 5, 4, 3, 2, 1]);
  const each = p.vmap((row: Value) => p.flip(row))(x);
  expect(each instanceof p.Value && values(each)).toEqual([3, 2, 1, 6, 5, 4]);
});

test('a matrix that is the same for all samples, times one that is not', () => {
  const fixed = p.constant([[1, 2, 3]], f64);
  const samples = p.reshape(p.iota([12], f64), [2, 3, 2]);
  const each = p.vmap((m: Value) => p.matmul(fixed, m))(samples);
  expect(each instanceof p.Value && values(each)).toEqual([16, 22, 52, 58]);
  const left = p.vmap((m: Value) => p.matmul(m, p.transpose(fixed)))(p.transpose(samples, [0, 2, 1]));
  expect(left instanceof p.Value && values(left)).toEqual([16, 22, 52, 58]);
});

test('a constant is a copy, a scalar is a fill, and initializers are those of zeros and ones', () => {
  const data = Float64Array.of(1, 2);
  const y = p.constant(data);
  data.fill(9);
  expect(values(y)).toEqual([1, 2]);
  expect(p.constant(3).node.name).toBe('fill');
  const random = p.RandomStream.of(1, '');
  expect(p.zeros()([2], random)).toEqual(Float64Array.of(0, 0));
  expect(p.ones()([1, 2], random)).toEqual(Float64Array.of(1, 1));
  expect(values(p.ones([2], 'int32'))).toEqual([1, 1]);
});

test('what is computed from fills is a fill in the Program', () => {
  const at = p.placeholder({ shape: [2], dtype: 'float64' }, 'at');
  const { body } = p.trace([at], [p.mul(at, p.exp(p.fill(0, [2], 'float64')))]);
  expect(body.map(({ primitive }) => primitive.name)).toEqual(['fill', 'mul']);
});

test('two barriers of one Value are two', () => {
  const at = p.placeholder({ shape: [2], dtype: 'float64' }, 'at');
  const { body } = p.trace([at], [p.add(p.barrier(at), p.barrier(at))]);
  expect(body.map(({ primitive }) => primitive.name)).toEqual(['barrier', 'barrier', 'add']);
});

test('a slice that stops before it starts is empty', () => {
  const x = p.iota([4, 2]);
  expect(p.slice(x, [3, 1], [2]).shape).toEqual([0, 1]);
  expect(p.slice(x, [2], [-3]).shape).toEqual([0, 2]);
});

describe('options are refused with the words for them', () => {
  const row = p.iota([4]);
  const refusals: readonly (readonly [(...given: never[]) => Value, object, RegExp])[] = [
    [p.pad, { low: 2 }, /expected an array of a whole number for each axis as 'low' of pad, got 2/],
    [p.pad, { low: [1], value: '0' }, /expected a number as 'value' of pad, got '0'/],
    [p.windows, { axes: [0], size: 0 }, /expected a whole number from 1 up.* as 'size' of windows, got 0/],
    [p.windows, { axes: [0], size: [0] }, /from 1 up.*'size/],
    [
      p.windows,
      { axes: [0], size: 2, padding: '' },
      /expected 'valid' or 'same', or .*\[before, after\].* as 'padding'/,
    ],
    [p.windows, { axes: [0], size: 2, value: '0' }, /expected a number as 'value' of windows, got '0'/],
    [
      p.fold,
      { axes: [0], size: 2, extents: [-1] },
      /a whole number from 0 up as 'extents\[0\]' of fold, got -1/,
    ],
  ];
  for (const [f, options, words] of refusals)
    test(String(words), () => {
      expect(() => Reflect.apply(f, undefined, [row, options])).toThrow(words);
    });
  test('where channels stand', () => {
    const [image, kernel] = [p.iota([1, 4, 4, 2], f64), p.iota([2, 2, 2, 3], f64)];
    const last = p.convolution(image, kernel, { channels: 'last' });
    expect(values(last)).toEqual(values(p.convolution(image, kernel)));
    expect(() => Reflect.apply(p.convolution, undefined, [image, kernel, { channels: '' }])).toThrow(
      /expected 'first' or 'last' as 'channels' of convolution, got ''/,
    );
  });
  test('padding by pairs', () => {
    const of = (padding: unknown) => () =>
      Reflect.apply(p.windows, undefined, [row, { axes: [0], size: 2, padding }]);
    for (const wrong of [[[1]], [[1, -1]], [[0.5, 1]], [1]]) expect(of(wrong)).toThrow(/\[before, after\]/);
    expect(of([[1, 0]])().shape).toEqual([4, 2]);
  });
  test('a permutation that names an axis twice, and one of too many axes', () => {
    expect(() => p.transpose(x, [0, 1, 0])).toThrow(p.ShapeError);
    expect(() => p.transpose(x, [1, 1])).toThrow(p.ShapeError);
    expect(() => p.transpose(x, [0])).toThrow(p.ShapeError);
  });
});
