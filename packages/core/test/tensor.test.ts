import { runInNewContext } from 'node:vm';
import {
  DataError,
  DTypeError,
  evaluate,
  fill,
  OptionError,
  ShapeError,
  type TensorLike,
  tensor,
  UnknownNameError,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';

/** Data as they come from a program without types. */
const untyped = (data: unknown): TensorLike => data as TensorLike;
const numbersOf = (like: unknown, options?: Parameters<typeof tensor>[1]) => {
  const { shape, dtype, data } = tensor(untyped(like), options);
  return [dtype, shape, Array.from(data)] as const;
};
const refusal = (like: unknown, options?: Parameters<typeof tensor>[1]): Error => {
  try {
    tensor(untyped(like), options);
  } catch (failure) {
    if (failure instanceof Error) return failure;
  }
  throw new Error('nothing was refused');
};

describe('every typed array is taken as the numbers that it holds', () => {
  const cases: readonly (readonly [ArrayLike<number | bigint>, string, readonly number[]])[] = [
    [Float32Array.of(0.5, -2), 'float32', [0.5, -2]],
    [Float64Array.of(0.1, -2), 'float64', [0.1, -2]],
    [Uint8Array.of(0, 255), 'uint8', [0, 255]],
    [Uint8ClampedArray.of(300, 7), 'uint8', [255, 7]],
    [Int8Array.of(-128, 127), 'int32', [-128, 127]],
    [Int16Array.of(-32768, 32767), 'int32', [-32768, 32767]],
    [Uint16Array.of(0, 65535), 'int32', [0, 65535]],
    [Int32Array.of(-(2 ** 31), 2 ** 31 - 1), 'int32', [-(2 ** 31), 2 ** 31 - 1]],
    [Uint32Array.of(0, 2 ** 31 - 1), 'int32', [0, 2 ** 31 - 1]],
    [BigInt64Array.of(-(2n ** 31n), 2n ** 31n - 1n), 'int32', [-(2 ** 31), 2 ** 31 - 1]],
    [BigUint64Array.of(0n, 2n ** 31n - 1n), 'int32', [0, 2 ** 31 - 1]],
    [Buffer.from([1, 2]), 'uint8', [1, 2]],
    [runInNewContext('Float32Array.of(1, 2)'), 'float32', [1, 2]],
    [runInNewContext('Int16Array.of(-1, 2)'), 'int32', [-1, 2]],
  ];
  for (const [data, dtype, numbers] of cases)
    test(`${data.constructor.name} becomes ${dtype}`, () => {
      // Long integers have no dtype of their own.
      const options = data.constructor.name.startsWith('Big') ? { dtype: 'int32' as const } : {};
      expect(numbersOf(data, options)).toEqual([dtype, [2], numbers]);
      expect(numbersOf({ shape: [2, 1], data }, options)).toEqual([dtype, [2, 1], numbers]);
      expect(numbersOf([data, data], options)).toEqual([dtype, [2, 2], [...numbers, ...numbers]]);
      expect(numbersOf(data, { dtype: 'float64' })).toEqual(['float64', [2], numbers]);
      expect(numbersOf(data, { dtype: 'bool' })).toEqual(['bool', [2], numbers.map((x) => Number(x !== 0))]);
    });

  test('halves, where the engine has them', () => {
    const Half: unknown = Reflect.get(globalThis, 'Float16Array');
    if (typeof Half !== 'function') return;
    expect(numbersOf(Reflect.construct(Half, [[0.5, 2049]]))).toEqual(['float32', [2], [0.5, 2048]]);
  });

  test('integers past int32 need a float, past 2^53 nothing holds them: the first is named with its place', () => {
    const wide = BigInt64Array.of(0n, 1n, 2n, 2n ** 31n);
    for (const like of [wide, { shape: [2, 2], data: wide }, [wide, wide]]) {
      expect(refusal(like)).toBeInstanceOf(DataError);
      expect(refusal(like).message).toMatch(/BigInt64Array, which has no dtype/);
      expect(refusal(like).message.length).toBeLessThan(300);
    }
    expect(numbersOf({ shape: [4], dtype: 'float64', data: wide })[2]).toEqual([0, 1, 2, 2 ** 31]);
    expect(refusal({ shape: [2, 2], data: wide }, { dtype: 'int32' }).message).toMatch(
      /numbers from -2147483648 to 2147483647.*BigInt64Array's number 2147483648 at \[1, 1\]/,
    );
    expect(numbersOf(wide, { dtype: 'float64' })).toEqual(['float64', [4], [0, 1, 2, 2 ** 31]]);
    expect(refusal(Uint32Array.of(0, 4e9)).message).toMatch(/4000000000 at \[1\]/);
    expect(numbersOf(Uint32Array.of(4e9), { dtype: 'float32' })).toEqual(['float32', [1], [4e9]]);
    for (const past of [2n ** 60n, 2n ** 53n + 1n])
      expect(refusal(BigUint64Array.of(past), { dtype: 'float64' })).toBeInstanceOf(DataError);
  });

  test('integers hold no NaN, no infinity and nothing past their range, whatever it came in; fractions are cut off', () => {
    const cases: readonly (readonly [TensorLike, 'int32' | 'uint8', RegExp])[] = [
      [[1, Number.NaN], 'int32', /the number NaN at \[1\]/],
      [[[0], [2 ** 31]], 'int32', /the number 2147483648 at \[1, 0\]/],
      [Float32Array.of(-Infinity), 'int32', /the number -Infinity at \[0\]/],
      [-(2 ** 31) - 1, 'int32', /-2147483649/],
      [[-1], 'uint8', /the number -1 at \[0\]/],
      [Int16Array.of(7, 256), 'uint8', /the Int16Array's number 256 at \[1\]/],
      [Int32Array.of(256), 'uint8', /from 0 to 255, which uint8 holds/],
    ];
    for (const [like, dtype, message] of cases) {
      expect(refusal(like, { dtype })).toBeInstanceOf(DataError);
      expect(refusal(like, { dtype }).message).toMatch(message);
    }
    expect(numbersOf([1.9, -1.9, -(2 ** 31) - 0.5], { dtype: 'int32' })[2]).toEqual([1, -1, -(2 ** 31)]);
    expect(numbersOf([255.9, -0.5], { dtype: 'uint8' })[2]).toEqual([255, 0]);
  });

  test('its options are checked as all are', () => {
    // @ts-expect-error a misspelt name
    expect(refusal([1], { dtpye: 'int32' }).message).toMatch(/has no option 'dtpye'. Did you mean 'dtype'/);
    // @ts-expect-error no dtype of these
    expect(refusal([1], { dtype: 'float16' })).toBeInstanceOf(OptionError);
    // @ts-expect-error a number is no shape
    expect(refusal([1], { shape: 1 })).toBeInstanceOf(OptionError);
  });

  test('numbers are shared where they need no conversion, and never with what only looks like it', () => {
    const floats = Float32Array.of(1, 2);
    expect(tensor(floats).data).toBe(floats);
    const pixels = Uint8ClampedArray.of(1, 2);
    expect(tensor(pixels).data.buffer).toBe(pixels.buffer);
    const { data } = tensor(Buffer.from([1, 2]));
    const copy = data.slice();
    data[0] = 9;
    expect(copy[0]).toBe(1);
  });

  test('a DataView, an ArrayBuffer and other things are refused by name', () => {
    for (const [like, name] of [
      [new DataView(new ArrayBuffer(8)), 'DataView'],
      [{ shape: [8], data: new DataView(new ArrayBuffer(8)) }, 'shape, data'],
      ['some text', "'some text'"],
      [12n, '12n'],
      [null, 'null'],
      [undefined, 'nothing'],
      [() => 1, 'a function'],
      [Symbol('s'), 'Symbol'],
      [{ data: [1] }, 'data'],
    ] as const) {
      expect(refusal(like)).toBeInstanceOf(DataError);
      expect(refusal(like).message).toContain(name);
    }
    expect(refusal({ shape: [1], dtype: 'float16', data: [1] })).toBeInstanceOf(DTypeError);
  });
});

describe('images, tensors and arrays of them', () => {
  test('an image is [height, width, channels]', () => {
    const image = { width: 3, height: 2, data: Uint8ClampedArray.from({ length: 24 }, (_, i) => i) };
    expect(numbersOf(image)).toEqual(['uint8', [2, 3, 4], Array.from({ length: 24 }, (_, i) => i)]);
    expect(numbersOf([image, image])[1]).toEqual([2, 2, 3, 4]);
    const grey = { width: 3, height: 2, data: new Uint8Array(6) };
    expect(numbersOf(grey)[1]).toEqual([2, 3, 1]);
    expect(refusal([image, grey]).message).toMatch(/\[2, 3, 4\].*\[2, 3, 1\] at \[1\]/);
    expect(refusal({ ...image, width: 5 })).toBeInstanceOf(ShapeError);
  });

  test('an ImageData, whose properties are its class’s', () => {
    class Picture {
      readonly #data = new Uint8ClampedArray(16);
      get width() {
        return 2;
      }
      get height() {
        return 2;
      }
      get data() {
        return this.#data;
      }
    }
    expect(numbersOf(new Picture())[1]).toEqual([2, 2, 4]);
  });

  test('rows of one dtype keep it, others become float32', () => {
    const one = tensor([[1, 2]], { dtype: 'float64' });
    expect(numbersOf([one, one])).toEqual(['float64', [2, 1, 2], [1, 2, 1, 2]]);
    expect(numbersOf([Float64Array.of(0.5), Int32Array.of(3)])).toEqual(['float32', [2, 1], [0.5, 3]]);
    expect(numbersOf([[1, 2], Uint8Array.of(3, 4)])).toEqual(['float32', [2, 2], [1, 2, 3, 4]]);
    expect(numbersOf([Uint8Array.of(3, 4), [1, 2]])).toEqual(['float32', [2, 2], [3, 4, 1, 2]]);
    expect(numbersOf([[true, false]])).toEqual(['bool', [1, 2], [1, 0]]);
    expect(numbersOf([])).toEqual(['float32', [0], []]);
    expect(numbersOf([[], []])).toEqual(['float32', [2, 0], []]);
  });

  test('numbers with a shape may be in an array', () => {
    expect(numbersOf({ shape: [2, 2], data: [1, 2, 3, 4.5] })).toEqual(['float32', [2, 2], [1, 2, 3, 4.5]]);
    expect(numbersOf({ shape: [1], dtype: 'float64', data: [0.1] })).toEqual(['float64', [1], [0.1]]);
  });
});

describe('what is wrong is named with its place, in few words', () => {
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['a short row', [[1, 2], [3, 4], [5]], /an array of 2.*an array of 1 at \[2\]/],
    ['a long typed row', [[1, 2], new Float32Array(60_000)], /Float32Array of \[60000\] at \[1\]/],
    [
      'a text',
      [
        [1, 2],
        [3, 'four'],
      ],
      /'four' at \[1, 1\]/,
    ],
    ['a hole', Array.from({ length: 3, 0: 1, 2: 3 }), /nothing at \[1\]/],
    ['null', [[1], [null]], /null at \[1, 0\]/],
    ['a long integer', [1, 2n], /2n at \[1\]/],
    ['an array where a number was', [1, [2]], /an array of 1 at \[1\]/],
    ['a number where an array was', [[1], 2], /2 at \[1\]/],
    ['an object', [{}, {}], /an object with no properties at \[0\]/],
    ['thousands of names', Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [i, i])), /0, 1, 2/],
  ];
  for (const [name, like, message] of cases)
    test(name, () => {
      const { message: text } = refusal(like);
      expect(text).toMatch(message);
      expect(text.length).toBeLessThan(300);
    });

  test('an array that holds itself, and one of absurd depth', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    const later: unknown[] = [[1], [2]];
    later.push(later);
    let wide: unknown = [1, 1];
    for (let i = 1; i < 32; i++) wide = Array(16).fill(wide);
    const holder: { shape: number[]; data: unknown[] } = { shape: [1], data: [] };
    holder.data.push(holder);
    for (const like of [circle, deep, wide, holder, [holder]])
      expect(refusal(like)).toBeInstanceOf(DataError);
    expect(refusal(later)).toBeInstanceOf(ShapeError);
  });

  test('lists of thousands of names are cut', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `network/${i}/kernel`);
    expect(new UnknownNameError('weight', 'network/0/kernal', names).message.length).toBeLessThan(2048);
    expect(
      new DataError({ got: names.join(), expected: names.join(), hint: names.join() }).message.length,
    ).toBeLessThan(2048);
  });
});

test('more elements than an array holds are refused by an error of ours', () => {
  const big = fill(1, [1e6, 1e6], 'float32');
  expect(() => evaluate([big])).toThrow(OptionError);
  expect(() => evaluate([big])).toThrow(/1000000000000 elements of float32/);
});
