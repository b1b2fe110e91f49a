import { describe, expect, test } from 'vitest';
import { simulations } from '../src/problems/all.ts';
import { encoder, narrowEncoder } from '../src/problems/encoder.ts';
import { negation } from '../src/problems/negation.ts';
import { shiftRegisters } from '../src/problems/shift-register.ts';
import { xor, xorHidden } from '../src/problems/xor.ts';
import { modelOf, sweep, train, weightsOf } from '../src/train.ts';
import { sweepsOf } from './plain-loops.ts';

const [ofTwo, , , , ofMany] = xorHidden;
const [ring] = shiftRegisters;
if (ofTwo === undefined || ofMany === undefined || ring === undefined)
  throw new Error('problems are missing');

describe('a run takes the sweeps that plain loops take from the same weights', () => {
  for (const [simulation, seeds, direct] of [
    [xor, [1, 2, 3, 4], true],
    [negation, [1, 2], true],
    [encoder, [1], false],
    [ofTwo, [1, 2], false],
    [ofMany, [3], false],
  ] as const)
    test(simulation.name, async () => {
      const { patterns, learning } = simulation;
      const { rate, updates, limit, tolerance = 0.1 } = learning;
      for (const seed of seeds) {
        using model = await modelOf(simulation, seed, 'wasm');
        const weights = await weightsOf(model);
        const plain = {
          ...patterns,
          weights,
          direct,
          perPattern: updates === 'pattern',
          rate,
          tolerance,
          limit,
        };
        const { sweeps } = await train(simulation, seed, 'wasm');
        expect(sweeps).toBe(sweepsOf(plain));
        expect(sweeps).toBeGreaterThan(0);
      }
    });
});

describe('the same seeds take the same sweeps on cpu and wasm', () => {
  for (const [simulation, seeds] of [
    [xor, [1, 2, 3]],
    [ofMany, [1]],
    [narrowEncoder, [1]],
    [negation, [1, 2, 3]],
    [ring, [1, 2, 3]],
  ] as const)
    test(simulation.name, async () => {
      for (const seed of seeds) {
        const [a, b] = [await train(simulation, seed, 'cpu'), await train(simulation, seed, 'wasm')];
        expect(a).toEqual(b);
        expect(a.sweeps).toBeGreaterThan(0);
      }
    });
});

describe('weights are the same to the last bit on cpu and wasm after three sweeps', () => {
  for (const simulation of simulations)
    test(simulation.name, async () => {
      const [a, b] = await Promise.all(
        (['cpu', 'wasm'] as const).map(async (backend) => {
          using model = await modelOf(simulation, 1, backend);
          const before = await weightsOf(model);
          sweep(model, simulation, 3);
          const after = await weightsOf(model);
          expect(after).not.toEqual(before);
          return after;
        }),
      );
      expect(a).toEqual(b);
    });
});

test('a run that does not get there fails at its limit, and one sweep fewer than it needs is such a limit', async () => {
  const { sweeps = 0 } = await train(negation, 1, 'wasm');
  const within = (limit: number) => ({ ...negation, learning: { ...negation.learning, limit } });
  expect((await train(within(sweeps), 1, 'wasm')).sweeps).toBe(sweeps);
  expect((await train(within(sweeps - 1), 1, 'wasm')).sweeps).toBeUndefined();
});
