import { constant, defineLayer, gather, type Initializer, sum, uniformly, type Value } from 'pullback';
import { asOften } from '../expectation.ts';
import type { Simulation } from '../simulation.ts';
import { goal } from './patterns.ts';
import { units } from './units.ts';

type Square = readonly [row: number, column: number];

const retina = 9;
const field = 3;
const positions = retina - field + 1;

const T: readonly Square[] = [
  [0, 0],
  [0, 1],
  [0, 2],
  [1, 1],
  [2, 1],
];
const C: readonly Square[] = [
  [0, 0],
  [0, 1],
  [1, 0],
  [2, 0],
  [2, 1],
];

/** A letter in its four rotations. */
function rotations(letter: readonly Square[]): (readonly Square[])[] {
  const turned = [letter];
  while (turned.length < 4) turned.push((turned.at(-1) ?? []).map(([row, column]) => [column, 2 - row]));
  return turned;
}

/** The letter in the middle of the retina. */
function shown(letter: readonly Square[]): number[] {
  const [pixels, edge] = [new Array<number>(retina ** 2).fill(0), (retina - field) / 2];
  for (const [row, column] of letter) pixels[(row + edge) * retina + column + edge] = 1;
  return pixels;
}

/** For each of the 7 x 7 places of a receptive field, the 3 x 3 pixels that it covers. */
export const fields = Array.from({ length: positions ** 2 }, (_, place) => {
  const [row, column] = [Math.floor(place / positions), place % positions];
  return Array.from(
    { length: field ** 2 },
    (_, i) => (row + Math.floor(i / field)) * retina + column + (i % field),
  );
});

/** Receptive fields whose weights start by `start`, and an output whose weights start by `ending`, or `start` as well. */
const networkOf =
  (ending?: Initializer): Simulation['network'] =>
  (start) => {
    const [detector, output] = [units(1, 'detector', start), units(1, 'output', ending ?? start)];
    return defineLayer('tc', (scope, x: Value) => {
      const seen = gather(x, constant(fields, { dtype: 'int32' }), { axis: 1 });
      const switched = scope.apply(detector, seen);
      return scope.apply(output, sum(switched, { axis: 1 }));
    });
  };

/** T or C, in any rotation: hidden units with receptive fields that share their weights. */
export const tc: Simulation = {
  name: 't-c',
  title: 'T and C (9x9 - 7x7 - 1)',
  about:
    'A T and a C of five squares, in four rotations, are told apart wherever they are: every hidden unit sees 3 x 3 pixels, all with the same weights, and the output sums over them with one weight. Training finds a detector that is switched on, or off, in more places by one letter than by the other.',
  network: networkOf(),
  patterns: {
    inputs: [...rotations(T), ...rotations(C)].map(shown),
    targets: [1, 1, 1, 1, 0, 0, 0, 0].map((bit) => [goal(bit)]),
  },
  learning: { rate: 0.02, start: 2, limit: 10_000 },
  seeds: 20,
  field: { layer: 'detector', side: field },
  published: '5,000 to 10,000 presentations (from memory); a compactness detector, among others',
  expected: asOften(7, 20),
};

/** Another reading: only the receptive field starts wide, the output as in every other problem. */
export const tcNarrow: Simulation = {
  ...tc,
  name: 't-c-narrow',
  title: 'T and C, the output starting within .5',
  network: networkOf(uniformly({ low: -0.5, high: 0.5 })),
};
