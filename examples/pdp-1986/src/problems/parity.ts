import { sequential } from 'pullback';
import { asOften } from '../expectation.ts';
import type { Simulation } from '../simulation.ts';
import { patternsOf, strings } from './patterns.ts';
import { units } from './units.ts';

/** 4-4-1: on for an odd number of ones. */
export const parity: Simulation = {
  name: 'parity',
  title: 'Parity of four bits (4-4-1), changed after every pattern',
  about:
    'The output is on when the number of ones is odd, so that every pattern is answered otherwise than its nearest neighbours. As many hidden units as bits can count.',
  network: (start) => sequential(units(4, 'hidden', start), units(1, 'output', start)),
  patterns: patternsOf(strings(4), (bits) => [bits.filter((bit) => bit === 1).length % 2]),
  learning: { rate: 0.5, updates: 'pattern', limit: 20_000 },
  seeds: 30,
  published: '2,825 presentations at eta .5 (third-party notes)',
  expected: asOften(30, 30),
  codes: 'hidden',
  wiring: [
    { layer: 'hidden', from: ['b3', 'b2', 'b1', 'b0'], to: ['h1', 'h2', 'h3', 'h4'] },
    { layer: 'output', from: ['h1', 'h2', 'h3', 'h4'], to: ['o'] },
  ],
};

/** The other reading: weights change after every sweep. */
export const parityPerSweep: Simulation = {
  ...parity,
  name: 'parity-sweep',
  title: 'Parity, changed after every sweep',
  learning: { rate: 0.5, limit: 20_000 },
  expected: asOften(17, 30),
};
