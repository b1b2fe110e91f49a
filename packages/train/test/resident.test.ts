import { CpuBackend, cpu } from '@pullback/backend-cpu';
import {
  add,
  type Backend,
  type Buffer,
  DisposedError,
  defineLayer,
  OptionError,
  type Program,
  type Scope,
  type TypedArray,
  type Value,
} from '@pullback/core';
import { dense, dropout, relu, sequential, sigmoid, softmax } from '@pullback/layers';
import { categoricalCrossEntropy, halfSquaredError, softmaxCrossEntropy } from '@pullback/losses';
import { accuracy } from '@pullback/metrics';
import { adam, momentum } from '@pullback/optimizers';
import { type Callback, type FitOptions, Model, type ModelOptions } from '@pullback/train';
import { afterEach, describe, expect, test, vi } from 'vitest';

const quiet = { progress: false } as const;
/** Numbers in [0, 1) that differ. */
const numbers = (n: number, seed = 1) =>
  Float32Array.from({ length: n }, (_, i) => ((i + seed) * 0.6180339887) % 1);
const x = { shape: [23, 3], data: numbers(69) };
const y = { shape: [23, 2], data: numbers(46, 5) };

const base = (options: Partial<ModelOptions> = {}): Promise<Model> =>
  Model.create({
    network: sequential(dense(4), sigmoid(), dense(2)),
    input: [3],
    loss: halfSquaredError(),
    optimizer: momentum({ learningRate: 0.1 }),
    backend: cpu(),
    seed: 7,
    ...options,
  });

/** Everything that a fit leaves behind. */
async function outcome(model: Model, run: (model: Model) => Promise<unknown>) {
  const record = await run(model);
  return { record, weights: await model.weights(), steps: model.stepCount };
}

class Watching extends CpuBackend {
  readonly written: Buffer[] = [];
  override write(buffer: Buffer, data: TypedArray): void {
    this.written.push(buffer);
    super.write(buffer, data);
  }
}

describe('steps that choose their samples on the backend are those on samples from the host, to the last bit', () => {
  const both = async (
    make: () => Promise<Model>,
    fit: (model: Model, options: FitOptions) => Promise<unknown>,
  ) => {
    const resident = await outcome(await make(), (model) => fit(model, quiet));
    const host = await outcome(await make(), (model) => fit(model, { residentBytes: 0, ...quiet }));
    expect(resident).toEqual(host);
    expect(resident.steps).toBeGreaterThan(0);
  };

  test.each([
    [1, true],
    [4, true],
    [5, false],
    [22, true],
    [23, true],
    [23, false],
  ])('batches of %i of 23, shuffled: %s', (batchSize, shuffle) =>
    both(base, (model, options) =>
      model.fit(x, y, { epochs: 3, batchSize, shuffle, metrics: [accuracy()], ...options }),
    ),
  );

  test('bytes and labels, dropout, adam, float64, a part kept for validation', () =>
    both(
      () =>
        base({
          network: sequential(dense(5), relu(), dropout(0.4), dense(3)),
          loss: softmaxCrossEntropy(),
          optimizer: adam({ learningRate: 0.01 }),
          dtype: 'float64',
        }),
      (model, options) =>
        model.fit(
          { shape: [23, 3], data: Uint8Array.from(numbers(69), (u) => u * 255) },
          Int32Array.from({ length: 23 }, (_, i) => i % 3),
          { epochs: 2, batchSize: 4, validationSplit: 0.3, metrics: [accuracy()], ...options },
        ),
    ));

  test('samples in columns, with weights', () =>
    both(
      () =>
        base({
          layout: 'column',
          network: sequential(dense(4), sigmoid(), dense(2), softmax()),
          loss: categoricalCrossEntropy(),
        }),
      (model, options) =>
        model.fit(
          { shape: [3, 23], data: numbers(69) },
          Int32Array.from({ length: 23 }, (_, i) => i % 2),
          { epochs: 2, batchSize: 5, sampleWeights: numbers(23, 3), classWeights: [1, 3], ...options },
        ),
    ));

  test('several inputs and outputs', () => {
    const [left, right, first, second] = [dense(3), dense(3), dense(2), dense(1)];
    const network = defineLayer('two of each', (scope: Scope, p: Value, q: Value) => {
      const joined = add(scope.apply(left, p), scope.apply(right, q));
      return { a: scope.apply(first, joined), b: scope.apply(second, joined) };
    });
    return both(
      () =>
        base({
          network,
          input: { p: [3], q: [2] },
          loss: { a: halfSquaredError(), b: halfSquaredError() },
        }),
      (model, options) =>
        model.fit(
          { p: x, q: y },
          { a: y, b: { shape: [23, 1], data: numbers(23) } },
          { epochs: 2, batchSize: 4, ...options },
        ),
    );
  });

  test('evaluate', async () => {
    const model = await base();
    for (const batchSize of [1, 4, 23, 100])
      expect(await model.evaluate(x, y, { batchSize, metrics: [accuracy()] })).toEqual(
        await model.evaluate(x, y, { batchSize, residentBytes: 0, metrics: [accuracy()] }),
      );
  });

  test('a fit that is ended in the middle of an epoch, and goes on', async () => {
    const ends = (at: number): Pick<FitOptions, 'signal' | 'callbacks'> => {
      const controller = new AbortController();
      const step: Callback['step'] = ({ stepCount }) => {
        if (stepCount === at) controller.abort(new Error('enough'));
      };
      return { signal: controller.signal, callbacks: [{ step }] };
    };
    const options = { epochs: 2, batchSize: 4, ...quiet };
    const [whole, inParts] = [await base(), await base()];
    await whole.fit(x, y, options);
    await expect(inParts.fit(x, y, { ...options, ...ends(4) })).rejects.toThrow('enough');
    await expect(inParts.fit(x, y, { ...options, ...ends(5), resume: true })).rejects.toThrow('enough');
    await inParts.fit(x, y, { ...options, resume: true });
    expect([inParts.stepCount, await inParts.weights()]).toEqual([12, await whole.weights()]);
  });

  test.each(['step', 'epochEnd'] as const)('a model that is moved at every %s', async (when) => {
    const [moving, still] = [await base(), await base()];
    const options = { epochs: 3, batchSize: 5, validationSplit: 0.2, ...quiet };
    const history = await moving.fit(x, y, { ...options, callbacks: [{ [when]: () => moving.to(cpu()) }] });
    expect(history).toEqual(await still.fit(x, y, options));
    expect(await moving.weights()).toEqual(await still.weights());
  });
});

describe('what lies on the backend', () => {
  test('samples are written once a fit, in their own dtypes; an epoch writes its order, its beginning and its sums', async () => {
    const backend = new Watching();
    const model = await base({ backend });
    const bytes = { shape: [23, 3], data: Uint8Array.from(numbers(69), (u) => u * 255) };
    const writes = async (epochs: number) => {
      backend.written.length = 0;
      await model.fit(bytes, y, { epochs, batchSize: 4, validationData: [x, y], ...quiet });
      const of = (dtype: string, ...shape: number[]) =>
        backend.written.filter(({ spec }) => spec.dtype === dtype && spec.shape.join() === shape.join())
          .length;
      return {
        bytes: of('uint8', 23, 3),
        targets: of('float32', 23, 2),
        validation: of('float32', 23, 3),
        orders: of('int32', 23),
        all: backend.written.length,
      };
    };
    await writes(1);
    const [one, three] = [await writes(1), await writes(3)];
    expect(one).toEqual({ bytes: 1, targets: 2, validation: 1, orders: 1, all: one.all });
    expect(three).toEqual({ ...one, orders: 3, all: three.all });
    // The order; the cursor, the sum of the losses and what its rounding left out, for the steps and for the validation.
    expect(three.all - one.all).toBe(2 * (1 + 2 * 3));
  });

  test('after the first epoch nothing is allocated, compiled or bound; dispose leaves nothing', async () => {
    const backend = cpu();
    const model = await base({ backend });
    const seen: unknown[] = [];
    const callback: Callback = {
      epochEnd: () => {
        const { calls: _, ...held } = backend.statistics();
        seen.push(held);
      },
    };
    const fit = () =>
      model.fit(x, y, { epochs: 4, batchSize: 4, validationSplit: 0.3, callbacks: [callback], ...quiet });
    await fit();
    await fit();
    expect(seen).toEqual(seen.map(() => seen[0]));
    await model.evaluate(x, y);
    await model.predict(x);
    await model.step({ x, y }).loss.read();
    for (let count = 2; count < 9; count++)
      await model.evaluate(
        { shape: [count, 3], data: numbers(3 * count) },
        { shape: [count, 2], data: numbers(2 * count) },
      );
    model.dispose();
    expect(backend.statistics()).toMatchObject({ buffers: 0, bytes: 0, programs: 0, bindings: 0 });
  });

  test('a few sets stay for the next fit, not all that were ever used', async () => {
    const backend = cpu();
    const model = await base({ backend });
    const buffers: number[] = [];
    for (let count = 2; count < 12; count++) {
      await model.evaluate(
        { shape: [count, 3], data: numbers(3 * count) },
        { shape: [count, 2], data: numbers(2 * count) },
      );
      buffers.push(backend.statistics().buffers);
    }
    expect(buffers.slice(3)).toEqual(buffers.slice(3).map(() => buffers[2]));
  });

  test('what is changed in the arrays between two fits counts in the second', async () => {
    const [a, b] = [await base(), await base()];
    const data = x.data.slice();
    await a.fit({ ...x, data }, y, { batchSize: 4, ...quiet });
    data.fill(0.5);
    await a.fit({ ...x, data }, y, { batchSize: 4, ...quiet });
    await b.fit(x, y, { batchSize: 4, ...quiet });
    await b.fit({ ...x, data: data.slice() }, y, { batchSize: 4, residentBytes: 0, ...quiet });
    expect(await a.weights()).toEqual(await b.weights());
  });

  test('an evaluation of other samples of the same shape, in the middle of a fit, leaves those of the fit alone', async () => {
    const [a, b] = [await base(), await base()];
    const options = { epochs: 3, batchSize: 4, validationData: [x, y], ...quiet } as const;
    const other = { shape: x.shape, data: numbers(69, 40) };
    const callbacks: Callback[] = [
      { epochEnd: async () => void (await a.evaluate(other, y, { batchSize: 4 })) },
    ];
    expect(await a.fit(x, y, { ...options, callbacks })).toEqual(await b.fit(x, y, options));
    expect(await a.weights()).toEqual(await b.weights());
  });

  const memoryOf = async (backend: Backend & CpuBackend, residentBytes?: number) => {
    const model = await base({ backend });
    await model.fit(x, y, { batchSize: 4, ...(residentBytes !== undefined && { residentBytes }), ...quiet });
    return backend.statistics().bytes;
  };
  // 69 + 46 floats and 23 places.
  const whole = 4 * (69 + 46 + 23);
  test('samples of more bytes than are allowed stay on the host', async () => {
    const [allowed, refused] = [await memoryOf(cpu(), whole), await memoryOf(cpu(), whole - 1)];
    expect(allowed).toBe(await memoryOf(cpu()));
    // Batches of 4 and of 3 instead.
    expect(allowed - refused).toBe(whole + 4 - 4 * (7 * (3 + 2)));
  });
  test('so do those with a tensor that is larger than the largest buffer', async () => {
    class Small extends CpuBackend {
      readonly largestBuffer: number = 4 * 69 - 1;
    }
    class Enough extends CpuBackend {
      readonly largestBuffer: number = 4 * 69;
    }
    expect(await memoryOf(new Small())).toBe(await memoryOf(cpu(), 0));
    expect(await memoryOf(new Enough())).toBe(await memoryOf(cpu()));
  });
  test.each([-1, Number.NaN])('%d bytes are refused', async (residentBytes) => {
    const model = await base();
    await expect(model.fit(x, y, { residentBytes, ...quiet })).rejects.toThrow(OptionError);
    await expect(model.evaluate(x, y, { residentBytes })).rejects.toThrow(OptionError);
  });

  test('a fit inside a fit has a set of its own', async () => {
    const [a, b] = [await base(), await base()];
    const options = { epochs: 3, batchSize: 4, ...quiet };
    const other = { shape: x.shape, data: numbers(69, 40) };
    const callbacks: Callback[] = [
      {
        epochEnd: async ({ loss }, control) => {
          const putBack = await control.keep();
          const [inner] = await a.fit(other, y, { batchSize: 4, ...quiet });
          expect(inner?.['loss']).not.toBe(loss);
          await putBack();
        },
      },
    ];
    expect(await a.fit(x, y, { ...options, callbacks })).toEqual(await b.fit(x, y, options));
    expect(await a.weights()).toEqual(await b.weights());
  });

  test('a model that is disposed of while its Program is compiled leaves nothing, and the fit says so', async () => {
    class Slow extends CpuBackend {
      override async compile(program: Program) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return super.compile(program);
      }
    }
    const backend = new Slow();
    const model = await base({ backend });
    const fit = model.fit(x, y, quiet);
    await new Promise((resolve) => setTimeout(resolve, 1));
    model.dispose();
    await expect(fit).rejects.toThrow(DisposedError);
    expect(backend.statistics()).toMatchObject({ buffers: 0, bytes: 0, programs: 0, bindings: 0 });
  });
});

describe('how many steps are run in one call', () => {
  afterEach(() => void vi.restoreAllMocks());

  /** A backend whose steps take so long by the clock, which stands still otherwise. */
  async function callsOf(milliseconds: number, options: FitOptions & { samples?: number } = {}) {
    const { samples = 200, ...fitOptions } = options;
    const calls: number[] = [];
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    class Timed extends CpuBackend {
      override async compile(program: Program) {
        const executable = await super.compile(program);
        return {
          ...executable,
          bind: (inputs: readonly Buffer[], outputs: readonly Buffer[]) => {
            const binding = executable.bind(inputs, outputs);
            return {
              ...binding,
              run: (times = 1) => {
                calls.push(times);
                now += times * milliseconds;
                binding.run(times);
              },
            };
          },
        };
      }
    }
    const model = await base({ backend: new Timed() });
    const data = { shape: [samples, 3], data: numbers(3 * samples) };
    await model.fit(
      data,
      { shape: [samples, 2], data: numbers(2 * samples) },
      { batchSize: 1, ...fitOptions, ...quiet },
    );
    expect(model.stepCount).toBe(samples * (fitOptions.epochs ?? 1));
    return calls;
  }

  test('as many as take 8 ms', async () => {
    const calls = await callsOf(1);
    expect(calls.slice(0, 4)).toEqual([1, 4, 8, 8]);
    expect(Math.max(...calls)).toBe(8);
  });
  test('one, where a step takes longer', async () => {
    expect(new Set(await callsOf(50))).toEqual(new Set([1]));
  });
  test('a whole epoch of small steps; the next begins where the last left off', async () => {
    expect(await callsOf(0.001, { epochs: 3 })).toEqual([1, 4, 16, 64, 115, 200, 200]);
  });
  test('one, where somebody looks at every step', async () => {
    expect(await callsOf(0.001, { callbacks: [{ step: () => {} }] })).toHaveLength(200);
  });
  test('the event loop has its turn after 8 ms and before 16', async () => {
    const turns: number[] = [];
    const controller = new AbortController();
    const note = () => {
      turns.push(performance.now());
      if (!controller.signal.aborted) setImmediate(note);
    };
    setImmediate(note);
    await callsOf(0.3, { samples: 400 });
    controller.abort();
    const waits = [...new Set(turns)].map((at, i, all) => at - (all[i - 1] ?? 0)).slice(1);
    expect(waits.length).toBeGreaterThan(5);
    expect(Math.max(...waits)).toBeLessThan(16);
  });
  test('a signal is heard between two calls, and the model goes on from there, to the last bit', async () => {
    const n = 40_000;
    const data = { shape: [n, 3], data: numbers(3 * n) };
    const targets = { shape: [n, 2], data: numbers(2 * n) };
    const [whole, ended] = [await base(), await base()];
    const options = { batchSize: 4, ...quiet };
    const controller = new AbortController();
    const progress = { batch: () => controller.abort(new Error('enough')), epoch: () => {} };
    const { signal } = controller;
    await expect(ended.fit(data, targets, { ...options, progress, signal })).rejects.toThrow('enough');
    expect(ended.stepCount).toBeGreaterThan(0);
    expect(ended.stepCount).toBeLessThan(n / 4);
    await ended.fit(data, targets, { ...options, resume: true });
    await whole.fit(data, targets, options);
    expect([ended.stepCount, await ended.weights()]).toEqual([n / 4, await whole.weights()]);
  });
});
