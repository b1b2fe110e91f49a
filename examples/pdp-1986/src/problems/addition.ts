import { concatenate, defineLayer, sequential, type Value } from 'pullback';
import { asOften, never } from '../expectation.ts';
import type { Simulation, Wiring } from '../simulation.ts';
import { bitsOf, patternsOf, strings } from './patterns.ts';
import { units } from './units.ts';

const hidden = ['h1', 'h2', 'h3'];
const inputs = ['a1', 'a0', 'b1', 'b0'];
const outputs = ['s2', 's1', 's0'];

/** Two numbers of two bits, and the three bits of their sum. */
export const addition: Simulation = {
  name: 'addition',
  title: 'Addition of two 2-bit numbers, with links (4-3-3)',
  about:
    'Three hidden units, each linked to those before it, so that a carry can be carried on; and the inputs linked to the outputs.',
  network: (start) => {
    const carries = hidden.map((name) => units(1, name, start));
    const sum = units(3, 'output', start);
    return defineLayer('addition', (scope, x: Value) => {
      const known = carries.reduce((before, unit) => concatenate([before, scope.apply(unit, before)]), x);
      return scope.apply(sum, known);
    });
  },
  patterns: patternsOf(strings(4), ([a1 = 0, a0 = 0, b1 = 0, b0 = 0]) =>
    bitsOf(2 * a1 + a0 + 2 * b1 + b0, 3),
  ),
  learning: { rate: 0.5, limit: 20_000 },
  seeds: 60,
  published: '3,020 passes (from memory); the net with two hidden units may get stuck',
  expected: asOften(38, 60),
  wiring: [
    ...hidden.map(
      (unit, i): Wiring => ({ layer: unit, from: [...inputs, ...hidden.slice(0, i)], to: [unit] }),
    ),
    { layer: 'output', from: [...inputs, ...hidden], to: outputs },
  ],
};

/** A slower reading: fewer starts get stuck, and the time comes nearer to what was reported. */
export const slowAddition: Simulation = {
  ...addition,
  name: 'addition-slow',
  title: 'Addition with links, a tenth of the rate',
  learning: { rate: 0.05, limit: 20_000 },
  seeds: 30,
  expected: asOften(19, 30),
};

/** Without the links it cannot be done. */
export const plainAddition: Simulation = {
  name: 'addition-plain',
  title: 'Addition, without links (4-3-3)',
  about: 'The same without the links, as it is often given by mistake.',
  network: (start) => sequential(units(3, 'hidden', start), units(3, 'output', start)),
  patterns: addition.patterns,
  learning: addition.learning,
  seeds: 30,
  published: 'none: the chapter draws the links',
  expected: never(30),
};
