import { cpu } from '@pullback/backend-cpu';
import { DataError, OptionError, ShapeError } from '@pullback/core';
import { dense } from '@pullback/layers';
import { halfSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { type BatchStream, Model } from '@pullback/train';
import { describe, expect, test } from 'vitest';

const create = () =>
  Model.create({
    network: dense(1),
    input: [2],
    loss: halfSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: cpu(),
    seed: 1,
  });
const quiet = { progress: false } as const;
const X = [
  [1, 2],
  [3, 4],
];
const Y = [[1], [2]];
const W = [1, 3];
const again = (make: () => Iterator<unknown> | AsyncIterator<unknown>, kind: symbol): BatchStream =>
  ({ [kind]: make }) as unknown as BatchStream;
const trained = async (stream: BatchStream) => {
  const model = await create();
  await model.fit(stream, { ...quiet, epochs: 2 });
  return model.weights();
};

describe('batches of a stream in any of their forms train alike', () => {
  const plain: readonly unknown[] = [{ x: X, y: Y }, { xs: X, ys: Y }, [X, Y]];
  const weighted: readonly unknown[] = [
    { x: X, y: Y, sampleWeights: W },
    { xs: X, ys: Y, sampleWeights: W },
    [X, Y, W],
  ];
  for (const [name, forms] of Object.entries({ plain, weighted }))
    test(`${name}, synchronous and not`, async () => {
      const expected = await trained(again(() => [forms[0]].values(), Symbol.iterator));
      for (const form of forms) {
        expect(await trained(again(() => [form].values(), Symbol.iterator))).toEqual(expected);
        expect(await trained(again(() => [Promise.resolve(form)].values(), Symbol.iterator))).toEqual(
          expected,
        );
        async function* later() {
          yield form;
        }
        expect(await trained(again(later, Symbol.asyncIterator))).toEqual(expected);
      }
    });

  test('their classes have weights of fit', async () => {
    const model = await create();
    const data = again(() => [[X, Y]].values(), Symbol.iterator);
    await model.fit(data, { ...quiet, classWeights: [1, 1, 1] });
    expect(model.stepCount).toBe(1);
  });
});

describe('a batch that is wrong is named by its epoch and its place', () => {
  const cases: readonly (readonly [string, unknown, new (...x: never[]) => Error, RegExp])[] = [
    ['ragged', { x: [[1, 2], [3]], y: Y }, ShapeError, /an array of 1 at \[1\]/],
    ['a byte short', { x: { shape: [2, 2], data: new Uint8Array(3) }, y: Y }, ShapeError, /3 elements/],
    ['fewer targets', [X, [[1]]], DataError, /2 samples and 1 targets/],
    ['another width', { xs: [[1, 2, 3]], ys: [[1]] }, DataError, /\[n, 2\]/],
    ['weights for others', [X, Y, [1]], DataError, /1 weights for 2/],
    ['no batch', 7, OptionError, /got 7/],
    ['null', null, OptionError, /null/],
    ['inputs alone', [X], DataError, /\[xs, ys\]/],
    ['half a name', { xs: X, y: Y }, OptionError, /'xs'/],
    ['a broadcast target', [X, [1, 2]], ShapeError, /\[2\]/],
  ];
  for (const [name, batch, kind, message] of cases)
    test(name, async () => {
      const model = await create();
      let returned = 0;
      function* stream() {
        try {
          yield [X, Y];
          yield batch;
          yield [X, Y];
        } finally {
          returned++;
        }
      }
      const failure = await model
        .fit(again(stream, Symbol.iterator), { ...quiet, epochs: 2 })
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(kind);
      expect(String(failure)).toMatch(message);
      expect(String(failure)).toMatch(/epoch 1\/batch 1/);
      expect([model.stepCount, returned]).toEqual([1, 1]);
    });

  test('what the stream itself throws is its own error', async () => {
    const model = await create();
    async function* broken() {
      yield [X, Y];
      throw new RangeError('the disk is full');
    }
    await expect(model.fit(again(broken, Symbol.asyncIterator), quiet)).rejects.toThrow(RangeError);
    await model.fit(X, Y, quiet);
  });
});

describe('an AbortSignal', () => {
  test('is heard while a stream waits for its next batch, and the iterator is told', {
    timeout: 5000,
  }, async () => {
    const model = await create();
    const ending = new AbortController();
    let told = 0;
    let asked = 0;
    const stream = again(
      () => ({
        next: () =>
          asked++ === 0
            ? Promise.resolve({ done: false, value: [X, Y] })
            : new Promise<IteratorResult<unknown>>(() => {}),
        return: async () => {
          told++;
          return { done: true, value: undefined };
        },
      }),
      Symbol.asyncIterator,
    );
    const reason = new Error('enough');
    setTimeout(() => ending.abort(reason), 20);
    await expect(model.fit(stream, { ...quiet, signal: ending.signal })).rejects.toBe(reason);
    expect([asked, told, model.stepCount]).toEqual([2, 1, 1]);
    await model.fit(X, Y, quiet);
    expect(model.stepCount).toBe(2);
  });

  test('a generator that waits for ever is let go of', { timeout: 5000 }, async () => {
    const model = await create();
    async function* waiting() {
      yield [X, Y];
      await new Promise(() => {});
    }
    const signal = AbortSignal.timeout(20);
    await expect(model.fit(again(waiting, Symbol.asyncIterator), { ...quiet, signal })).rejects.toThrow(
      /timeout|aborted/i,
    );
  });

  test('a batch that fails after the end is nobody’s error', { timeout: 5000 }, async () => {
    const model = await create();
    const ending = new AbortController();
    let fail = () => {};
    const stream = again(
      () => ({
        next: () =>
          new Promise<IteratorResult<unknown>>((_, reject) => {
            fail = () => reject(new Error('too late'));
          }),
        return: () => Promise.reject(new Error('also late')),
      }),
      Symbol.asyncIterator,
    );
    setTimeout(() => ending.abort(), 10);
    await expect(model.fit(stream, { ...quiet, signal: ending.signal })).rejects.toThrow(/abort/i);
    fail();
    await new Promise((resolve) => setTimeout(resolve, 5));
  });

  test('leaving early, by stop or an error, ends the iterator; its own end does not', async () => {
    const model = await create();
    let returned = 0;
    const stream = again(() => {
      let left = 2;
      return {
        next: () => (left-- > 0 ? { done: false, value: [X, Y] } : { done: true, value: undefined }),
        return: () => {
          returned++;
          return { done: true, value: undefined };
        },
      };
    }, Symbol.iterator);
    await model.fit(stream, quiet);
    expect(returned).toBe(0);
    const step = () => {
      throw new Error('mine');
    };
    await expect(model.fit(stream, { ...quiet, callbacks: [{ step }] })).rejects.toThrow('mine');
    expect(returned).toBe(1);
  });
});
