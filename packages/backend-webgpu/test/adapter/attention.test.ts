import { gradient, mul, sum, type Value } from '@pullback/core';
import { attention } from '@pullback/layers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WebGpuBackend } from '../../src/index.ts';
import { open } from './open.ts';
import { farthest, floats, meant, run } from './run.ts';

let backend: WebGpuBackend;
beforeAll(async () => {
  backend = await open();
});
afterAll(() => backend.dispose());

const operands = [floats([2, 13, 4, 6], 1), floats([2, 13, 2, 6], 2), floats([2, 13, 2, 3], 3)];

for (const block of [0, 7])
  test(`attention and its gradients, ${block === 0 ? 'at once' : `by blocks of ${block}`}`, async () => {
    const f = (...[q, k, v]: Value[]) => {
      if (q === undefined || k === undefined || v === undefined) return [];
      const y = attention(q, k, v, { causal: true, block });
      return [y, ...gradient(sum(mul(y, y)), [q, k, v])];
    };
    const wanted = meant(operands, f);
    const got = await run(backend, operands, f);
    wanted.forEach((numbers, i) => {
      expect(farthest(got[i] ?? [], numbers)).toBeLessThan(2e-5);
    });
  });
