import { cpu } from '@pullback/backend-cpu';
import { wasm } from '@pullback/backend-wasm';
import { describe, expect, test } from 'vitest';
import { adam, dense, dropout, Model, relu, sequential, softmaxCrossEntropy, tensor } from '../src/index.ts';

interface Loaded {
  run(values?: Record<string, ArrayLike<number>>, times?: number): Record<string, ArrayLike<number>>;
  read(name: string): ArrayLike<number>;
}

/** As a stranger would: the loader's text as a module, the code as bytes. */
async function loaded({ code, loader }: { code: Uint8Array; loader: string }): Promise<Loaded> {
  const { load } = (await import(
    /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(loader)}`
  )) as { load(code: Uint8Array): Promise<Loaded> };
  return load(code);
}

const make = (hidden: number, backend: Parameters<typeof Model.create>[0]['backend']) =>
  Model.create({
    network: sequential(dense(hidden), relu(), dropout(0.2), dense(3)),
    input: [5],
    loss: softmaxCrossEntropy(),
    optimizer: adam({ learningRate: 0.01 }),
    seed: 4,
    backend: backend ?? wasm(),
  });
const x = tensor(
  Float32Array.from({ length: 40 }, (_, i) => Math.sin(i)),
  { shape: [8, 5] },
);
const y = tensor(Int32Array.from([0, 1, 2, 0, 1, 2, 0, 1]));
const bitsOf = (data: ArrayLike<number>) => [...new Uint32Array(Float32Array.from(data).buffer)];

describe.each([
  ['as a straight line', 4],
  ['as kernels', 200],
])('a model as one .wasm, %s', (_, hidden) => {
  test('predicts what the model predicts, bit for bit', async () => {
    const model = await make(hidden, wasm());
    await model.step({ x, y }, { times: 3 }).loss.read();
    const exported = await loaded(await model.export({ x }));
    const { data } = await model.predict(x);
    expect(bitsOf(exported.run({ x: x.data })['prediction'] ?? [])).toEqual(bitsOf(data));
  });

  test('trains on as the model does: dropout, adam, step count, in calls of one and of many steps', async () => {
    const model = await make(hidden, wasm());
    await model.step({ x, y }, { times: 2 }).loss.read();
    const exported = await loaded(await model.export({ x, y }));
    for (const times of [1, 1, 5]) {
      const loss = await model.step({ x, y }, { times }).loss.read();
      const { loss: other = [] } = exported.run({ x: x.data, y: y.data }, times);
      expect(other[0]).toBe(loss);
    }
    for (const [path, { data }] of Object.entries(await model.weights()))
      expect(bitsOf(exported.read(`weight:${path}`)), path).toEqual(bitsOf(data));
  });
});

test('the loader takes at most 3 KB and tells which names there are', async () => {
  const model = await make(4, wasm());
  const exported = await model.export({ x });
  expect(exported.loader.length).toBeLessThan(3072);
  const run = await loaded(exported);
  expect(() => run.run({ z: [1] })).toThrow(/no tensor is called z; there are x, prediction/);
  expect(() => run.run({ x: [1] })).toThrow(/x has 40 elements, and got 1/);
});

test('a backend that writes no code says which does', async () => {
  await expect((await make(4, cpu())).export({ x })).rejects.toThrow(
    /export from the backend 'cpu'[\s\S]*model\.to\('wasm'\)/,
  );
});
