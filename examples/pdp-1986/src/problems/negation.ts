import { concatenate, defineLayer, sequential, type Value } from 'pullback';
import { asOften, never } from '../expectation.ts';
import type { Simulation } from '../simulation.ts';
import { patternsOf, strings } from './patterns.ts';
import { units } from './units.ts';

const inputs = ['g', 'b2', 'b1', 'b0'];
const hidden = ['h2', 'h1', 'h0'];

/** A sign bit and three bits: the bits as they are, or each of them turned. */
export const negation: Simulation = {
  name: 'negation',
  title: 'Negation, with direct links (4-3-3)',
  about:
    'Three bits are to come out as they are when the sign bit is off, and turned when it is on: three times XOR, each with the hidden unit and direct links of the first problem.',
  network: (start) => {
    const [inner, output] = [units(3, 'hidden', start), units(3, 'output', start)];
    return defineLayer('negation', (scope, x: Value) =>
      scope.apply(output, concatenate([x, scope.apply(inner, x)])),
    );
  },
  patterns: patternsOf(strings(4), ([sign = 0, ...bits]) => bits.map((bit) => bit ^ sign)),
  learning: { rate: 0.5, limit: 20_000 },
  seeds: 60,
  published: 'about 5,000 passes (from memory)',
  expected: asOften(59, 60),
  wiring: [
    { layer: 'hidden', from: inputs, to: hidden },
    { layer: 'output', from: [...inputs, ...hidden], to: ['o2', 'o1', 'o0'] },
  ],
  publishedWeights: {
    title: 'the solution that is drawn',
    weights: {
      'hidden/kernel': [
        [6, -6, -6],
        [6, 0, 0],
        [0, -6, 0],
        [0, 0, -6],
      ],
      'hidden/bias': [-8, 2, 2],
      'output/kernel': [
        [4, -4, -4],
        [4, 0, 0],
        [0, -4, 0],
        [0, 0, -4],
        [-10, 0, 0],
        [0, -10, 0],
        [0, 0, -10],
      ],
      'output/bias': [-1, 6, 6],
    },
    source: 'read off the figure',
    claim: 'The chapter has them give all 48 bits.',
  },
};

/** Without the links it cannot be done. */
export const plainNegation: Simulation = {
  name: 'negation-plain',
  title: 'Negation, without links (4-3-3)',
  about: 'The same without the links, as it is often given by mistake.',
  network: (start) => sequential(units(3, 'hidden', start), units(3, 'output', start)),
  patterns: negation.patterns,
  learning: negation.learning,
  seeds: 30,
  published: 'none: the chapter draws the links',
  expected: never(30),
};
