// What ops refuse: which error, what it says was got and expected, and what to do.

import type { DType, Primitive, Value } from '@pullback/core';
import * as p from '@pullback/core';
import { expect, test } from 'vitest';

const of = (dtype: DType, ...shape: number[]) => p.placeholder({ shape, dtype }, 'x');
const f = (...shape: number[]) => of('float32', ...shape);
const key = of('int32', 2);
/** A primitive on operands as they are, without the broadcasting of its function. */
const raw = (like: Value, ...operands: Value[]) => rawWith(like.vertex.attributes, like, ...operands);
const rawWith = (attributes: p.Attributes, like: Value, ...operands: Value[]) =>
  p.applyPrimitive(like.node as Primitive<readonly Value[], p.Attributes, Value>, operands, attributes);

type Refusal = readonly [() => unknown, new (...given: never[]) => Error, string, string?, string?];

const refusals: Readonly<Record<string, Refusal>> = {
  'two numbers': [
    () => p.add(1, 2),
    p.OptionError,
    'add of two numbers',
    'at least one Value',
    'constant(x) makes one.',
  ],
  'an equation for more operands': [
    () => p.einsum('ij,jk->ik', f(2, 3)),
    p.OptionError,
    "einsum('ij,jk->ik') of 1 operands",
    'letters for 1 operands',
  ],
  'a norm of nothing': [() => p.globalNorm([]), p.OptionError, 'a norm of no Values', 'at least one'],
  'two dtypes': [
    () => p.mul(f(2), of('float64', 2)),
    p.DTypeError,
    'mul of float32 and float64',
    'operands of one dtype: float32, float64, int32',
    'Nothing is promoted silently: cast(x, dtype) says what is meant.',
  ],
  'a dtype that an op does not take': [
    () => p.exp(of('int32', 2)),
    p.DTypeError,
    'exp of int32',
    'operands of one dtype: float32, float64',
    'Nothing is promoted silently: cast(x, dtype) says what is meant.',
  ],
  'numbers as bools': [
    () => p.and(f(2), f(2)),
    p.DTypeError,
    'and of float32 and float32',
    'operands of one dtype: bool',
    'Nothing is promoted silently: cast(x, dtype) says what is meant.',
  ],
  'text for a number': [
    // @ts-expect-error nothing is read out of text
    () => p.clip(f(2), '1', 3),
    p.OptionError,
    "'1'",
    'a Value or a number',
    'constant(x) makes a Value of arrays.',
  ],
  'nothing for a number': [
    // @ts-expect-error a bound is missing
    () => p.clip(f(2), 1),
    p.OptionError,
    'nothing',
    'a Value or a number',
    'constant(x) makes a Value of arrays.',
  ],
  'a long integer as exponent': [
    // @ts-expect-error a bigint is no number
    () => p.pow(f(2), 2n),
    p.OptionError,
    '2n',
    'a Value or a number',
    'constant(x) makes a Value of arrays.',
  ],
  'a fraction that fills integers': [
    () => p.fill(1.5, [2], 'int32'),
    p.DTypeError,
    'the number 1.5 for a Value of int32',
    'a whole number from -2147483648 to 2147483647',
    "cast(x, 'float32') makes floats of the Value; nothing is cut off or promoted silently.",
  ],
  'a fraction beside integers': [
    () => p.mul(of('int32', 2), 0.5),
    p.DTypeError,
    'the number 0.5 beside a Value of int32',
    'a whole number from -2147483648 to 2147483647',
    "cast(x, 'float32') makes floats of the Value; nothing is cut off or promoted silently.",
  ],
  'a fraction that integers are compared with': [
    () => p.less(1.5, of('int32', 2)),
    p.DTypeError,
    'the number 1.5 beside a Value of int32',
    'a whole number from -2147483648 to 2147483647',
    "cast(x, 'float32') makes floats of the Value; nothing is cut off or promoted silently.",
  ],
  'a number beyond int32': [
    () => p.maximum(of('int32', 2), 2 ** 31),
    p.DTypeError,
    'the number 2147483648 beside a Value of int32',
    'a whole number from -2147483648 to 2147483647',
    "cast(x, 'float32') makes floats of the Value; nothing is cut off or promoted silently.",
  ],
  'an infinity beside integers': [
    () => p.minimum(of('int32', 2), Infinity),
    p.DTypeError,
    'the number Infinity beside a Value of int32',
    'a whole number from -2147483648 to 2147483647',
    "cast(x, 'float32') makes floats of the Value; nothing is cut off or promoted silently.",
  ],
  'NaN beside integers': [
    () => p.equal(of('int32', 2), Number.NaN),
    p.DTypeError,
    'the number NaN beside a Value of int32',
    'a whole number from -2147483648 to 2147483647',
    "cast(x, 'float32') makes floats of the Value; nothing is cut off or promoted silently.",
  ],
  'a number beyond bytes': [
    () => p.equal(of('uint8', 2), 256),
    p.DTypeError,
    'the number 256 beside a Value of uint8',
    'a whole number from 0 to 255',
    "cast(x, 'float32') makes floats of the Value; nothing is cut off or promoted silently.",
  ],
  '2 beside bools': [
    () => p.equal(of('bool', 2), 2),
    p.DTypeError,
    'the number 2 beside a Value of bool',
    '0 or 1',
    "cast(x, 'float32') makes floats of the Value; nothing is cut off or promoted silently.",
  ],
  'a fraction chosen beside integers': [
    () => p.select(of('bool', 2), 0.5, of('int32', 2)),
    p.DTypeError,
    'the number 0.5 beside a Value of int32',
    'a whole number from -2147483648 to 2147483647',
    "cast(x, 'float32') makes floats of the Value; nothing is cut off or promoted silently.",
  ],
  'a fraction around integers': [
    () => p.pad(of('int32', 2), { low: [1], value: 0.5 }),
    p.DTypeError,
    'the number 0.5 beside a Value of int32',
    'a whole number from -2147483648 to 2147483647',
    "cast(x, 'float32') makes floats of the Value; nothing is cut off or promoted silently.",
  ],
  'bools added': [
    () => p.scatterAdd(of('bool', 2), of('int32', 2), { size: 3 }),
    p.DTypeError,
    'scatterAdd of bool',
    'numbers, which can be added',
    "cast(updates, 'int32') counts what holds.",
  ],
  'bytes in arithmetic': [
    () => p.neg(of('uint8', 2)),
    p.DTypeError,
    'neg of uint8',
    'operands of one dtype: float32, float64, int32',
    'Nothing is promoted silently: cast(x, dtype) says what is meant.',
  ],
  'two shapes of a primitive': [
    () => raw(p.add(f(2), f(2)), f(2), f(3)),
    p.ShapeError,
    'add of [2] and [3]',
    'one shape',
  ],
  'a broadcast to a shape that does not fit': [
    () => p.broadcast(f(2, 3), [2, 4]),
    p.ShapeError,
    '[2, 3]',
    'a shape that broadcasts to [2, 4]',
  ],
  'a broadcast in which one axis fits': [
    () => p.broadcast(f(1, 3), [2, 4]),
    p.ShapeError,
    '[1, 3]',
    'a shape that broadcasts to [2, 4]',
  ],
  'a broadcast to fewer axes': [
    () => p.broadcast(f(1, 3), [3]),
    p.ShapeError,
    '[1, 3]',
    'a shape that broadcasts to [3]',
  ],
  'a broadcast of a primitive to another rank': [
    () => rawWith({ shape: [3, 4] }, p.broadcast(f(1), [3]), f(3)),
    p.ShapeError,
    '[3]',
    'a shape that broadcasts to [3, 4]',
  ],
  'a sum of bools': [
    () => p.sum(of('bool', 2)),
    p.DTypeError,
    'a sum of bool',
    'float32, float64 or int32',
    "cast(x, 'int32') counts what holds.",
  ],
  'a sum of bytes': [
    () => p.sum(of('uint8', 2)),
    p.DTypeError,
    'a sum of uint8',
    'float32, float64 or int32',
    "cast(x, 'int32') counts what holds.",
  ],
  'a mean of integers': [
    () => p.mean(of('int32', 2)),
    p.DTypeError,
    'int32',
    'a mean of float32 or float64',
    "cast(x, 'float32') says what is meant.",
  ],
  'a maximum of bools': [
    () => p.max(of('bool', 2)),
    p.DTypeError,
    'max of bool',
    'float32, float64 or int32',
  ],
  'a maximum of bytes': [
    () => p.max(of('uint8', 2)),
    p.DTypeError,
    'max of uint8',
    'float32, float64 or int32',
  ],
  'a maximum over nothing': [
    () => p.max(f(0, 3), { axis: [0, 1] }),
    p.ShapeError,
    '[0, 3]',
    'something to take the max of along every axis',
  ],
  'an argmax over nothing': [
    () => p.argmax(f(3, 0)),
    p.ShapeError,
    '[3, 0]',
    'something to take the argmax of along every axis',
  ],
  'nothing to concatenate': [
    () => p.concatenate([]),
    p.OptionError,
    'nothing to concatenate',
    'at least one Value',
  ],
  'nothing to stack': [() => p.stack([]), p.OptionError, 'nothing to concatenate', 'at least one Value'],
  'dtypes side by side': [
    () => p.concatenate([f(2), of('int32', 2)]),
    p.DTypeError,
    'float32 and int32',
    'one dtype',
  ],
  'shapes that differ beside the axis': [
    () => p.concatenate([f(2, 3), f(3, 3)], { axis: 1 }),
    p.ShapeError,
    '[2, 3] and [3, 3]',
    'shapes that differ at axis 1 alone',
  ],
  'shapes that differ at one of two other axes': [
    () => p.concatenate([f(2, 3, 4), f(2, 3, 5)], { axis: 0 }),
    p.ShapeError,
    '[2, 3, 4] and [2, 3, 5]',
    'shapes that differ at axis 0 alone',
  ],
  'ranks side by side': [
    () => p.concatenate([f(2, 3), f(2)], { axis: 1 }),
    p.ShapeError,
    '[2, 3] and [2]',
    'shapes that differ at axis 1 alone',
  ],
  'indices that are floats': [
    () => p.gather(f(3), f(2)),
    p.DTypeError,
    'indices of float32',
    'int32',
    "cast(indices, 'int32')",
  ],
  'updates without the axes of the indices': [
    () => p.scatterAdd(f(3, 2), of('int32', 2), { size: 4 }),
    p.ShapeError,
    '[3, 2]',
    'the axes [2] of the indices, from axis 0',
  ],
  'a negative size': [
    () => p.scatterAdd(f(2), key, { size: -1 }),
    p.OptionError,
    'size -1',
    'a whole number from 0 up',
  ],
  'half a size': [
    () => p.scatterAdd(f(2), key, { size: 1.5 }),
    p.OptionError,
    'size 1.5',
    'a whole number from 0 up',
  ],
  'matrices that do not meet': [
    () => p.matmul(f(2, 3), f(2, 3)),
    p.ShapeError,
    '[2, 3] and [2, 3]',
    'matrices [..., m, k] and [..., k, n]',
  ],
  'a scalar on the left of a product': [
    () => p.matmul(f(), f(2, 2)),
    p.ShapeError,
    '[] and [2, 2]',
    'matrices [..., m, k] and [..., k, n]',
  ],
  'a vector in the place of a matrix': [
    () => raw(p.matmul(f(2, 2), f(2, 2)), f(2, 2), f(2)),
    p.ShapeError,
    '[2, 2] and [2], labelled [0, 2] and [2, 1]',
    'a label of its own for each axis of an operand, and one extent for each label',
  ],
  'a product of integers': [
    () => p.matmul(of('int32', 2, 2), of('int32', 2, 2)),
    p.DTypeError,
    'a product of int32 and int32',
    'two of one float dtype',
  ],
  'a product of two dtypes': [
    () => p.matmul(f(2, 2), of('float64', 2, 2)),
    p.DTypeError,
    'a product of float32 and float64',
    'two of one float dtype',
  ],
  'a key of another length': [
    () => p.randomBits(of('int32', 3), [2]),
    p.ShapeError,
    'int32[3]',
    'a key: int32[2]',
  ],
  'a key of another dtype': [() => p.randomBits(f(2), [2]), p.ShapeError, 'float32[2]', 'a key: int32[2]'],
  'counters of another dtype': [
    () => raw(p.randomBits(key, [2]), key, key, f(2), key),
    p.DTypeError,
    'int32[2], int32[2], float32[2], int32[2]',
    'int32 keys and counters of one shape',
  ],
  'counters of another shape': [
    () => raw(p.randomBits(key, [2]), key, key, of('int32', 3), key),
    p.DTypeError,
    'int32[2], int32[2], int32[3], int32[2]',
    'int32 keys and counters of one shape',
  ],
  'another number of elements': [
    () => p.reshape(f(2, 3), [4]),
    p.ShapeError,
    '[2, 3]',
    '4 elements, for [4]',
  ],
  'a condition that is no bool': [
    () => p.select(f(2), f(2), f(2)),
    p.DTypeError,
    'select of float32, float32 and float32',
    'a bool and two operands of one dtype',
  ],
  'two dtypes to choose from': [
    () => p.select(of('bool', 2), f(2), of('float64', 2)),
    p.DTypeError,
    'select of bool, float32 and float64',
    'a bool and two operands of one dtype',
  ],
  'two numbers to choose from': [
    () => p.select(of('bool', 2), 1, 2),
    p.OptionError,
    'select of two numbers',
    'at least one Value',
    'constant(x) makes one.',
  ],
  'a condition of another shape': [
    () => raw(p.select(of('bool', 2), f(2), f(2)), of('bool', 3), f(2), f(2)),
    p.ShapeError,
    '[3],[2],[2]',
    'one shape',
  ],
  'a place after the end': [() => p.slice(f(3), [4]), p.OptionError, 'place 4', 'one from -3 to 3'],
  'a place before the start': [() => p.slice(f(3), [-4]), p.OptionError, 'place -4', 'one from -3 to 3'],
  'half a place': [() => p.slice(f(3), [0.5]), p.OptionError, 'place 0.5', 'one from -3 to 3'],
  'starts for too many axes': [
    () => p.slice(f(3), [0, 0]),
    p.ShapeError,
    'a slice of 2 axes',
    'at most those of [3]',
  ],
  'stops for too many axes': [
    () => p.slice(f(3), [0], [1, 1]),
    p.ShapeError,
    'a slice of 1 axes',
    'at most those of [3]',
  ],
  'steps for too many axes': [
    () => p.slice(f(3), [0], [1], [1, 1]),
    p.ShapeError,
    'a slice of 1 axes',
    'at most those of [3]',
  ],
  'a step of 0': [
    () => p.slice(f(3), [0], [], [0]),
    p.OptionError,
    'steps [0]',
    'whole numbers from 1 up',
    'flip turns an axis round.',
  ],
  'half a step': [
    () => p.slice(f(3), [0], [], [1.5]),
    p.OptionError,
    'steps [1.5]',
    'whole numbers from 1 up',
    'flip turns an axis round.',
  ],
  'fewer than no places': [
    () => p.pad(f(3), { low: [-1] }),
    p.OptionError,
    'places [-1, 0, 0]',
    'whole numbers from 0 up',
  ],
  'half a place more': [
    () => p.pad(f(3), { high: [0.5] }),
    p.OptionError,
    'places [0, 0.5, 0]',
    'whole numbers from 0 up',
  ],
  'steps for fewer axes': [
    () => p.windows(f(5, 6), { axes: [0, 1], size: 2, step: [1] }),
    p.OptionError,
    "1 numbers as 'step'",
    'one, or one for each of 2 axes',
  ],
  'sizes for more axes': [
    () => p.windows(f(5, 6), { axes: [0], size: [2, 2] }),
    p.OptionError,
    "2 numbers as 'size'",
    'one, or one for each of 1 axes',
  ],
  'dilation for no axes': [
    () => p.windows(f(5, 6), { axes: [0], size: 2, dilation: [] }),
    p.OptionError,
    "0 numbers as 'dilation'",
    'one, or one for each of 1 axes',
  ],
  'padding for more axes': [
    () =>
      p.windows(f(5, 6), {
        axes: [0],
        size: 2,
        padding: [
          [1, 0],
          [0, 1],
        ],
      }),
    p.OptionError,
    'padding of 2 axes',
    '[before, after] for each of 1',
  ],
  'a window larger than its axis': [
    () => p.windows(f(5, 6), { axes: [1, 0], size: [2, 6] }),
    p.ShapeError,
    'a window of 6 over 5 along axis 1 of [6, 5]',
    'windows no larger than what they move over',
    "padding: 'same' makes room around it.",
  ],
  'a window larger than its axis with padding': [
    () => p.windows(f(5), { axes: [0], size: 3, dilation: 4, padding: [[1, 1]] }),
    p.ShapeError,
    'a window of 9 over 5 (7 with padding) along axis 0 of [5]',
    'windows no larger than what they move over',
    "padding: 'same' makes room around it.",
  ],
  'windows along an axis twice': [
    () => p.windows(f(5, 6), { axes: [1, -1], size: 2 }),
    p.OptionError,
    'axes [1, -1]',
    'every axis once',
  ],
  'windows that an axis has not': [
    () => p.fold(f(5, 3), { axes: [0], size: 3, extents: [6] }),
    p.ShapeError,
    '[5, 3]',
    '[4, 3], the windows of [6]',
  ],
  'extents for more axes': [
    () => p.fold(f(4, 3), { axes: [0], size: 3, extents: [6, 6] }),
    p.ShapeError,
    '[4, 3]',
    '[4, 3], the windows of [6]',
  ],
  'an axis twice in a permutation': [
    () => p.transpose(f(2, 3), [0, 0]),
    p.ShapeError,
    'the permutation [0, 0]',
    'each axis of [2, 3] once',
  ],
  'an axis left out of a permutation': [
    () => p.transpose(f(2, 3), [1]),
    p.ShapeError,
    'the permutation [1]',
    'each axis of [2, 3] once',
  ],
  'the first axes of a permutation alone': [
    () => p.transpose(f(2, 3), [0]),
    p.ShapeError,
    'the permutation [0]',
    'each axis of [2, 3] once',
  ],
};

for (const [name, [run, kind, got, expected, hint]] of Object.entries(refusals))
  test(name, () => {
    let error: unknown;
    try {
      run();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ got, expected, hint });
  });

test('what looks alike and is right is taken', () => {
  expect(p.concatenate([f(2, 3), f(2, 5)], { axis: 1 }).shape).toEqual([2, 8]);
  expect(p.scatterAdd(f(2), key, { size: 0 }).shape).toEqual([0]);
  expect(p.slice(f(3), [3]).shape).toEqual([0]);
  expect(p.slice(f(3), [-3]).shape).toEqual([3]);
  expect(p.reshape(f(0, 3), [0, -1]).shape).toEqual([0, 0]);
  expect(p.equal(of('bool', 2), of('bool', 2)).dtype).toBe('bool');
  expect(p.equal(of('uint8', 2), of('uint8', 2)).dtype).toBe('bool');
  expect(p.max(f(2, 0), { axis: 0 }).shape).toEqual([0]);
  expect(p.mul(of('int32', 2), -(2 ** 31)).dtype).toBe('int32');
  expect(p.equal(of('uint8', 2), 255).dtype).toBe('bool');
  expect(p.equal(of('bool', 2), 1).dtype).toBe('bool');
  expect(p.mul(f(2), 1e300).dtype).toBe('float32');
});

test.each([[[1]], [[1, 2, 3]], [[-1, 0]], [[0, 0.5]], [[0.5, 0]], [7], ['valid'], [{ length: 2 }]])(
  'padding along an axis is no %j',
  (padding) => {
    // @ts-expect-error a pair of whole numbers from 0 up
    expect(() => p.windows(f(5), { axes: [0], size: 2, padding: [padding] })).toThrow(p.OptionError);
  },
);

test('options of windows are checked by name', () => {
  // @ts-expect-error 'stride' is 'step'
  expect(() => p.windows(f(5), { axes: [0], size: 2, stride: 2 })).toThrow(/windows\b.*stride/s);
  // @ts-expect-error 'value' is for windows
  expect(() => p.fold(f(4, 2), { axes: [0], size: 2, extents: [5], value: 1 })).toThrow(/fold\b.*value/s);
  // @ts-expect-error a number stands in the padding
  expect(() => p.windows(f(5), { axes: [0], size: 2, value: '1' })).toThrow(p.OptionError);
  // @ts-expect-error a number of degrees of freedom
  expect(() => p.standardDeviation(f(5), { correction: '1' })).toThrow(/standardDeviation/);
});
