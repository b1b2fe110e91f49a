import { PullbackError, type Shape, sizeOf } from '@pullback/core';
import { type Case, guarded } from './case.ts';
import { type Direction, examineAlong, type Point } from './directions.ts';
import { type Example, numbersOf, type Shapes } from './example.ts';
import type { Examined } from './jacobian.ts';
import type { NodeFunction } from './node-options.ts';
import { examineError } from './refusals.ts';
import { build } from './runner.ts';

/** Where formulas change over: thresholds of the literature, powers of two and ten, and the ends of what exp takes. */
export const landmarks = [
  0.5, 1, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 20, 21, 25, 30, 33, 40, 50, 64, 80, 88, 100, 127, 128,
  255, 256, 300, 500, 700, 1000, 1024, 1e4, 1e5, 1e-3, 1e-4, 1e-5,
].flatMap((x) => [x, -x]);

/** From tiny to large, with all signs. */
const scales = [1e-3, 0.1, 12, 30, 100, 1000, 1e5];

/** One more and one less than blocks of 8, 16, 32, 64, 128 and 1024 have, at each place. */
const extents: readonly Example['sizes'][] = [
  [9, 10, 11],
  [17, 3, 2],
  [3, 17, 2],
  [2, 3, 33],
  [7, 33, 2],
  [65, 2, 3],
  [2, 65, 3],
  [2, 3, 65],
  [70, 1, 2],
  [1, 70, 2],
  [129, 2, 1],
  [2, 129, 1],
  [1, 257, 1],
  [1, 1030, 1],
  [1030, 1, 1],
];

const ranks: readonly Shape[] = [[], [5], [2, 3, 2], [2, 1, 3, 2], [1, 2, 2, 1, 3], [2, 1, 2, 1, 2, 1]];

interface Grounds {
  readonly f: NodeFunction;
  readonly shapes: Shapes;
  /** Whether the shapes are those of the examined function, not the one matrix of whoever says nothing. */
  readonly given: boolean;
  readonly domain: readonly [number, number];
  readonly tolerance?: number | undefined;
}

/** Derivatives at landmarks, far out and near 0, in every rank that the function takes, and in extents beyond 8. */
export function placeCases(name: string, grounds: Grounds): Case[] {
  const { f, shapes, given, domain, tolerance } = grounds;
  const examined = (own: readonly Shape[]): Examined => ({
    f,
    shapes: own,
    ...(tolerance !== undefined && { tolerance }),
  });
  const usual = shapes(2, 3, 2);
  const along = (own: readonly Shape[], where: string, sizes: Example['sizes'], direction: Direction = {}) =>
    examineAlong(examined(own), [{ at: numbersOf({ sizes, seed: 11 }, own, domain), where }], direction);
  return [
    guarded(`${name}: J^T where formulas change over, from -100,000 to 100,000`, () =>
      examineAlong(examined(usual), atLandmarks(usual, domain), { upwards: true }),
    ),
    guarded(`${name}: J^T of small and of large numbers`, () =>
      examineAlong(examined(usual), atScales(usual, domain)),
    ),
    guarded(`${name}: J^T in every rank that it takes`, () => {
      const others = given
        ? [[2, 1], [3]].map((front) => usual.map((shape) => [...front, ...shape]))
        : ranks.map((shape) => [shape]);
      for (const own of others) {
        if (!taken(name, f, own)) continue;
        const said = own.map((shape) => `[${shape.join(', ')}]`).join(' and ');
        along(own, `of inputs of ${said}`, [2, 3, 2]);
      }
    }),
    guarded(`${name}: J^T in extents of 9 to 1030`, () => {
      for (const sizes of extents) {
        const own = shapes(...sizes);
        if (own.reduce((n, shape) => n + sizeOf(shape), 0) > 20_000 || !taken(name, f, own)) continue;
        along(own, `for extents of ${sizes.join(', ')}`, sizes);
      }
    }),
  ];
}

/** Whether the function takes these shapes; what it refuses it refuses with an error of ours. */
function taken(name: string, f: NodeFunction, shapes: readonly Shape[]): boolean {
  try {
    build(f, shapes, 'float64');
    return true;
  } catch (error) {
    if (!(error instanceof PullbackError)) examineError(name, shapes, error);
    return false;
  }
}

/** Each input in turn is full of one number, the others hold usual ones. */
function atLandmarks(shapes: readonly Shape[], domain: readonly [number, number]): Point[] {
  const usual = numbersOf({ sizes: [2, 3, 2], seed: 11 }, shapes, domain);
  const inside = landmarks.filter(
    (x) => Math.min(x - domain[0], domain[1] - x) > 0.1 * Math.max(1, Math.abs(x)),
  );
  return shapes.flatMap((_, i) =>
    inside.map((x) => ({
      at: usual.map((numbers, n) => (n === i ? numbers.map(() => x) : numbers)),
      where: `where ${shapes.length > 1 ? `input ${i}` : 'the input'} is full of ${x}`,
    })),
  );
}

/** Usual numbers times a factor, as far as the domain reaches. */
function atScales(shapes: readonly Shape[], [low, high]: readonly [number, number]): Point[] {
  const usual = numbersOf({ sizes: [2, 3, 2], seed: 12 }, shapes, [low, high]);
  if (Number.isFinite(low) && Number.isFinite(high)) return [];
  const origin = Number.isFinite(low) ? low : Number.isFinite(high) ? high : 0;
  const bounded = Number.isFinite(low) || Number.isFinite(high);
  return scales
    .filter((scale) => !bounded || scale > 1)
    .map((scale) => ({
      at: usual.map((numbers) => numbers.map((x) => origin + scale * (x - origin))),
      where: `of numbers as large as ${scale}`,
    }));
}
