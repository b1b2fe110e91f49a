import { CpuBackend } from '@pullback/backend-cpu';
import { add, defineLayer, mean, OptionError, RankError, type Reducer } from '@pullback/core';
import { batchNorm, dense, dropout, l2, regularized, relu, sequential, tanh } from '@pullback/layers';
import { halfSquaredError, meanSquaredError, softmaxCrossEntropy } from '@pullback/losses';
import { accuracy, r2 } from '@pullback/metrics';
import { adam, momentum } from '@pullback/optimizers';
import { earlyStopping, Model, type ModelOptions, quiet, simulatedRanks } from '@pullback/train';
import { describe, expect, test } from 'vitest';

const x = Array.from({ length: 29 }, (_, i) => [Math.sin(i), Math.cos(3 * i), (i % 5) / 5]);
const y = x.map(([a = 0, b = 0, c = 0]) => [a * b - c, a + b]);

const make = (more: Partial<ModelOptions> = {}): ModelOptions => ({
  network: sequential(dense(5), tanh(), dense(2)),
  input: [3],
  loss: meanSquaredError(),
  optimizer: momentum({ learningRate: 0.1 }),
  backend: new CpuBackend(),
  seed: 4,
  dtype: 'float64',
  progress: quiet,
  ...more,
});

/** The same on every rank, each with a model of its own. */
function onRanks<T>(
  ranks: readonly Reducer[],
  options: () => ModelOptions,
  work: (model: Model, rank: number) => Promise<T>,
): Promise<T[]> {
  return Promise.all(
    ranks.map(async (reducer) => {
      using model = await Model.create({ ...options(), reducer });
      return await work(model, reducer.rank);
    }),
  );
}

async function numbersOf(model: Model, slot = 'velocity'): Promise<number[]> {
  const all = [await model.weights(), await model.states(), await model.slots(slot)];
  return all.flatMap((named) => Object.values(named).flatMap(({ data }) => [...data]));
}

function expectClose(got: readonly number[], wanted: readonly number[], tolerance = 1e-12) {
  expect(got.length).toBe(wanted.length);
  got.forEach((number, i) => {
    expect(Math.abs(number - (wanted[i] ?? Number.NaN))).toBeLessThan(tolerance);
  });
}

const fit = async (model: Model) => {
  const history = await model.fit(x, y, { epochs: 3, batchSize: 8, validationSplit: 0.2, metrics: [r2()] });
  return { history, numbers: await numbersOf(model) };
};

describe('ranks train as one process does on the whole batches', () => {
  const penalised = regularized(dense(4), l2(0.3));
  const cases: readonly [string, Partial<ModelOptions>][] = [
    ['means', {}],
    ['means in columns', { layout: 'column' }],
    ['sums', { loss: halfSquaredError(), optimizer: momentum({ learningRate: 0.01 }) }],
    ['penalties', { network: sequential(penalised, relu(), dense(2)) }],
  ];
  for (const [name, more] of cases)
    for (const size of [2, 3])
      test(`${name}, on ${size} ranks, in batches of 8 and a last one of 7 or 5`, async () => {
        const columns = (rows: number[][]) => (rows[0] ?? []).map((_, k) => rows.map((row) => row[k] ?? 0));
        const data = more.layout === 'column' ? ([columns(x), columns(y)] as const) : ([x, y] as const);
        const work = async (model: Model) => {
          const options = { epochs: 3, batchSize: 8, validationSplit: 0.2, metrics: [r2()] };
          const history = await model.fit(...data, options);
          return { history, numbers: await numbersOf(model) };
        };
        const alone = await work(await Model.create(make(more)));
        const results = await onRanks(simulatedRanks(size), () => make(more), work);
        for (const { history, numbers } of results) {
          expectClose(numbers, alone.numbers);
          history.forEach((record, i) => {
            expectClose(Object.values(record), Object.values(alone.history[i] ?? {}));
          });
          // Not one bit differs between ranks.
          expect({ history, numbers }).toEqual(results[0]);
        }
      });

  test('from the host, with weights of samples, batches that fewer samples have than there are ranks, and steps of their own', async () => {
    const sampleWeights = x.map((_, i) => (i % 3) / 2);
    const work = async (model: Model) => {
      await model.fit(x, y, { batchSize: 14, residentBytes: 0, sampleWeights });
      await model.fit([{ x: x.slice(0, 2), y: y.slice(0, 2) }]);
      model.step({ x: x.slice(0, 12), y: y.slice(0, 12) }, { times: 3, batchSize: 4 });
      const loss = await model.step({ x, y }).loss.read();
      const record = await model.evaluate(x, y, { batchSize: 10, residentBytes: 0 });
      return [loss, ...Object.values(record), model.stepCount, ...(await numbersOf(model))];
    };
    const alone = await work(await Model.create(make()));
    for (const numbers of await onRanks(simulatedRanks(3), make, work)) expectClose(numbers, alone);
  });

  test('several outputs with losses of their own, and metrics that keep the numbers of every sample', async () => {
    const network = defineLayer('two', (scope, input) => ({
      class: scope.apply(dense(2, { name: 'a' }), input),
      value: scope.apply(dense(1, { name: 'b' }), input),
    }));
    const loss = { class: softmaxCrossEntropy({ reduction: 'mean' }), value: halfSquaredError() };
    const labels = x.map(([a = 0]) => (a > 0 ? 1 : 0));
    const target = { class: labels, value: x.map(([, b = 0]) => [b]) };
    const metrics = { class: [accuracy()], value: [r2()] };
    const options = () => make({ network, loss, optimizer: adam({ learningRate: 0.05 }) });
    const work = async (model: Model) => {
      const history = await model.fit(x, target, { epochs: 2, batchSize: 10, metrics });
      return [...history.flatMap((record) => Object.values(record)), ...(await numbersOf(model, 'mean'))];
    };
    const alone = await work(await Model.create(options()));
    for (const numbers of await onRanks(simulatedRanks(2), options, work)) expectClose(numbers, alone);
  });

  test('states: the mean over parts of what depends on the samples, exactly what does not', async () => {
    const network = defineLayer('counting', (scope, input) => {
      const count = scope.state('count', [], () => Float64Array.of(0.1));
      count.set(add(count.value, 0.1));
      const average = scope.state('average', [], () => Float64Array.of(0));
      average.set(mean(input));
      return scope.apply(dense(2, { name: 'dense' }), input);
    });
    const batch = { x: x.slice(0, 12), y: y.slice(0, 12) };
    const work = async (model: Model) => {
      model.step(batch);
      const states = await model.states();
      return [states['network/count']?.data[0] ?? 0, states['network/average']?.data[0] ?? 0];
    };
    for (const [count, average = 0] of await onRanks(simulatedRanks(3), () => make({ network }), work)) {
      expect(count).toBe(0.1 + 0.1);
      expectClose([average], [batch.x.flat().reduce((a, b) => a + b, 0) / 36]);
    }
  });
});

describe('with a number of parts, the bits do not depend on the number of ranks', () => {
  const network = () =>
    sequential(dense(6), batchNorm(), tanh(), dropout(0.3), dense(4), dropout(0.2), dense(2));
  for (const dtype of ['float32', 'float64'] as const)
    test(`after 40 steps in ${dtype}, with dropout, batch norm and uneven last batches`, async () => {
      const options = () =>
        make({
          network: network(),
          dtype,
          optimizer: adam({ learningRate: 0.01 }),
          loss: meanSquaredError(),
        });
      const work = async (model: Model) => {
        const history = await model.fit(x.concat(x), y.concat(y), {
          epochs: 10,
          batchSize: 16,
          validationSplit: 0.02,
          metrics: [r2()],
        });
        expect(model.stepCount).toBe(40);
        return { history, numbers: await numbersOf(model, 'mean') };
      };
      const results = await Promise.all(
        [1, 2, 3, 4].map((size) => onRanks(simulatedRanks(size, { parts: 4 }), options, work)),
      );
      for (const result of results.flat()) expect(result).toEqual(results[0]?.[0]);
    });

  test('12 parts: of batches with fewer samples some are empty, and ranks may divide them unevenly', async () => {
    const options = () => make({ network: sequential(dense(5), dropout(0.5), dense(2)), dtype: 'float32' });
    const work = async (model: Model) => {
      await model.fit(x, y, { epochs: 2, batchSize: 12 });
      return numbersOf(model);
    };
    const results = await Promise.all(
      [1, 2, 5].map((size) => onRanks(simulatedRanks(size, { parts: 12 }), options, work)),
    );
    for (const result of results.flat()) expect(result).toEqual(results[0]?.[0]);
  });

  test('dropout masks of different parts are different', async () => {
    const network = defineLayer('masked', (scope, input) => {
      const kept = scope.apply(dropout(0.5, { name: 'dropout' }), input);
      const seen = scope.state('seen', [3], () => new Float64Array(3));
      seen.set(mean(kept, { axis: 0 }));
      return scope.apply(dense(2, { name: 'dense' }), kept);
    });
    const ones = Array.from({ length: 8 }, () => [1, 1, 1]);
    const [seen] = await onRanks(
      simulatedRanks(1, { parts: 8 }),
      () => make({ network }),
      async (model) => {
        model.step({ x: ones, y: y.slice(0, 8) });
        return (await model.states())['network/seen']?.data;
      },
    );
    // Were all masks the same, each mean over them would be 0 or 2.
    expect(seen?.some((mean) => mean > 0 && mean < 2)).toBe(true);
  });
});

describe('the first rank', () => {
  test('gives its numbers to the others at the start', async () => {
    const weights = await onRanks(simulatedRanks(3), make, async (model, rank) => {
      if (rank === 1)
        await model.load(
          { 'network/0/bias': { shape: [5], data: [1, 2, 3, 4, 5] } },
          { prefix: 'network/0/bias' },
        );
      if (rank === 0) model.learningRate = 0.01;
      await model.fit(x, y);
      return [model.learningRate, ...(await numbersOf(model))];
    });
    expect(weights[0]?.[0]).toBe(0.01);
    for (const each of weights) expect(each).toEqual(weights[0]);
  });

  test('decides on the end of a fit and on the learning rate', async () => {
    const results = await onRanks(simulatedRanks(2), make, async (model, rank) => {
      const history = await model.fit(x, y, {
        epochs: 9,
        callbacks: [
          {
            epochEnd: (_, control) => {
              if (rank === 0) control.learningRate /= 2;
              if (rank === 0 && control.epoch === 2) control.stop();
              if (rank === 1) control.stop();
            },
          },
        ],
      });
      return [history.length, model.learningRate];
    });
    expect(results).toEqual([
      [2, 0.025],
      [2, 0.025],
    ]);
  });

  test('alone saves; all go on from there, with more ranks', async () => {
    const file = new Map<number, Uint8Array[]>();
    const saving = (rank: number) => {
      const parts: Uint8Array[] = [];
      file.set(rank, parts);
      return new WritableStream<Uint8Array>({ write: (part) => void parts.push(part.slice()) });
    };
    const whole = await onRanks(simulatedRanks(1, { parts: 4 }), make, async (model) => {
      await model.fit(x, y, { epochs: 4, batchSize: 8 });
      return numbersOf(model);
    });
    await onRanks(simulatedRanks(2, { parts: 4 }), make, async (model, rank) => {
      const stop = new AbortController();
      const callbacks = [{ step: () => (model.stepCount === 6 ? stop.abort() : undefined) }];
      const cut = model.fit(x, y, { epochs: 4, batchSize: 8, callbacks, signal: stop.signal });
      await expect(cut).rejects.toThrow('abort');
      const saved = await model.save(saving(rank), { sha256: true });
      expect(saved.sha256).toHaveLength(64);
    });
    expect(file.get(1)).toEqual([]);
    const bytes = await new Blob((file.get(0) ?? []).map((part) => part.slice())).bytes();
    const rest = await Promise.all(
      simulatedRanks(4, { parts: 4 }).map(async (reducer) => {
        using model = await Model.load(bytes, { ...make(), reducer });
        await model.fit(x, y, { epochs: 3, batchSize: 8, resume: true });
        return await numbersOf(model);
      }),
    );
    for (const numbers of rest) expect(numbers).toEqual(whole[0]);
  });

  test('refuses to save what others do not have', async () => {
    await onRanks(simulatedRanks(2), make, async (model, rank) => {
      await model.fit(x, y);
      if (rank === 1)
        await model.load(
          { 'network/0/bias': { shape: [5], data: [1, 2, 3, 4, 5] } },
          { prefix: 'network/0/bias' },
        );
      const saved = model.save(new WritableStream());
      await expect(saved).rejects.toThrow(RankError);
      await expect(saved).rejects.toThrow('on rank 1 than on rank 0');
    });
  });

  test('tells its errors to the others', async () => {
    await onRanks(simulatedRanks(2), make, async (model, rank) => {
      const saved = model.save('/nowhere/at/all/model.safetensors');
      await expect(saved).rejects.toThrow(rank === 0 ? 'nowhere' : 'an error of rank 0');
    });
  });
});

describe('around steps', () => {
  test('early stopping, the best weights and progress are as with one process', async () => {
    const work = async (model: Model, rank = 0) => {
      const lines: number[] = [];
      const progress = { batch: () => {}, epoch: () => void lines.push(rank) };
      const callbacks = [earlyStopping({ monitor: 'loss', mode: 'max', patience: 1 })];
      const history = await model.fit(x, y, { epochs: 9, callbacks, progress });
      return { lines, numbers: [history.length, ...(await numbersOf(model))] };
    };
    const alone = await work(await Model.create(make()));
    const [first, second] = await onRanks(simulatedRanks(2), make, work);
    expectClose(first?.numbers ?? [], alone.numbers);
    expect([first?.lines, second?.lines]).toEqual([alone.lines, []]);
  });

  test('a NaN is named with its node, on the rank that has it', async () => {
    const bad = x.map((row, i) => (i === 0 ? [Number.NaN, 0, 0] : row));
    const [first] = simulatedRanks(1, { parts: 2 });
    const model = await Model.create({ ...make({ checkFinite: true }), ...(first && { reducer: first }) });
    model.step({ x: bad, y });
    await expect(model.weights()).rejects.toThrow('NaN');
  });

  test('a model that is moved goes on with the others', async () => {
    const results = await onRanks(simulatedRanks(2), make, async (model) => {
      await model.fit(x, y);
      await model.to(new CpuBackend());
      await model.fit(x, y);
      return numbersOf(model);
    });
    const alone = await Model.create(make());
    await alone.fit(x, y, { epochs: 2 });
    for (const numbers of results) expectClose(numbers, await numbersOf(alone));
  });

  test('nothing is left on the backend', async () => {
    const backend = new CpuBackend();
    await onRanks(
      simulatedRanks(1, { parts: 3 }),
      () => make({ backend }),
      (model) => fit(model),
    );
    expect(backend.statistics().buffers).toBe(0);
  });

  test('ranks and parts that cannot be are refused', () => {
    expect(() => simulatedRanks(0)).toThrow(OptionError);
    expect(() => simulatedRanks(3, { parts: 2 })).toThrow('at least one for each rank');
    expect(() => simulatedRanks(1.5)).toThrow(OptionError);
  });
});
