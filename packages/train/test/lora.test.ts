import { cpu } from '@pullback/backend-cpu';
import {
  CheckpointError,
  DataError,
  evaluate,
  type Layer,
  matmul,
  OptionError,
  type Program,
  type Value,
} from '@pullback/core';
import {
  conv2d,
  dense,
  dropout,
  feedForward,
  filled,
  flatten,
  frozen,
  lora,
  mergeLora,
  multiHeadAttention,
  sequential,
  tanh,
  transformerBlock,
} from '@pullback/layers';
import { halfSquaredError } from '@pullback/losses';
import { adam, learningRates, sgd } from '@pullback/optimizers';
import { writeSafetensors } from '@pullback/safetensors';
import { loadWeights, Model, type ModelOptions, type Weights } from '@pullback/train';
import { describe, expect, test } from 'vitest';

const X = [
  [1, -2, 0.5],
  [0.5, 3, -1],
];
const T = [[0.3], [-0.2]];
const create = (network: Layer<readonly [Value]>, options: Partial<ModelOptions> = {}) =>
  Model.create({
    network,
    input: [3],
    loss: halfSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: cpu(),
    dtype: 'float64',
    seed: 3,
    ...options,
  });
const train = (model: Model, x: unknown = X, epochs = 3) =>
  model.fit(x as number[][], T, { epochs, progress: false, shuffle: false });
const difference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (x, i) => Math.abs(x - (b[i] ?? Number.NaN))));
const changedBetween = (before: Weights, after: Weights) =>
  Object.keys(before).filter((path) => difference(before[path]?.data ?? [], after[path]?.data ?? []) > 0);
/** With A and B away from 0, so that both are seen. */
const stirred = (weights: Weights): Weights =>
  Object.fromEntries(
    Object.entries(weights).map(([path, { shape, data }]) => [
      path,
      { shape, data: /lora[AB]$/.test(path) ? data.map((_, i) => Math.sin(i + path.length)) : data },
    ]),
  );

describe('W + alpha/r A B', () => {
  const inner = () => sequential(dense(4), tanh(), dense(1));
  const base = async () => create(inner());

  test('is W at first, learns A and B alone, and is then W + alpha/r A B', async () => {
    const model = await create(lora(inner(), { rank: 2, alpha: 6 }));
    await model.load(await (await base()).weights(), { keep: '**.lora*' });
    const before = await model.weights();
    expect(await model.predict(X)).toEqual(await (await base()).predict(X));
    expect(before['network/0/kernel.loraScale']?.data).toEqual(Float64Array.of(3));
    await train(model);
    const after = await model.weights();
    expect(changedBetween(before, after).sort()).toEqual([
      'network/0/kernel.loraA',
      'network/0/kernel.loraB',
      'network/2/kernel.loraA',
      'network/2/kernel.loraB',
    ]);
    const plain = await base();
    await plain.load(mergeLora(after));
    expect(difference((await plain.predict(X)).data, (await model.predict(X)).data)).toBeLessThan(1e-15);
  });

  test('has the gradients of A and B that differences have', async () => {
    const model = await create(lora(inner(), { rank: 2, alpha: 5 }));
    await model.load(stirred(await model.weights()));
    const { loss, parameters, feeds } = await model.graph({ x: X, target: T });
    const report = await model.inspect({ x: X, target: T });
    const weights = await model.weights();
    const at = (path: string, i: number, by: number) => {
      const value = parameters.find((each) => each.path === path)?.value;
      const { shape, data } = weights[path] ?? { shape: [], data: [] };
      if (value === undefined) throw new Error(path);
      const moved = { shape, data: Array.from(data, (x, j) => (i === j ? x + by : x)) };
      return Number(evaluate(loss, new Map([...feeds, [value, moved]])).data[0]);
    };
    for (const path of ['network/0/kernel.loraA', 'network/0/kernel.loraB', 'network/2/kernel.loraA'])
      report.gradient(path).data.forEach((slope, i) => {
        const h = 1e-5;
        expect(Math.abs((at(path, i, h) - at(path, i, -h)) / (2 * h) - slope)).toBeLessThan(1e-8);
      });
  });

  const nets: Readonly<
    Record<string, readonly [() => Layer<readonly [Value]>, readonly number[], ModelOptions['layout']?]>
  > = {
    'a dense layer in columns': [() => dense(1), [3], 'column'],
    attention: [() => sequential(multiHeadAttention(2), flatten(), dense(1)), [3, 4]],
    'a feed-forward layer': [() => sequential(feedForward(5), flatten(), dense(1)), [2, 3]],
    'a gated one': [() => sequential(feedForward(5, { gated: true }), flatten(), dense(1)), [2, 3]],
    'a transformer block': [() => sequential(transformerBlock(2), flatten(), dense(1)), [3, 4]],
  };
  for (const [name, [make, input, layout = 'row']] of Object.entries(nets))
    test(`merged is the same function, of ${name}`, async () => {
      const options = { input, layout };
      const model = await create(lora(make(), { rank: 2, alpha: 3 }), options);
      await model.load(stirred(await model.weights()));
      const plain = await create(make(), options);
      await plain.load(mergeLora(await model.weights()));
      const x = {
        shape: layout === 'row' ? [2, ...input] : [...input, 2],
        data: Float64Array.from({ length: 2 * input.reduce((n, extent) => n * extent, 1) }, (_, i) =>
          Math.sin(3 * i),
        ),
      };
      const [wanted, found] = [await plain.predict(x), await model.predict(x)];
      expect(difference(found.data, wanted.data)).toBeLessThan(1e-13);
    });

  test('computes thin products: no gradient of W is made, on the way there or back', async () => {
    const programs: Program[] = [];
    const backend = cpu();
    const compile = backend.compile.bind(backend);
    backend.compile = (program) => {
      programs.push(program);
      return compile(program);
    };
    const model = await create(lora(dense(5), { rank: 1 }), {
      backend,
      input: [7],
      loss: halfSquaredError(),
    });
    model.step({ x: [[1, 2, 3, 4, 5, 6, 7]], y: [[1, 2, 3, 4, 5]] });
    await model.weights();
    const shapes = programs.flatMap(({ body }) =>
      body.flatMap(({ outputs }) => outputs.map(({ shape }) => shape.join('x'))),
    );
    expect(shapes).toContain('7x1');
    expect(shapes).not.toContain('7x5');
  });

  test('takes a layer of any kind whose matrix is asked of the scope', async () => {
    const own = {
      name: 'own',
      forward: (scope, x) => matmul(x, scope.parameter('mix', [3, 1], filled(0.5))),
    } satisfies Layer<readonly [Value]>;
    const model = await create(lora(own, { rank: 1, where: '**/mix' }));
    await model.load(stirred(await model.weights()));
    const plain = await create(own);
    await plain.load(mergeLora(await model.weights()));
    expect(difference((await plain.predict(X)).data, (await model.predict(X)).data)).toBeLessThan(1e-14);
  });

  test('leaves what it does not fit as a fixed function, and refuses where nothing fits', async () => {
    const images = { input: [4, 4, 1] };
    const mixed = lora(sequential(conv2d(2, 3), flatten(), dense(1)), { rank: 1 });
    const model = await create(mixed, images);
    const paths = Object.keys(await model.weights());
    expect(paths.filter((path) => path.includes('lora'))).toEqual([
      'network/2/kernel.loraA',
      'network/2/kernel.loraB',
      'network/2/kernel.loraScale',
    ]);
    await expect(create(lora(conv2d(2, 3)), images)).rejects.toThrow(OptionError);
    await expect(create(lora(inner(), { where: ['**/kernel', '**/kernle'] }))).rejects.toThrow(
      /'\*\*\/kernle' of lora/,
    );
    for (const wrong of [{ rank: 0 }, { rank: 1.5 }, { alpha: 0 }, { ranks: 1 }, { where: 3 }])
      expect(() => lora(inner(), wrong as object)).toThrow(OptionError);
  });

  test('around a frozen layer learns in a network that runs as in prediction', async () => {
    const model = await create(lora(frozen(sequential(dense(3), dropout(0.9), dense(1))), { rank: 1 }));
    const { loss } = model.step({ x: X, y: T });
    const first = await loss.read();
    const fresh = await create(lora(frozen(sequential(dense(3), dropout(0.9), dense(1))), { rank: 1 }));
    expect(first).toBeCloseTo((await fresh.evaluate(X, T))['loss'] ?? Number.NaN, 12);
    expect(await model.predict(X)).not.toEqual(await fresh.predict(X));
  });

  test('merging asks for all parts', () => {
    const part = { shape: [1, 1], data: Float64Array.of(1) };
    expect(() => mergeLora({ w: part, 'w.loraA': part, 'w.loraB': part })).toThrow(DataError);
    expect(() => mergeLora({ 'w.loraA': part, 'w.loraB': part, 'w.loraScale': part })).toThrow(/'w'/);
    expect(mergeLora({ w: part })).toEqual({ w: part });
  });
});

describe('files of what was learned', () => {
  const big = (width: number) =>
    create(
      sequential(
        lora(sequential(dense(width), tanh(), dense(width), tanh()), { rank: 1 }),
        dense(1, { name: 'head' }),
      ),
      {
        input: [width],
        dtype: 'float32',
        optimizer: adam({ learningRate: 0.01 }),
      },
    );
  const numbers = (width: number) => ({
    shape: [2, width],
    data: Float32Array.from({ length: 2 * width }, (_, i) => Math.sin(i)),
  });
  const bytesOf = async (write: (target: WritableStream<Uint8Array>) => Promise<unknown>) => {
    const parts: Uint8Array[] = [];
    await write(new WritableStream({ write: (bytes) => void parts.push(bytes.slice()) }));
    return Buffer.concat(parts);
  };

  test('an adapter is under 1% of the model, and makes of its base what was trained', async () => {
    const x = numbers(400);
    const model = await big(400);
    const base = await model.weights();
    await model.fit(x, [[1], [2]], { epochs: 2, progress: false });
    const learned = await model.weights({ only: ['**.lora*', 'network/head/*'] });
    const file = await bytesOf((target) => writeSafetensors(target, learned));
    const whole = await bytesOf((target) => writeSafetensors(target, base));
    expect(file.length).toBeLessThan(whole.length / 100);
    const other = await big(400);
    await other.load(base);
    await other.load(await loadWeights(file), { keep: '**' });
    expect(await other.predict(x)).toEqual(await model.predict(x));
  });

  test('a checkpoint of what is learned goes on bit for bit in a model that has the rest', async () => {
    const x = numbers(50);
    const model = await big(50);
    const base = await model.weights();
    await model.fit(x, [[1], [2]], { epochs: 2, progress: false });
    const file = await bytesOf((target) => model.save(target, { learned: true }));
    expect(file.length).toBeLessThan((await bytesOf((target) => model.save(target))).length / 3);
    const other = await big(50);
    await other.load(base);
    await other.restore(file);
    expect(other.stepCount).toBe(2);
    for (const each of [model, other]) await each.fit(x, [[1], [2]], { epochs: 2, progress: false });
    expect(await other.weights()).toEqual(await model.weights());
    expect(await other.slots('first')).toEqual(await model.slots('first'));
  });

  test('is refused where the rest would be left to chance', async () => {
    const model = await create(sequential(frozen(dense(2)), dense(1)));
    const file = await bytesOf((target) => model.save(target, { learned: true }));
    const failure = await Model.load(file, {
      network: sequential(frozen(dense(2)), dense(1)),
      input: [3],
      loss: halfSquaredError(),
      optimizer: sgd({ learningRate: 0.1 }),
      backend: cpu(),
    }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CheckpointError);
    expect(String(failure)).toMatch(/model\.restore/);
    // All of this model is learned: a file without its first layer is not enough.
    const warm = await create(sequential(dense(2), dense(1)));
    const before = await warm.weights();
    await expect(warm.restore(file)).rejects.toThrow(/network\/0\/kernel/);
    expect(await warm.weights()).toEqual(before);
  });
});

describe('frozen by path', () => {
  const net = (where: Parameters<typeof frozen>[1]) =>
    frozen(sequential(dense(4, { name: 'a' }), tanh(), dense(1, { name: 'b' })), where);
  const changedBy = async (options: Parameters<typeof frozen>[1]) => {
    const model = await create(net(options));
    const before = await model.weights();
    await train(model);
    return changedBetween(before, await model.weights()).sort();
  };

  test('weights that fit stay, others learn', async () => {
    expect(await changedBy({})).toEqual([]);
    expect(await changedBy({ where: 'network/a/**' })).toEqual(['network/b/bias', 'network/b/kernel']);
    expect(await changedBy({ where: '**/kernel' })).toEqual(['network/a/bias', 'network/b/bias']);
    expect(await changedBy({ where: ['**/a/kernel', '**/b/*'] })).toEqual(['network/a/bias']);
    expect(await changedBy({ where: (path) => path.endsWith('kernel') })).toEqual([
      'network/a/bias',
      'network/b/bias',
    ]);
  });

  test('layers whose path fits run as in prediction, others as in training', async () => {
    const noisy = (where: string) =>
      create(frozen(sequential(dense(1, { name: 'a' }), dropout(0.9, { name: 'drop' })), { where }), {
        optimizer: sgd({ learningRate: 1e-9 }),
      });
    const still = async (where: string) => {
      const model = await noisy(where);
      const { loss } = model.step({ x: X, y: T });
      return (
        Math.abs((await loss.read()) - ((await (await noisy(where)).evaluate(X, T))['loss'] ?? Number.NaN)) <
        1e-9
      );
    };
    expect(await still('network/drop')).toBe(true);
    expect(await still('network/drop/**')).toBe(true);
    expect(await still('network/a/**')).toBe(false);
  });

  test('a pattern that fits nothing is refused when the layer is applied', async () => {
    await expect(create(net({ where: ['network/a/**', 'network/c/**'] }))).rejects.toThrow(
      /'network\/c\/\*\*' of frozen/,
    );
    expect(() => net({ were: 'a' } as object)).toThrow(/where/);
  });
});

describe('learning rates by path', () => {
  test('a step of each weight is that of its own rate', async () => {
    const net = () =>
      sequential(dense(2, { name: 'block0' }), dense(2, { name: 'block1' }), dense(1, { name: 'head' }));
    const stepOf = async (optimizer: ModelOptions['optimizer']) => {
      const model = await create(net(), { optimizer });
      const before = await model.weights();
      await train(model, X, 1);
      const after = await model.weights();
      return (path: string) =>
        Array.from(after[path]?.data ?? [], (x, i) => x - (before[path]?.data[i] ?? 0));
    };
    const rates = {
      'network/block{i}/**': ({ i }: Readonly<Record<string, string>>) => 0.5 ** (2 - Number(i)),
      '**/bias': 3,
    };
    for (const make of [sgd, adam]) {
      const plain = await stepOf(make({ learningRate: 0.1 }));
      const scaled = await stepOf(learningRates(make({ learningRate: 0.1 }), rates));
      for (const [path, factor] of [
        ['network/block0/kernel', 0.25],
        ['network/block1/bias', 0.5],
        ['network/head/kernel', 1],
        ['network/head/bias', 3],
      ] as const)
        expect(
          difference(
            scaled(path),
            plain(path).map((x) => factor * x),
          ),
          path,
        ).toBeLessThan(1e-15);
    }
  });

  test('a pattern that fits no weight that is learned is refused', async () => {
    const optimizer = learningRates(sgd({ learningRate: 0.1 }), { 'network/haed/**': 2 });
    const model = await create(dense(1), { optimizer });
    await expect(train(model)).rejects.toThrow(
      /'network\/haed\/\*\*' of learningRates.*\n.*\n?.*network\/kernel/,
    );
    for (const wrong of [-1, Number.NaN, 'x'])
      expect(() => learningRates(sgd({ learningRate: 0.1 }), { a: wrong as number })).toThrow(OptionError);
    const below = learningRates(sgd({ learningRate: 0.1 }), { '**': () => -1 });
    await expect(train(await create(dense(1), { optimizer: below }))).rejects.toThrow(/-1 for 'network\//);
  });
});
