import { sequential } from 'pullback';
import { asOften } from '../expectation.ts';
import type { Simulation } from '../simulation.ts';
import { patternsOf, strings } from './patterns.ts';
import { units } from './units.ts';

/** 6-2-1: on for strings that are their own mirror image. */
export const symmetry: Simulation = {
  name: 'symmetry',
  title: 'Symmetry (6-2-1)',
  about:
    'The output is on for the 8 of 64 strings that read the same from both ends. Two hidden units do: their weights are equal and opposite about the middle, and in such a ratio that no two sums of them meet.',
  network: (start) => sequential(units(2, 'hidden', start), units(1, 'output', start)),
  patterns: patternsOf(strings(6), (bits) => [bits.every((bit, i) => bit === bits[5 - i]) ? 1 : 0]),
  learning: { rate: 0.1, limit: 10_000 },
  seeds: 60,
  published: '1,425 sweeps at eta .1, alpha .9 (third-party notes, from the paper in Nature)',
  expected: asOften(35, 60),
  wiring: [
    { layer: 'hidden', from: ['b1', 'b2', 'b3', 'b4', 'b5', 'b6'], to: ['h1', 'h2'] },
    { layer: 'output', from: ['h1', 'h2'], to: ['o'] },
  ],
  publishedWeights: {
    title: 'the solution that is drawn',
    weights: {
      'hidden/kernel': [
        [-3.18, 3.16],
        [6.32, -6.34],
        [-12.56, 12.52],
        [12.56, -12.51],
        [-6.33, 6.31],
        [3.17, -3.17],
      ],
      'hidden/bias': [-1, -1],
      'output/kernel': [[-9.44], [-9.44]],
      'output/bias': [6.89],
    },
    source: 'read off the figure',
    claim: 'The chapter has them classify all 64 strings.',
  },
};
