import { cpu } from '@pullback/backend-cpu';
import { wasm } from '@pullback/backend-wasm';
import type { Backend, Layer, Value } from '@pullback/core';
import { batchNorm, checkpoint, dense, dropout, frozen, relu, sequential } from '@pullback/layers';
import { meanSquaredError } from '@pullback/losses';
import { adam } from '@pullback/optimizers';
import { Model } from '@pullback/train';
import { describe, expect, test } from 'vitest';

const block = (units = 5) =>
  sequential(dense(units), batchNorm(), relu(), dropout(0.3), dense(units), relu());
const x = Array.from({ length: 8 }, (_, i) => Array.from({ length: 5 }, (_, k) => Math.sin(i + 5 * k)));
const y = x.map(([first = 0]) => [first]);

async function trained(network: Layer<readonly [Value]>, backend: Backend = cpu()) {
  const model = await Model.create({
    network,
    input: [5],
    loss: meanSquaredError(),
    optimizer: adam({ learningRate: 0.01 }),
    backend,
    dtype: 'float64',
    seed: 4,
  });
  await model.fit(x, y, { epochs: 2, batchSize: 4, progress: false });
  const { data } = await model.predict(x);
  return { weights: await model.weights(), predicted: Array.from(data), summary: model.summary() };
}

const blocks = (wrap: (layer: Layer<readonly [Value]>) => Layer<readonly [Value]>) =>
  sequential(wrap(block()), wrap(block()), dense(1));

describe('checkpoint', () => {
  test('weights, dropout, running figures and paths are those without it, to the bit', async () => {
    const plain = await trained(blocks((layer) => layer));
    expect(await trained(blocks(checkpoint))).toEqual(plain);
    expect(await trained(checkpoint(blocks(checkpoint)))).toEqual(plain);
    expect(await trained(blocks(checkpoint), wasm())).toEqual(plain);
  });
  test('a layer inside and outside of it is one layer, and a frozen one stays so', async () => {
    const shared = dense(5);
    const { weights } = await trained(sequential(checkpoint(shared), shared, dense(1)));
    expect(Object.keys(weights)).toEqual([
      'network/0/kernel',
      'network/0/bias',
      'network/2/kernel',
      'network/2/bias',
    ]);
    const still = await trained(sequential(checkpoint(frozen(dense(5))), dense(1)));
    const other = await trained(sequential(frozen(dense(5)), dense(1)));
    expect(still).toEqual(other);
  });
  test('the memory plan of a deep network is smaller', async () => {
    const bytes = async (wrap: (layer: Layer<readonly [Value]>) => Layer<readonly [Value]>) => {
      const model = await Model.create({
        network: sequential(...Array.from({ length: 4 }, () => wrap(block(24))), dense(1)),
        input: [24],
        loss: meanSquaredError(),
        optimizer: adam({ learningRate: 0.01 }),
        backend: wasm(),
      });
      const big = { shape: [256, 24], data: new Float32Array(256 * 24) };
      const said = /arena ([\d.]+) ([kM])B/.exec(
        await model.explain({ x: big, y: { shape: [256, 1], data: new Float32Array(256) } }),
      );
      return Number(said?.[1]) * (said?.[2] === 'M' ? 1000 : 1);
    };
    const [plain, less] = [await bytes((layer) => layer), await bytes(checkpoint)];
    expect(less).toBeLessThan(0.6 * plain);
    expect(less).toBeGreaterThan(0);
  });
});
