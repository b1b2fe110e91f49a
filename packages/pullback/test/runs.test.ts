// Several runs of one model: figures are those of the run that they are told for, and nothing is torn.
import {
  type Buffer,
  BusyError,
  type Callback,
  CpuBackend,
  cpu,
  defineLoss,
  defineMetric,
  dense,
  filled,
  Model,
  mean,
  meanSquaredError,
  sgd,
  sum,
  wasm,
} from 'pullback';
import { describe, expect, test } from 'vitest';

const quiet = { progress: false, shuffle: false } as const;
const x = Array.from({ length: 12 }, (_, i) => [i / 10, 1]);
const y = x.map(([a = 0]) => [2 * a + 1]);
/** mean (w x - t)^2 for the weight 1/2 and no bias, over the samples from `from` on. */
const lossOf = (from: number, to: number) => {
  const errors = x.slice(from, to).map(([a = 0]) => (0.5 * (a + 1) - (2 * a + 1)) ** 2);
  return errors.reduce((a, b) => a + b) / errors.length;
};
const meanTarget = defineMetric('meanTarget', (_, target) => mean(target));

const base = (options: Partial<Parameters<typeof Model.create>[0]> = {}) =>
  Model.create({
    network: dense(1, { bias: false, kernelInitializer: filled(0.5) }),
    input: [2],
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0 }),
    backend: cpu(),
    ...options,
  });

/** What is read comes late, as from a GPU. */
class Late extends CpuBackend {
  override async read(buffer: Buffer) {
    const data = await super.read(buffer);
    await new Promise((resolve) => setTimeout(resolve, 1));
    return data;
  }
}

/** A model whose only weight is its number of steps: E = -w, eta = 1. */
const counting = (backend = cpu()) =>
  base({
    network: dense(1, { bias: false, kernelInitializer: filled(0) }),
    input: [1],
    loss: defineLoss('less', (prediction) => sum(prediction, { axis: [0, 1] }))(),
    optimizer: sgd({ learningRate: 1 }),
    backend,
  });
const minusOne = { x: [[-1]], y: [[0]] };

describe.each([
  ['cpu', cpu],
  ['wasm', () => wasm()],
  ['one that reads late', () => new Late()],
] as const)('totals belong to the run that counts, on %s', (_, backend) => {
  const metrics = [meanTarget()];
  const whole = { loss: lossOf(0, 12), meanTarget: 2.1 };
  const three = { loss: lossOf(0, 3), meanTarget: 1.2 };
  const close = (record: object | undefined, expected: Readonly<Record<string, number>>) => {
    expect(Object.keys(record ?? {}).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, value] of Object.entries(record ?? {}))
      expect(value, name).toBeCloseTo(expected[name] ?? Number.NaN, 5);
  };

  test.each(['epochStart', 'step', 'epochEnd'] as const)(
    'a model that is evaluated at every %s',
    async (when) => {
      const model = await base({ backend: backend() });
      const seen: object[] = [];
      const callback: Callback = {
        [when]: async () => seen.push(await model.evaluate(x.slice(0, 3), y.slice(0, 3), { metrics })),
      };
      const options = { epochs: 2, batchSize: 5, metrics, ...quiet };
      for (const record of await model.fit(x, y, { ...options, callbacks: [callback] })) close(record, whole);
      for (const record of seen) close(record, three);
      expect(seen).toHaveLength(when === 'step' ? 6 : 2);
    },
  );

  test('evaluations beside each other, with other samples, batches and metrics', async () => {
    const model = await base({ backend: backend() });
    const records = await Promise.all([
      model.evaluate(x, y, { metrics, batchSize: 1 }),
      model.evaluate(x.slice(0, 3), y.slice(0, 3), { metrics, batchSize: 2 }),
      model.evaluate(x, y, { batchSize: 5 }),
    ]);
    [whole, three, { loss: whole.loss }].forEach((expected, i) => {
      close(records[i], expected);
    });
  });

  test('evaluate, predict and weights beside a fit', async () => {
    const model = await base({ backend: backend() });
    const fit = model.fit(x, y, { epochs: 3, batchSize: 2, metrics, ...quiet });
    const [record, prediction] = await Promise.all([
      model.evaluate(x.slice(0, 3), y.slice(0, 3), { metrics }),
      model.predict([[2, 2]]),
      model.weights(),
    ]);
    close(record, three);
    expect([...prediction.data]).toEqual([2]);
    for (const each of await fit) close(each, whole);
  });

  test('validation data beside evaluations', async () => {
    const model = await base({ backend: backend() });
    const evaluations: Promise<unknown>[] = [];
    const callbacks = [
      { step: () => void evaluations.push(model.evaluate(x.slice(0, 3), y.slice(0, 3), { metrics })) },
    ];
    const [record] = await model.fit(x, y, {
      ...{ batchSize: 4, metrics, callbacks, validationData: [x.slice(0, 3), y.slice(0, 3)] },
      ...quiet,
    });
    close(record, { ...whole, 'validation loss': three.loss, 'validation meanTarget': three.meanTarget });
    for (const each of await Promise.all(evaluations)) close(Object(each), three);
  });

  test("steps of one's own in a callback are not counted in", async () => {
    const model = await base({ backend: backend() });
    const callbacks = [{ step: () => void model.step({ x: [[9, 9]], y: [[0]] }) }];
    const [record] = await model.fit(x, y, { batchSize: 4, metrics, callbacks, ...quiet });
    close(record, whole);
    expect(model.stepCount).toBe(6);
  });
});

describe('a second fit', () => {
  test('is refused while the first one runs, which goes on', async () => {
    const model = await counting();
    const first = model.fit([[-1], [-1]], [[0], [0]], { epochs: 4, batchSize: 1, ...quiet });
    await expect(model.fit([[-1]], [[0]], quiet)).rejects.toThrow(BusyError);
    await expect(model.fit([[-1]], [[0]], quiet)).rejects.toThrow(/second fit .* Await the first one/s);
    expect(await first).toHaveLength(4);
    expect([model.stepCount, (await model.weights())['network/kernel']?.data[0]]).toEqual([8, 8]);
  });

  test('runs after the first one has ended, or failed', async () => {
    const model = await counting();
    await expect(model.fit([[-1, 1]], [[0]], quiet)).rejects.toThrow();
    const callbacks = [
      {
        step: () => {
          throw new Error('enough');
        },
      },
    ];
    await expect(model.fit([[-1]], [[0]], { callbacks, ...quiet })).rejects.toThrow('enough');
    await model.fit([[-1]], [[0]], quiet);
    expect(model.stepCount).toBe(2);
  });

  test.each([true, false])(
    'begun by a callback that waits for it (%s) runs between two steps',
    async (waits) => {
      const model = await counting(new Late());
      const steps: number[] = [];
      let inner: Promise<unknown> | undefined;
      const callbacks = [
        {
          step: () => {
            steps.push(model.stepCount);
            if (steps.length > 1) return;
            inner = model.fit([[-1], [-1]], [[0], [0]], { batchSize: 1, ...quiet });
            return waits ? inner.then(() => {}) : undefined;
          },
        },
      ];
      await model.fit([[-1], [-1]], [[0], [0]], { batchSize: 1, callbacks, ...quiet });
      await inner;
      expect(steps).toEqual([1, 4]);
      expect((await model.weights())['network/kernel']?.data[0]).toBe(4);
    },
  );
});

describe('numbers are those of one step', () => {
  test('what is saved, kept and read while a fit runs', async () => {
    const model = await counting(new Late());
    const fit = model.fit([[-1], [-1]], [[0], [0]], { epochs: 10, batchSize: 1, ...quiet });
    for (let i = 0; i < 3; i++) {
      const putBack = await model.keep();
      await putBack();
      const bytes: Uint8Array[] = [];
      await model.save(new WritableStream({ write: (chunk) => void bytes.push(chunk) }));
      const header = new TextDecoder().decode(bytes[0]);
      const saved = JSON.parse(header.slice(header.indexOf('{')));
      expect(Number(saved.__metadata__.steps)).toBe(new Int32Array(at(bytes, saved, 'step'))[0]);
      expect(new Float32Array(at(bytes, saved, 'network/kernel'))[0]).toBe(Number(saved.__metadata__.steps));
    }
    await fit;
  });

  test('steps that are asked for while something is read are run after it', async () => {
    const model = await counting(new Late());
    await model.step(minusOne).loss.read();
    const kept = model.keep();
    model.step(minusOne);
    model.step(minusOne);
    await (await kept)();
    expect(model.stepCount).toBe(1);
    expect((await model.weights())['network/kernel']?.data[0]).toBe(1);
  });
});

describe('totals lose nothing over many batches', () => {
  // The float32 nearest to 0.1, which no sum of float32 keeps: 2^21 of them are 1.3% less where each addition is rounded.
  const one = Math.fround(0.1);
  const constant = () =>
    base({
      input: [1],
      loss: defineLoss('constant', (prediction) => sum(prediction), { reduction: 'mean' })(),
      network: dense(1, { bias: false, kernelInitializer: filled(0.1) }),
      backend: wasm(),
    });

  test('a loss of 0.1, 500,000 times, and the number of samples', async () => {
    const model = await constant();
    const count = 500_000;
    const samples = { shape: [count, 1], data: new Float32Array(count).fill(1) };
    const ones = { ...defineMetric('ones', (_, target) => mean(target))() };
    const { loss, ones: share } = await model.evaluate(samples, samples, { batchSize: 1, metrics: [ones] });
    expect(Math.abs((loss ?? 0) / one - 1)).toBeLessThan(1e-9);
    expect(share).toBe(1);
  });

  test('small losses after a large one', async () => {
    const model = await constant();
    const data = new Float32Array(100_001).fill(1);
    data[0] = 1e8;
    const samples = { shape: [data.length, 1], data };
    const [record] = await model.fit(samples, samples, { batchSize: 1, ...quiet });
    const expected = (Math.fround(1e8 * one) + 1e5 * one) / data.length;
    expect(Math.abs((record?.['loss'] ?? 0) / expected - 1)).toBeLessThan(1e-9);
  });
});

/** The bytes of a tensor in a saved file. */
function at(chunks: readonly Uint8Array[], header: Record<string, { data_offsets: number[] }>, name: string) {
  const all = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
  const [from = 0, to = 0] = header[name]?.data_offsets ?? [];
  const start = 8 + Number(new DataView(all.buffer).getBigUint64(0, true));
  return all.slice(start + from, start + to).buffer;
}
