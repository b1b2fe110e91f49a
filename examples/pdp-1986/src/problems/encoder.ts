import { sequential } from 'pullback';
import { asOften } from '../expectation.ts';
import type { Simulation } from '../simulation.ts';
import { goal, oneHots, strings } from './patterns.ts';
import { units } from './units.ts';

/** 8-3-8: eight patterns through three units. */
export const encoder: Simulation = {
  name: 'encoder',
  title: 'Encoder (8-3-8)',
  about:
    'Eight patterns, one unit on in each, are to come out as they went in, through three hidden units: a code for each has to be found, in which some units may stand between on and off.',
  network: (start) => sequential(units(3, 'hidden', start), units(8, 'output', start)),
  patterns: { inputs: oneHots(8), targets: oneHots(8).map((bits) => bits.map(goal)) },
  learning: { rate: 0.5, limit: 10_000 },
  seeds: 20,
  published: 'codes of the hidden units, some of them at .5 (table 5)',
  expected: asOften(20, 20),
  codes: 'hidden',
  wiring: [
    { layer: 'hidden', from: names('i', 8), to: names('h', 3) },
    { layer: 'output', from: names('h', 3), to: names('o', 8) },
  ],
};

/** 2-1-4-4: four patterns through one unit, which takes four values. */
export const narrowEncoder: Simulation = {
  name: 'encoder-narrow',
  title: 'Narrow encoder (2-1-4-4)',
  about:
    'The four patterns of two bits are to switch on one of four outputs each. All go by way of one unit, which has to take four values.',
  network: (start) =>
    sequential(units(1, 'single', start), units(4, 'hidden', start), units(4, 'output', start)),
  patterns: { inputs: strings(2), targets: oneHots(4).map((bits) => bits.map(goal)) },
  learning: { rate: 0.5, limit: 10_000 },
  seeds: 20,
  published: 'the single unit takes 0, .2, .6 and 1 (read off a figure)',
  expected: asOften(20, 20),
  codes: 'single',
  wiring: [
    { layer: 'single', from: ['a', 'b'], to: ['s'] },
    { layer: 'hidden', from: ['s'], to: names('h', 4) },
    { layer: 'output', from: names('h', 4), to: names('o', 4) },
  ],
};

function names(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
}
