// A model in a worker computes what the same model computes here, and what goes wrong there is told here.
import { Worker } from 'node:worker_threads';
import { inWorker, type ModelInWorker, serve } from '@pullback/worker';
import {
  DataError,
  DisposedError,
  dense,
  type EpochRecord,
  halfSquaredError,
  Model,
  momentum,
  OptionError,
  sequential,
  tanh,
  UnknownNameError,
} from 'pullback';
import { afterEach, describe, expect, test } from 'vitest';

const x = Array.from({ length: 12 }, (_, i) => [Math.sin(i), Math.cos(i)]);
const y = x.map(([a = 0, b = 0]) => [a * b]);
const quiet = { progress: false } as const;

const options = (units: number) => ({
  network: sequential(dense(units), tanh(), dense(1)),
  input: [2],
  loss: halfSquaredError(),
  optimizer: momentum({ learningRate: 0.1 }),
  backend: 'cpu' as const,
  seed: 3,
});
const make = (units: number) => Model.create(options(units));

const open: ModelInWorker[] = [];
afterEach(async () => {
  for (const model of open.splice(0)) await model.dispose();
});

/** Both ends in this process, by a channel. */
async function served(units = 4, by = make): Promise<ModelInWorker> {
  const { port1, port2 } = new MessageChannel();
  const [model] = await Promise.all([inWorker(port1, units), serve(by, port2)]);
  open.push(model);
  return model;
}

/** A thread of Node whose file is TypeScript. */
function thread(name: string): Worker {
  return new Worker(new URL('./thread.mjs', import.meta.url), {
    workerData: name,
    execArgv: ['--conditions=@pullback/source'],
  });
}

describe('as the model itself', () => {
  test('fit, evaluate, predict, step, weights, summary and standing', async () => {
    const [here, there] = [await make(4), await served()];
    const how = { epochs: 2, batchSize: 5, metrics: ['r2'], validationSplit: 0.25 } as const;
    expect(await there.fit(x, y, how)).toEqual(await here.fit(x, y, { ...how, ...quiet }));
    expect(await there.evaluate(x, y, { metrics: ['r2'] })).toEqual(
      await here.evaluate(x, y, { metrics: ['r2'] }),
    );
    const { loss } = await there.step({ x, y }, { times: 2 });
    expect(await loss.read()).toBe(await here.step({ x, y }, { times: 2 }).loss.read());
    expect(await there.predict(x, { batchSize: 5 })).toEqual(await here.predict(x, { batchSize: 5 }));
    expect(await there.weights()).toEqual(await here.weights());
    expect(await there.summary()).toBe(here.summary());
    expect(await there.standing()).toEqual({
      stepCount: here.stepCount,
      learningRate: 0.1,
      backend: 'cpu',
      dtype: 'float32',
    });
    await there.step({ x, y });
    await expect(loss.read()).rejects.toThrow('to be read before the next step');
  });

  test('load, save, another backend and dtype, another learning rate', async () => {
    const [here, there] = [await make(4), await served()];
    await here.fit(x, y, quiet);
    await there.load(await here.weights());
    expect(await there.weights()).toEqual(await here.weights());
    await there.fit(x, y);
    const again = await Model.load(await there.save(), options(4));
    expect(await again.weights()).toEqual(await there.weights());
    await there.to('wasm', { dtype: 'float64' });
    await there.setLearningRate(0.5);
    expect(await there.standing()).toMatchObject({ backend: 'wasm', dtype: 'float64', learningRate: 0.5 });
  });

  test('in a thread of Node', async () => {
    const [here, there] = [await make(3), await inWorker(thread('./served.ts'), 3)];
    open.push(there);
    expect(await there.fit(x, y, { epochs: 2 })).toEqual(await here.fit(x, y, { epochs: 2, ...quiet }));
    expect(await there.predict(x)).toEqual(await here.predict(x));
  });
});

describe('what goes to and fro', () => {
  test('batches of a stream are asked for one at a time, and the stream is ended when the fit is', async () => {
    let [asked, most, ended] = [0, 0, 0];
    const stream = {
      async *[Symbol.asyncIterator]() {
        try {
          for (let i = 0; i < 4; i++) {
            most = Math.max(most, ++asked);
            await Promise.resolve();
            asked--;
            yield { x: x.slice(3 * i, 3 * i + 3), y: y.slice(3 * i, 3 * i + 3) };
          }
        } finally {
          ended++;
        }
      },
    };
    const [here, there] = [await make(4), await served()];
    expect(await there.fit(stream, { epochs: 2 })).toEqual(await here.fit(stream, { epochs: 2, ...quiet }));
    expect(await there.weights()).toEqual(await here.weights());
    expect([most, ended]).toEqual([1, 4]);
    const wrong = [
      { x, y },
      { x: [[1, 2, 3]], y: [[1]] },
    ];
    await expect(there.fit(wrong)).rejects.toThrow(/batch 1/);
  });

  test('progress with figures, and callbacks that change the rate and stop', async () => {
    const there = await served();
    const [told, rates]: [EpochRecord[], number[]] = [[], []];
    const history = await there.fit(x, y, {
      epochs: 9,
      progress: { batch: () => {}, epoch: (_, record) => void told.push(record) },
      callbacks: [
        {
          epochEnd: (record, control) => {
            expect(record).toEqual(told.at(-1));
            rates.push(control.learningRate);
            control.learningRate /= 2;
            if (control.epoch === 3) control.stop();
          },
        },
      ],
    });
    expect(told).toEqual(history);
    expect(rates).toEqual([0.1, 0.05, 0.025]);
    expect((await there.standing()).learningRate).toBe(0.0125);
  });

  test('a signal ends the fit with its reason; the model goes on', async () => {
    const there = await served();
    const stop = new AbortController();
    const reason = new Error('enough');
    const callbacks = [{ epochEnd: () => stop.abort(reason) }];
    await expect(there.fit(x, y, { epochs: 1e6, signal: stop.signal, callbacks })).rejects.toBe(reason);
    await expect(there.fit(x, y, { signal: stop.signal })).rejects.toBe(reason);
    expect(await there.fit(x, y)).toHaveLength(1);
  });

  test('memory is moved where that is asked for, and copied elsewhere', async () => {
    const there = await served();
    const data = () => ({ shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
    const [kept, moved] = [data(), data()];
    const a = await there.predict(kept);
    const b = await there.predict(moved, { transfer: true });
    expect(b).toEqual(a);
    expect([kept.data.length, moved.data.length]).toEqual([4, 0]);
  });
});

describe('what goes wrong', () => {
  test('errors keep their class, and what they tell', async () => {
    const there = await served();
    const js = (f: (...given: never[]) => Promise<unknown>, ...given: unknown[]) =>
      Reflect.apply(f, there, given);
    await expect(js(there.fit, x, y, { batch_size: 3 })).rejects.toThrow(OptionError);
    await expect(js(there.fit, x, y, { batch_size: 3 })).rejects.toThrow("Did you mean 'batchSize'?");
    await expect(there.predict([[1, 2, 3]])).rejects.toThrow(DataError);
    await expect(there.fit(x, y, { metrics: ['acuracy'] })).rejects.toThrow(UnknownNameError);
    await expect(there.fit(x, y, { metrics: ['acuracy'] })).rejects.toThrow("Did you mean 'accuracy'?");
    await expect(js(there.fit, x, y, { metrics: [{ observe() {} }] })).rejects.toThrow(
      'what cannot be sent to a worker',
    );
    await expect(js(there.fit, x, y, { callbacks: [{ step() {} }] })).rejects.toThrow(
      'a callback with epochEnd',
    );
    await expect(there.to('gpu')).rejects.toThrow("Did you mean 'webgpu'?");
    expect((await there.standing()).stepCount).toBe(0);
  });

  test('a model that cannot be made; a stream and a callback that throw', async () => {
    await expect(served(0)).rejects.toThrow("expected a whole number from 1 up as 'units' of dense, got 0");
    const there = await served();
    const epochEnd = () => {
      throw new RangeError('mine');
    };
    await expect(there.fit(x, y, { callbacks: [{ epochEnd }] })).rejects.toThrow('mine');
    async function* broken() {
      yield { x, y };
      throw new RangeError('no more');
    }
    await expect(there.fit(broken())).rejects.toThrow('no more');
    expect(await there.fit(x, y)).toHaveLength(1);
  });

  test('a worker that fails or is gone rejects what waits', async () => {
    await expect(inWorker(thread('./not-there.ts'), 1)).rejects.toThrow(Error);
    const there = await inWorker(thread('./served.ts'), 2);
    const waiting = there.fit(x, y, { epochs: 1e6 });
    const refused = expect(waiting).rejects.toThrow(DisposedError);
    await there.dispose();
    await refused;
    await expect(there.predict(x)).rejects.toThrow(DisposedError);
  });

  test('serve outside of a worker', async () => {
    await expect(serve(make)).rejects.toThrow('serve outside of a worker');
  });
});
