import { concatenate, defineLayer, type Value } from 'pullback';
import { asOften } from '../expectation.ts';
import type { Simulation } from '../simulation.ts';
import { patternsOf, strings } from './patterns.ts';
import { units } from './units.ts';

const patterns = patternsOf(strings(2), ([a = 0, b = 0]) => [a ^ b]);

/** 2-1-1: one hidden unit, and the inputs linked to the output, too. */
export const xor: Simulation = {
  name: 'xor',
  title: 'XOR, one hidden unit with direct links (2-1-1)',
  about:
    'The inputs reach the output both directly and by way of one hidden unit, which tells (1, 1), or (0, 0), from the rest.',
  network: (start) => {
    const [hidden, output] = [units(1, 'hidden', start), units(1, 'output', start)];
    return defineLayer('xor', (scope, x: Value) => {
      const h = scope.apply(hidden, x);
      return scope.apply(output, concatenate([x, h]));
    });
  },
  patterns,
  learning: { rate: 0.5, limit: 10_000 },
  seeds: 30,
  published: '558 sweeps at eta .5 (third-party notes)',
  expected: asOften(30, 30),
  wiring: [
    { layer: 'hidden', from: ['a', 'b'], to: ['h'] },
    { layer: 'output', from: ['a', 'b', 'h'], to: ['o'] },
  ],
  publishedWeights: {
    title: 'the solution that is drawn',
    weights: {
      'hidden/kernel': [[-6.4], [-6.4]],
      'hidden/bias': [2.2],
      'output/kernel': [[-4.2], [-4.2], [-9.4]],
      'output/bias': [6.3],
    },
    source: 'read off the figure',
  },
};
