import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@pullback/backend-cpu';
import { CheckpointError, isFloat, UnsupportedError } from '@pullback/core';
import { openTfjs, single } from '@pullback/keras';
import { dense, sequential } from '@pullback/layers';
import { meanSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { compareWeights, Model, transferWeights } from '@pullback/train';
import { describe, expect, test } from 'vitest';

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Saved {
  readonly model: {
    modelTopology: Topology;
    weightsManifest: { paths: string[]; weights: WeightSpec[] }[];
    format?: string;
  };
  readonly shards: readonly string[];
  readonly inputs: readonly Numbers[];
  readonly outputs: readonly (Numbers & { readonly name: string })[];
}
interface WeightSpec {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: { dtype: string; scale?: number; min?: number };
}
interface Topology {
  class_name: string;
  config: { layers: LayerSpec[] };
}
interface LayerSpec {
  class_name: string;
  config: Record<string, unknown>;
  name?: string;
  inbound_nodes?: unknown;
}

const saved: Readonly<Record<string, Saved>> = JSON.parse(
  (await readFile(new URL('fixtures/tfjs.json', import.meta.url))).toString(),
);
const of = (name: string): Saved => {
  const found = saved[name];
  if (found === undefined) throw new Error(name);
  return structuredClone(found);
};
const open = ({ model, shards }: Saved) =>
  openTfjs(new TextEncoder().encode(JSON.stringify(model)), {
    shards: (name) => Buffer.from(shards[name.includes('1of') ? 0 : 1] ?? '', 'base64'),
  });
async function made(given: Saved) {
  const opened = await open(given);
  const outputs = given.outputs.map(({ name }) => name.replace(/\/.*/, ''));
  const losses = Object.fromEntries(outputs.map((name) => [name, meanSquaredError()]));
  const model = await Model.create({
    network: opened.network,
    input: Object.fromEntries(
      Object.entries(opened.inputs).map(([name, shape]) => [name, shape.map((extent) => extent ?? 1)]),
    ),
    loss: outputs.length === 1 ? meanSquaredError() : losses,
    optimizer: sgd({ learningRate: 0.01 }),
    backend: cpu(),
  });
  return { opened, model, outputs };
}
const x = ({ inputs }: Saved, names: readonly string[]) =>
  Object.fromEntries(
    names.map((name, i) => [
      name,
      { shape: inputs[i]?.shape ?? [], data: Float32Array.from(inputs[i]?.data ?? []) },
    ]),
  );

describe('a layers model of TensorFlow.js', () => {
  for (const name of Object.keys(saved))
    test(`${name}: predicts what TensorFlow.js predicted, to 1e-5`, async () => {
      const given = of(name);
      const { opened, model, outputs } = await made(given);
      const report = await transferWeights(opened.weights, model, { names: opened.names });
      expect(report.fits).toBe(true);
      const found = await model.predictAll(x(given, Object.keys(opened.inputs)));
      given.outputs.forEach(({ shape, data }, i) => {
        const own = found[outputs.length === 1 ? '' : (outputs[i] ?? '')];
        expect(own?.shape).toEqual(shape);
        data.forEach((wanted, k) => {
          expect(Math.abs((own?.data[k] ?? Number.NaN) - wanted)).toBeLessThan(1e-5);
        });
      });
    });

  test('is a part of another network, whose head alone is new', async () => {
    const opened = await open(of('sequence'));
    const model = await Model.create({
      network: sequential(single(opened.network), dense(1, { name: 'head' })),
      input: [6],
      loss: meanSquaredError(),
      optimizer: sgd({ learningRate: 0.05 }),
      backend: cpu(),
    });
    const names = opened.namesAt('network/0');
    const report = await transferWeights(opened.weights, model, { names, keep: 'network/head/*' });
    expect(report.of('kept').length).toBe(2);
    expect(report.of('taken').length).toBe([...opened.weights.stored].length);
    const several = await open(of('images'));
    await expect(
      Model.create({
        network: single(several.network),
        input: [9, 8, 3],
        loss: meanSquaredError(),
        optimizer: sgd({ learningRate: 0.05 }),
        backend: cpu(),
      }),
    ).rejects.toThrow(/scores, other/);
  });

  test('trains on', async () => {
    const given = of('shared');
    const { opened, model } = await made(given);
    await transferWeights(opened.weights, model, { names: opened.names });
    const rows = x(given, ['a', 'b']);
    const y = { shape: [2, 3], data: Float32Array.of(0.5, 0, 1, -0.5, 0.5, 0) };
    const history = await model.fit(rows, y, { epochs: 200, progress: false });
    expect(history.at(-1)?.['loss']).toBeLessThan((history[0]?.['loss'] ?? 0) / 2);
  });

  test('is opened by its path, with the shards beside it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pullback-keras-'));
    const { model, shards } = of('shared');
    await writeFile(join(folder, 'model.json'), JSON.stringify(model));
    for (const [i, path] of (model.weightsManifest[0]?.paths ?? []).entries())
      await writeFile(join(folder, path), Buffer.from(shards[i] ?? '', 'base64'));
    const { weights, inputs } = await openTfjs(join(folder, 'model.json'));
    expect(inputs).toEqual({ a: [4], b: [4] });
    for await (const [name, tensor] of weights.tensors()) expect(isFloat(tensor().dtype), name).toBe(true);
    await rm(folder, { recursive: true });
  });

  test('has weights that were quantized: x = scale q + min, or floats of 16 bits', async () => {
    const given = of('shared');
    const specs: WeightSpec[] = [
      { name: 'a', shape: [3], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -2 } },
      { name: 'b', shape: [2], dtype: 'float32', quantization: { dtype: 'uint16', scale: 0.25, min: 1 } },
      { name: 'c', shape: [2], dtype: 'float32', quantization: { dtype: 'float16' } },
      { name: 'd', shape: [1], dtype: 'int32' },
    ];
    given.model.weightsManifest = [{ paths: ['group1-shard1of1.bin'], weights: specs }];
    const parts = [Uint8Array.of(0, 4, 255), new Uint8Array(Uint16Array.of(0, 65535).buffer)];
    const rest = [
      new Uint8Array(Uint16Array.of(0x3c00, 0xc100).buffer),
      new Uint8Array(Int32Array.of(-7).buffer),
    ];
    const { weights } = await open({
      ...given,
      shards: [Buffer.concat([...parts, ...rest]).toString('base64')],
    });
    const numbers = async (name: string) => Array.from((await weights.read(name)).data);
    expect(await numbers('a')).toEqual([-2, 0, 125.5]);
    expect(await numbers('b')).toEqual([1, 16384.75]);
    expect(await numbers('c')).toEqual([1, -2.5]);
    expect(await numbers('d')).toEqual([-7]);
  });
});

describe('what cannot be opened', () => {
  const changed = async (change: (saved: Saved) => void) => {
    const given = of('shared');
    change(given);
    return open(given);
  };
  const layers = (given: Saved) => given.model.modelTopology.config.layers;

  test('layers without a counterpart are listed all at once', async () => {
    const failure = await changed((given) => {
      for (const layer of layers(given))
        if (layer.class_name === 'Maximum') layer.class_name = 'Lstm';
        else if (layer.class_name === 'Multiply') layer.class_name = 'constructor';
        else if (layer.class_name === 'Average')
          Object.assign(layer, {
            class_name: 'Conv2D',
            config: { ...layer.config, data_format: 'channels_first' },
          });
    }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UnsupportedError);
    expect(String(failure)).toMatch(
      /constructor 'product'; Lstm 'most'; Conv2D 'average' with data_format 'channels_first'/,
    );
  });

  const damaged: Readonly<Record<string, (given: Saved) => void>> = {
    'a shard elsewhere': ({ model }) => {
      for (const group of model.weightsManifest) group.paths = ['../weights.bin'];
    },
    'a shard that is missing': ({ model }) => {
      for (const group of model.weightsManifest) group.paths.pop();
    },
    'more bytes than the weights need': ({ model }) => {
      model.weightsManifest[0]?.weights.pop();
    },
    'a weight of terabytes': ({ model }) => {
      model.weightsManifest[0]?.weights.push({ name: 'huge', shape: [2 ** 40], dtype: 'float32' });
    },
    'a negative extent': ({ model }) => {
      model.weightsManifest[0]?.weights.push({ name: 'odd', shape: [-1], dtype: 'float32' });
    },
    'a dtype that is none': ({ model }) => {
      model.weightsManifest[0]?.weights.push({ name: 'odd', shape: [1], dtype: 'constructor' });
    },
    'a name twice': ({ model }) => {
      const [group] = model.weightsManifest;
      group?.weights.push(...group.weights.slice(0, 1));
    },
    'a layer that is not there': (given) => {
      layers(given).splice(2, 1);
    },
  };
  for (const [name, change] of Object.entries(damaged))
    test(`${name} is refused`, async () => {
      const failure = await changed(change)
        .then(async ({ weights }) => {
          for await (const _ of weights.tensors());
        })
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(CheckpointError);
    });

  test('layers in a circle are refused when the network is built', async () => {
    const given = of('shared');
    for (const layer of layers(given))
      if (layer.class_name === 'Multiply') layer.inbound_nodes = [[['most', 0, 0, {}]]];
    await expect(made(given)).rejects.toThrow(/wait for each other/);
  });

  test('weights for another network are told in a table', async () => {
    const given = of('shared');
    const { opened, model } = await made(given);
    const { weights } = await open(of('sequence'));
    const report = await compareWeights(weights, model, { names: opened.names });
    expect(report.of('missing').length).toBeGreaterThan(0);
    expect(report.of('left over').length).toBeGreaterThan(0);
  });
});
