import { concatenate, defineLayer, sequential, type Value } from 'pullback';
import { asOften } from '../expectation.ts';
import type { Simulation } from '../simulation.ts';
import { patternsOf, strings } from './patterns.ts';
import { units } from './units.ts';

const patterns = patternsOf(strings(2), ([a = 0, b = 0]) => [a ^ b]);

/** 2-H-1, the hidden units the only way to the output. */
const layered =
  (hidden: number): Simulation['network'] =>
  (start) =>
    sequential(units(hidden, 'hidden', start), units(1, 'output', start));

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
    claim: 'The chapter has them solve the problem.',
  },
};

/** 2-2-1, the smallest without direct links: the one with a local minimum. */
export const xorMinimum: Simulation = {
  name: 'xor-2-2-1',
  title: 'XOR, two hidden units (2-2-1) and its local minimum',
  about:
    'Without direct links two hidden units are needed, and a start may end where two of the four patterns give one half.',
  network: layered(2),
  patterns,
  learning: { rate: 0.25, limit: 10_000 },
  seeds: 100,
  published:
    '2 failures in hundreds of runs; one start took 6,587 presentations at eta .25 (third-party notes)',
  wiring: [
    { layer: 'hidden', from: ['a', 'b'], to: ['h1', 'h2'] },
    { layer: 'output', from: ['h1', 'h2'], to: ['o'] },
  ],
  publishedWeights: {
    title: 'the local minimum that is drawn',
    weights: {
      'hidden/kernel': [
        [-2, 4.3],
        [9.2, 8.8],
      ],
      'hidden/bias': [2, -0.1],
      'output/kernel': [[-4.5], [5.3]],
      'output/bias': [-0.8],
    },
    source: 'read off the figure',
    claim:
      'The chapter draws them as a minimum from which no way leads down: two patterns are right and two stand at one half.',
  },
};

/** A reading that comes nearer to the chapter's count of failures: smaller weights to start with. */
export const xorSmallStart: Simulation = {
  ...xorMinimum,
  name: 'xor-2-2-1-small',
  title: 'XOR, 2-2-1, from smaller weights',
  learning: { ...xorMinimum.learning, start: 0.3 },
  publishedWeights: undefined,
};

/** 2-H-1: how the time falls as hidden units are added. */
export const xorHidden: readonly Simulation[] = [2, 4, 8, 16, 32].map((hidden) => ({
  name: `xor-hidden-${hidden}`,
  title: `XOR, ${hidden} hidden units (2-${hidden}-1)`,
  about: 'With more hidden units than are needed the problem is solved in fewer presentations.',
  network: layered(hidden),
  patterns,
  learning: { rate: 0.25, updates: 'pattern', limit: 10_000 },
  seeds: 30,
  published: `about ${280 - 33 * Math.log2(hidden)} presentations, 280 - 33 log2 H, at eta .25 (third-party notes)`,
}));
