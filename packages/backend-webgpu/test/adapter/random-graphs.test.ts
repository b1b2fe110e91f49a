import type { Tensor, Value } from '@pullback/core';
import * as core from '@pullback/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WebGpuBackend, WebGpuOptions } from '../../src/index.ts';
import { asOnHardware, open } from './open.ts';
import { farthest, floats, integers, meant, run } from './run.ts';

/** Numbers that are the same in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Step = (next: (below: number) => number, pick: () => Value) => Value | undefined;

/** Two axes, with numbers about 1 in, and numbers about 1 out. */
const steps: readonly Step[] = [
  (_, pick) => core.tanh(pick()),
  (_, pick) => core.sigmoid(pick()),
  (_, pick) => core.mul(pick(), 0.7),
  (_, pick) => core.softmax(core.mul(pick(), 3)),
  (_, pick) => core.transpose(pick()),
  (next, pick) => core.flip(pick(), next(2)),
  (next, pick) => core.mean(pick(), { axis: next(2), keepAxis: true }),
  (next, pick) => core.max(pick(), { axis: next(2), keepAxis: true }),
  (_, pick) => core.mean(core.square(pick()), { axis: 0, keepAxis: true }),
  (_, pick) => {
    const x = pick();
    return core.sub(x, core.mean(x, { axis: 1, keepAxis: true }));
  },
  (_, pick) => {
    const [a, b] = [pick(), pick()];
    return fits(a, b) ? core.add(core.mul(a, 0.5), core.mul(b, 0.5)) : undefined;
  },
  (_, pick) => {
    const [a, b] = [pick(), pick()];
    return fits(a, b) ? core.select(core.less(a, core.add(b, 0.3)), a, b) : undefined;
  },
  (_, pick) => {
    const [a, b] = [pick(), pick()];
    return a.shape[1] === b.shape[0] ? core.mul(core.matmul(a, b), 1 / (a.shape[1] ?? 1)) : undefined;
  },
  (next, pick) => {
    const x = pick();
    const [rows = 1, columns = 1] = x.shape;
    return core.slice(x, [next(rows), next(columns)], [], [1 + next(2), 1 + next(2)]);
  },
  (next, pick) => core.pad(pick(), { low: [next(2), next(3)], between: [next(2), 0], value: 0.25 }),
  (next, pick) => {
    const [a, b] = [pick(), pick()];
    const axis = next(2);
    return a.shape[1 - axis] === b.shape[1 - axis] ? core.concatenate([a, b], { axis }) : undefined;
  },
  (next, pick) => {
    const x = pick();
    const indices = core.constant(integers([3], 5, next(9)));
    return core.gather(x, indices, { axis: next(2) });
  },
  (next, pick) => {
    const x = pick();
    const axis = next(2);
    return core.scatterAdd(core.mul(x, 0.4), core.constant(integers([x.shape[axis] ?? 1], 4, next(9))), {
      axis,
      size: 4,
    });
  },
  (_, pick) => {
    const x = pick();
    return core.reshape(x, [x.shape[1] ?? 1, x.shape[0] ?? 1]);
  },
];

function fits(a: Value, b: Value): boolean {
  return a.shape.every((extent, i) => extent === b.shape[i] || extent === 1 || b.shape[i] === 1);
}

function graph(seed: number, given: readonly Value[]): Value[] {
  const next = generator(seed);
  const values = [...given];
  const pick = (): Value => values[next(values.length)] ?? core.fill(1, [1, 1]);
  while (values.length < 24) {
    const made = steps[next(steps.length)]?.(next, pick);
    if (made !== undefined && core.sizeOf(made.shape) <= 4000) values.push(made);
  }
  const scalar = core.sum(core.mul(values.at(-1) ?? pick(), 0.1));
  // Gradients go backwards through everything that the last one is made of.
  return [...values.slice(given.length).filter(() => next(3) === 0), scalar, ...core.gradient(scalar, given)];
}

const shapes = [
  [5, 7],
  [7, 1],
  [24, 33],
  [1, 5],
] as const;

for (const [how, options] of [
  ['as the adapter wants it', {}],
  ['as on a GPU', { ...asOnHardware, tuning: { ...asOnHardware.tuning, longestRow: 6 } }],
] as const satisfies readonly (readonly [string, WebGpuOptions])[])
  describe(`graphs at random, kernels cut ${how}`, () => {
    let backend: WebGpuBackend;
    beforeAll(async () => {
      backend = await open(options);
    });
    afterAll(() => backend.dispose());
    for (let seed = 1; seed <= 16; seed++)
      test(`graph ${seed}`, async () => {
        const given: Tensor[] = shapes.map((shape, i) => floats(shape, seed + i, 0.8));
        const f = (...x: Value[]) => graph(seed, x);
        const [got, wanted] = [await run(backend, given, f, 2), meant(given, f)];
        got.forEach((numbers, i) => {
          expect(numbers.length).toBe(wanted[i]?.length);
          expect(farthest(numbers, wanted[i] ?? []), `output ${i}`).toBeLessThan(1e-5);
        });
      });
  });
