// What an options object is checked for: names, values, what must be given.

import * as ops from '@pullback/core';
import { checkOptions, field, OptionError, type OptionsOf, placeholder } from '@pullback/core';
import { describe, expect, expectTypeOf, test } from 'vitest';

const fields = {
  learningRate: field.needed(field.number({ from: 0 })),
  batchSize: field.whole({ from: 1 }),
  share: field.number({ from: 0, below: 1 }),
  layout: field.oneOf('row', 'column'),
  shuffle: field.flag(),
  name: field.text(),
  done: field.callable<() => void>(),
  metrics: field.list(field.either(field.text(), field.having<object>('a metric', 'observe', 'summarize'))),
  limits: field.named(field.number({ above: 0 })),
};

const thrown = (given: unknown, at?: string): OptionError => {
  try {
    checkOptions('fit', given, fields, at);
  } catch (failure) {
    if (failure instanceof OptionError) return failure;
    throw failure;
  }
  throw new Error('nothing was thrown');
};
const wrong = (options: object) => {
  const { got, expected } = thrown({ learningRate: 1, ...options });
  return `${expected} | ${got}`;
};

test('gives back what fits, typed by the fields', () => {
  const given = { learningRate: 0.1, layout: 'row', metrics: ['auc', { observe() {}, summarize() {} }] };
  expect(checkOptions('fit', given, fields)).toBe(given);
  expect(checkOptions('fit', undefined, { a: field.flag() })).toEqual({});
  expectTypeOf<OptionsOf<typeof fields>>().toExtend<{
    readonly learningRate: number;
    readonly layout?: 'row' | 'column';
  }>();
});

test('an option that is undefined is left out', () => {
  expect(() => checkOptions('fit', { learningRate: 1, batchSize: undefined }, fields)).not.toThrow();
});

describe('names', () => {
  test.each([
    ['batchsize', "'batchSize'"],
    ['batch_size', "'batchSize'"],
    ['batch', "'batchSize'"],
    ['lr', "'learningRate'"],
    ['rate', "'learningRate'"],
    ['shufle', "'shuffle'"],
  ])('%s: did you mean %s', (name, near) => {
    const { message, got, hint } = thrown({ learningRate: 1, [name]: 0 }, 'here');
    expect(got).toBe(`fit has no option '${name}'. Did you mean ${near}?`);
    expect(hint).toMatch(/^It takes batchSize, done, layout, .*shuffle\.$/);
    expect(message).toContain("at 'here'");
  });

  test('all that are unknown are named, with or without a neighbour', () => {
    expect(thrown({ zzz: 1, sharee: 2 }).got).toBe(
      "fit has no options 'zzz', 'sharee'. Did you mean 'share'?",
    );
    expect(thrown({ zzz: 1 }).got).toBe("fit has no option 'zzz'.");
  });

  test.each(['constructor', 'toString', '__proto__'])('%s, which every object has, is no option', (name) => {
    expect(thrown(JSON.parse(`{ "learningRate": 1, "${name}": 1 }`)).got).toBe(
      `fit has no option '${name}'.`,
    );
  });

  test('where nothing is taken', () => {
    expect(() => checkOptions('cpu', { threads: 2 }, {})).toThrow('It takes none.');
  });
});

describe('values', () => {
  test.each([
    [{ learningRate: undefined }, "a finite number from 0 up as 'learningRate' of fit | nothing"],
    [{ learningRate: NaN }, "a finite number from 0 up as 'learningRate' of fit | NaN"],
    [{ learningRate: Infinity }, "a finite number from 0 up as 'learningRate' of fit | Infinity"],
    [{ learningRate: '0.1' }, "a finite number from 0 up as 'learningRate' of fit | '0.1'"],
    [{ batchSize: 1.5 }, "a whole number from 1 up as 'batchSize' of fit | 1.5"],
    [{ batchSize: 0 }, "a whole number from 1 up as 'batchSize' of fit | 0"],
    [{ batchSize: 8n }, "a whole number from 1 up as 'batchSize' of fit | 8n"],
    [{ batchSize: null }, "a whole number from 1 up as 'batchSize' of fit | null"],
    [{ share: 1 }, "a number from 0 to below 1 as 'share' of fit | 1"],
    [{ share: -0.1 }, "a number from 0 to below 1 as 'share' of fit | -0.1"],
    [{ layout: 'diagonal' }, "'row' or 'column' as 'layout' of fit | 'diagonal'"],
    [{ shuffle: 'no' }, "true or false as 'shuffle' of fit | 'no'"],
    [{ name: 3 }, "a string as 'name' of fit | 3"],
    [{ done: {} }, "a function as 'done' of fit | an object with no properties"],
    [{ limits: { a: 1, b: 0 } }, "a finite number above 0 as 'limits.b' of fit | 0"],
    [
      { limits: [1] },
      "an object with a finite number above 0 for each name as 'limits' of fit | an array of 1",
    ],
    [{ metrics: ['a', 3] }, "a string, or a metric as 'metrics[1]' of fit | 3"],
    [{ metrics: Array(1) }, "a string, or a metric as 'metrics[0]' of fit | nothing"],
    [{ metrics: 'auc' }, "an array, each a string, or a metric as 'metrics' of fit | 'auc'"],
  ])('%o', (options, complaint) => expect(wrong(options)).toBe(complaint));

  test.each([[undefined], [null], [5], ['fast'], [[]], [() => 1], [new Float32Array(2)]])(
    '%o is no object of options',
    (given) => {
      expect(thrown(given).expected).toBe('an object of options for fit');
    },
  );

  test('a message stays short whatever was given', () => {
    expect(
      thrown({ learningRate: 1, name: Array.from({ length: 1e5 }, () => 1) }).message.length,
    ).toBeLessThan(300);
    expect(thrown({ learningRate: 'x'.repeat(1e6) }).message.length).toBeLessThan(300);
  });
});

test('bounds in words', () => {
  const words = [
    field.number(),
    field.number({ to: 1 }),
    field.number({ above: 0, to: 1 }),
    field.number({ above: 0, below: 1 }),
    field.whole({ from: 1, to: 256 }),
    field.whole(),
  ].map(({ expected }) => expected);
  expect(words).toEqual([
    'a finite number',
    'a number to 1',
    'a number above 0 to 1',
    'a number above 0 to below 1',
    'a whole number from 1 to 256',
    'a whole number',
  ]);
});

test('either tells what was wrong where one fits further', () => {
  const metrics = field.either(field.list(field.text()), field.named(field.list(field.text())));
  expect(() => checkOptions('fit', { metrics: { a: [1] } }, { metrics })).toThrow("'metrics.a[0]'");
});

describe('ops', () => {
  const x = placeholder({ shape: [2, 3], dtype: 'float32' }, 'x');
  const key = placeholder({ shape: [2], dtype: 'int32' }, 'key');
  /** As plain JavaScript calls. */
  const js =
    (f: (...given: never[]) => unknown) =>
    (...given: readonly unknown[]) =>
      Reflect.apply(f, undefined, given);
  test.each([
    ['sum', () => js(ops.sum)(x, { axes: 0 }), "sum has no option 'axes'. Did you mean 'axis'"],
    ['sum', () => js(ops.sum)(x, 0), 'an object of options for sum, got 0'],
    [
      'sum',
      () => js(ops.sum)(x, { axis: '0' }),
      "a whole number, or an array, each a whole number as 'axis' of sum, got '0'",
    ],
    [
      'mean',
      () => js(ops.mean)(x, { keepAxes: true }),
      "mean has no option 'keepAxes'. Did you mean 'keepAxis'",
    ],
    ['max', () => js(ops.max)(x, { axis: 0.5 }), "'axis' of max, got 0.5"],
    ['min', () => js(ops.min)(x, { dim: 0 }), "min has no option 'dim'"],
    ['argmax', () => js(ops.argmax)(x, { axis: [0] }), "'axis' of argmax, got an array of 1"],
    ['norm', () => js(ops.norm)(x, { ord: 1 }), "norm has no option 'ord'"],
    ['variance', () => js(ops.variance)(x, { ddof: 1 }), "variance has no option 'ddof'"],
    ['standardDeviation', () => js(ops.standardDeviation)(x, { corection: 1 }), "Did you mean 'correction'"],
    ['softmax', () => js(ops.softmax)(x, { axes: 0 }), "softmax has no option 'axes'"],
    ['logSoftmax', () => js(ops.logSoftmax)(x, { axis: null }), "'axis' of logSoftmax, got null"],
    ['logSumExp', () => js(ops.logSumExp)(x, 1), 'an object of options for logSumExp, got 1'],
    ['concatenate', () => js(ops.concatenate)([x, x], 0), 'an object of options for concatenate, got 0'],
    ['stack', () => js(ops.stack)([x, x], { axs: 0 }), "stack has no option 'axs'"],
    ['gather', () => js(ops.gather)(x, key, 1), 'an object of options for gather, got 1'],
    ['scatterAdd', () => js(ops.scatterAdd)(x, key, {}), "'size' of scatterAdd, got nothing"],
    ['pad', () => js(ops.pad)(x, { lo: [1] }), "pad has no option 'lo'"],
    ['iota', () => js(ops.iota)([2], { dtype: 'int64' }), "'dtype' of iota, got 'int64'"],
    [
      'uniform',
      () => js(ops.uniform)(key, [2], 'float64'),
      "an object of options for uniform, got 'float64'",
    ],
    ['normal', () => js(ops.normal)(key, [2], { dtype: 'int32' }), "'dtype' of normal, got 'int32'"],
    ['oneHot', () => js(ops.oneHot)(key, 3, { axis: 0 }), "oneHot has no option 'axis'"],
    ['vmap', () => js(ops.vmap)(ops.square, { axis: [0] }), "vmap has no option 'axis'. Did you mean 'axes'"],
    [
      'defineLoss',
      () => js(ops.defineLoss)('mine', ops.sub, { reduce: 'mean' }),
      "mine has no option 'reduce'",
    ],
  ])('%s', (_, call, message) => expect(call).toThrow(message));
});
