import { cpu } from '@pullback/backend-cpu';
import type { Backend, Value } from '@pullback/core';
import * as core from '@pullback/core';
import { dense, relu, sequential } from '@pullback/layers';
import { softmaxCrossEntropy } from '@pullback/losses';
import { adam } from '@pullback/optimizers';
import { Model } from '@pullback/train';
import { expect, test } from 'vitest';
import { openIfThere } from './adapter/open.ts';
import { farthest, floats, integers, meant, run } from './adapter/run.ts';

// A look at an adapter where there is one; all of it is npm run test:webgpu.
const backend = await openIfThere();
if (backend === undefined)
  console.log(
    'WebGPU was not tested: no adapter here. With apt-get install chromium libvulkan1 there is a software one.',
  );

test.skipIf(backend === undefined)(
  'a network trains on an adapter as on the reference',
  async () => {
    const make = (on: Backend) =>
      Model.create({
        network: sequential(dense(16), relu(), dense(3)),
        input: [7],
        loss: softmaxCrossEntropy(),
        optimizer: adam({ learningRate: 0.01 }),
        backend: on,
        seed: 2,
      });
    const batch = { x: floats([21, 7]), y: integers([21], 3) };
    const [model, reference] = [await make(backend ?? cpu()), await make(cpu())];
    for (let i = 0; i < 5; i++) {
      const [loss, wanted] = [await model.step(batch).loss.read(), await reference.step(batch).loss.read()];
      expect(Math.abs(loss - wanted)).toBeLessThan(1e-5);
    }
    model.dispose();
  },
  20_000,
);

test.skipIf(backend === undefined)(
  'kernels of every kind on an adapter',
  async () => {
    const given = [floats([5, 6]), integers([4], 5)];
    const graph = (x?: Value, i?: Value) => {
      if (x === undefined || i === undefined) return [];
      return [
        core.softmax(x),
        core.matmul(x, core.transpose(x)),
        core.sum(core.tanh(x), { axis: 0 }),
        core.gather(x, i),
        core.less(x, 0.5),
      ];
    };
    const [got, wanted] = [await run(backend ?? cpu(), given, graph), meant(given, graph)];
    got.forEach((numbers, i) => {
      expect(farthest(numbers, wanted[i] ?? [])).toBeLessThan(1e-6);
    });
  },
  20_000,
);
