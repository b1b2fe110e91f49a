// Tables, idx files, splits, labels and features, by values that are written down by hand.
import {
  constant,
  DataError,
  evaluate,
  OptionError,
  ShapeError,
  tensor,
  UnknownNameError,
} from '@pullback/core';
import { argmaxOf, oneHotOf, readCsv, readIdx, rowsOf, splitData, standardizer } from '@pullback/data';
import { describe, expect, test } from 'vitest';

const list = (data: ArrayLike<number>) => Array.from(data);

describe('readCsv', () => {
  test('columns as texts, numbers and classes', () => {
    const table = readCsv('length,width,kind\r\n1.5,2,iris\r\n-3,4e1,rose\r\n0, 7 ,iris\r\n');
    expect([table.names, table.count]).toEqual([['length', 'width', 'kind'], 3]);
    expect(table.texts('kind')).toEqual(['iris', 'rose', 'iris']);
    const numbers = table.numbers('width', 'length');
    expect([numbers.shape, list(numbers.data)]).toEqual([
      [3, 2],
      [2, 1.5, 40, -3, 7, 0],
    ]);
    const { labels, classes } = table.classes('kind');
    expect([list(labels.data), labels.dtype, classes]).toEqual([[0, 1, 0], 'int32', ['iris', 'rose']]);
  });
  test.each([
    ['a,b\n1,2', [['1', '2']]],
    ['a,b\n"1,5","say ""x"""\n', [['1,5', 'say "x"']]],
    [
      'a,b\n"two\nlines",2\n3,4\n',
      [
        ['two\nlines', '2'],
        ['3', '4'],
      ],
    ],
    ['\ufeffa,b\n\n1,2\n\n', [['1', '2']]],
    [
      'a,b\n1,\n,2',
      [
        ['1', ''],
        ['', '2'],
      ],
    ],
    ['a,b\n1,', [['1', '']]],
    ['a,b\n"",""\r\n', [['', '']]],
    ['a,b\n', []],
  ])('%j', (text, rows) => {
    const table = readCsv(text);
    const [a, b] = [table.texts('a'), table.texts('b')];
    expect(a.map((field, i) => [field, b[i]])).toEqual(rows);
  });
  test('another separator, no names, empty fields as a number', () => {
    const table = readCsv('1;;3\n4;nan;6', { separator: ';', header: false, missing: -1 });
    expect(table.names).toEqual(['0', '1', '2']);
    expect(list(table.numbers().data)).toEqual([1, -1, 3, 4, Number.NaN, 6]);
  });
  test.each([
    ['', 'expected names of columns, got no rows'],
    ['a,b\n1,2,3', 'expected 2, got 3 fields in line 2'],
    ['a,b\n"x\ny",1\n1', 'expected 2, got 1 fields in line 4'],
    ['a,a\n1,2', "two columns called 'a'"],
    ['a\n"1', 'a quote in the row of line 2'],
    ['a\n"1"2', "'2' behind a quoted field in line 2"],
  ])('%j is refused', (text, message) => {
    expect(() => readCsv(text)).toThrow(DataError);
    expect(() => readCsv(text)).toThrow(message);
  });
  test('fields that are no numbers, columns that are not there, options that nothing takes', () => {
    const table = readCsv('length,b\n1,x\n,2');
    expect(() => table.numbers('b')).toThrow("expected a number, got 'x' in column 'b', line 2");
    expect(() => table.numbers('length')).toThrow('missing: 0 reads an empty field as 0.');
    expect(() => table.texts('lenght')).toThrow(UnknownNameError);
    expect(() => readCsv('a', { separator: ', ' })).toThrow(OptionError);
    expect(() => Reflect.apply(readCsv, undefined, [new Uint8Array(2)])).toThrow('the text of a file');
  });
});

describe('readIdx', () => {
  const file = (...bytes: number[]) => Uint8Array.from(bytes);
  test.each([
    [file(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 7, 255), [2, 1], 'uint8', [7, 255]],
    [file(0, 0, 9, 1, 0, 0, 0, 2, 127, 128), [2], 'int32', [127, -128]],
    [file(0, 0, 11, 1, 0, 0, 0, 1, 255, 254), [1], 'int32', [-2]],
    [file(0, 0, 12, 0, 0, 1, 0, 0), [], 'int32', [65536]],
    [file(0, 0, 13, 1, 0, 0, 0, 1, 0x3f, 0xc0, 0, 0), [1], 'float32', [1.5]],
    [file(0, 0, 14, 1, 0, 0, 0, 1, 0xc0, 4, 0, 0, 0, 0, 0, 0), [1], 'float64', [-2.5]],
    [file(0, 0, 8, 1, 0, 0, 0, 0), [0], 'uint8', []],
  ])('%j', (bytes, shape, dtype, data) => {
    const read = readIdx(bytes);
    expect([read.shape, read.dtype, list(read.data)]).toEqual([shape, dtype, data]);
    // As a part of a larger buffer, and as a buffer.
    const inside = Uint8Array.from([9, ...bytes, 9]).subarray(1, 1 + bytes.length);
    expect(readIdx(inside)).toEqual(read);
    expect(readIdx(bytes.slice().buffer)).toEqual(read);
  });
  test.each([
    [file(), 'an idx file'],
    [file(0, 1, 8, 0, 1), 'an idx file'],
    [file(0, 0, 10, 0, 1), 'an idx file'],
    [file(0, 0, 8, 1, 0, 0), 'an idx file'],
    [file(0, 0, 8, 1, 0, 0, 0, 2, 1), 'expected 2, by the header, got 1 bytes'],
    [file(0, 0, 8, 1, 0, 0, 0, 1, 1, 1), 'expected 1, by the header, got 2 bytes'],
    [file(0, 0, 14, 2, 255, 255, 255, 255, 255, 255, 255, 255), 'by the header, got 0 bytes'],
    [file(0x1f, 0x8b, 8, 0), 'compressed by gzip'],
  ])('%j is refused', (bytes, message) => {
    expect(() => readIdx(bytes)).toThrow(DataError);
    expect(() => readIdx(bytes)).toThrow(message);
  });
});

describe('splitData', () => {
  const n = 10;
  const x = tensor(Array.from({ length: n }, (_, i) => [i, -i]));
  const y = Uint8Array.from({ length: n }, (_, i) => i);
  test('every sample is in one part, with its own target, the same for a seed', () => {
    const { training, test: kept } = splitData({ x, y }, { test: 0.3, seed: 5 });
    expect([training.x.shape, kept.x.shape, training.y.dtype]).toEqual([[7, 2], [3, 2], 'uint8']);
    const all = [...training.y.data, ...kept.y.data];
    expect([...all].sort()).toEqual(list(y));
    expect(all).not.toEqual(list(y));
    expect([...training.x.data, ...kept.x.data]).toEqual(all.flatMap((i) => [i, -i]));
    expect(splitData({ x, y }, { test: 0.3, seed: 5 }).test.y).toEqual(kept.y);
    expect(splitData({ x, y }, { test: 0.3, seed: 6 }).test.y).not.toEqual(kept.y);
  });
  test('the last ones where nothing is shuffled; one at least and not all', () => {
    const parts = (test: number, of = y) => {
      const { training, test: kept } = splitData({ y: of }, { test, shuffle: false });
      return [list(training.y.data), list(kept.y.data)];
    };
    expect(parts(0.2)).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7],
      [8, 9],
    ]);
    expect(parts(0.001, y.slice(0, 2))).toEqual([[0], [1]]);
    expect(parts(0.999, y.slice(0, 2))).toEqual([[0], [1]]);
  });
  test('what cannot be split', () => {
    expect(() => splitData({ x, y: [1, 2] }, { test: 0.5 })).toThrow('10 samples of x, 2 samples of y');
    expect(() => splitData({ x: [1] }, { test: 0.5 })).toThrow(DataError);
    expect(() => splitData({}, { test: 0.5 })).toThrow(DataError);
    expect(() => splitData({ x }, { test: 1 })).toThrow(OptionError);
  });
});

describe('labels and rows', () => {
  test('a 1 in the place of the class', () => {
    const { shape, data } = oneHotOf([[2], [0]]);
    expect([shape, list(data)]).toEqual([
      [2, 1, 3],
      [0, 0, 1, 1, 0, 0],
    ]);
    expect(oneHotOf(new Uint8Array(0), { classes: 4 }).shape).toEqual([0, 4]);
    expect(() => oneHotOf([3], { classes: 3 })).toThrow(
      'expected a class from 0 to 2, got the label 3 in place 0',
    );
    for (const wrong of [0.5, -1, Number.NaN]) expect(() => oneHotOf([1, wrong])).toThrow(DataError);
  });
  test('the largest of each row: the first of equal ones, that of a NaN', () => {
    const { shape, data } = argmaxOf(
      tensor([
        [
          [1, 3, 3],
          [0, Number.NaN, 9],
        ],
        [
          [-1, -2, -3],
          [5, 6, 7],
        ],
      ]),
    );
    expect([shape, list(data)]).toEqual([
      [2, 2],
      [1, 1, 0, 2],
    ]);
    expect(argmaxOf(tensor([4, 8])).shape).toEqual([]);
    expect(() => argmaxOf(tensor(1))).toThrow(ShapeError);
    expect(() => argmaxOf(tensor([], { shape: [2, 0] }))).toThrow(ShapeError);
  });
  test('rows are views', () => {
    const prediction = tensor([
      [1, 2],
      [3, 4],
    ]);
    const rows = rowsOf(prediction);
    expect(rows.map(list)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    prediction.data[3] = 5;
    expect(rows[1]?.[1]).toBe(5);
    expect(rowsOf(tensor([], { shape: [0, 3] }))).toEqual([]);
    expect(() => rowsOf(tensor(1))).toThrow(ShapeError);
  });
});

describe('standardizer', () => {
  // Mean 5 and deviation 2, and a feature that is always 3.
  const samples = [2, 4, 4, 4, 5, 5, 7, 9].map((x) => [x, 3]);
  test('features have mean 0 and deviation 1 in the data that were looked at', async () => {
    const { mean, deviation, layer } = standardizer(samples);
    expect([mean, deviation]).toEqual([
      [5, 3],
      [2, 1],
    ]);
    const scope = Object({ dtype: 'float64' });
    const y = await evaluate(
      layer().forward(
        scope,
        constant(
          [
            [9, 3],
            [2, 5],
          ],
          { dtype: 'float64' },
        ),
      ),
    );
    expect(list(y.data)).toEqual([2, 0, -1.5, 2]);
    const bytes = layer().forward(scope, constant([[7, 3]], { dtype: 'int32' }));
    expect([bytes.dtype, ...(await evaluate(bytes)).data]).toEqual(['float64', 1, 0]);
    expect(() => layer().forward(scope, constant([[1]], { dtype: 'float64' }))).toThrow(ShapeError);
  });
  test('large numbers with a small spread keep it', () => {
    const far = samples.map(([x = 0]) => Float64Array.of(1e8 + x));
    const [spread] = standardizer(far).deviation;
    expect(spread).toBeCloseTo(2, 7);
  });
  test('the features stand last, whatever is before', () => {
    expect(
      standardizer([
        [
          [1, 10],
          [3, 30],
        ],
      ]),
    ).toMatchObject({ mean: [2, 20], deviation: [1, 10] });
  });
  test.each([[[]], [[1, 2]], [[[1], [Number.NaN]]], [[[Infinity], [1]]]])('%j is refused', (wrong) => {
    expect(() => standardizer(wrong)).toThrow(DataError);
  });
});
