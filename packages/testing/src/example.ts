import { formatShape, RandomStream, type Shape } from '@pullback/core';
import fc from 'fast-check';
import { ConformanceError } from './case.ts';
import { draw } from './runner.ts';

/** Three extents that shapes are made of, and the seed of the numbers in them. */
export interface Example {
  readonly sizes: readonly [number, number, number];
  readonly seed: number;
}

/** The shapes of all inputs, from three extents. */
export type Shapes = (a: number, b: number, c: number) => readonly Shape[];

/** The random numbers of an example: normal, as wide as the domain allows. */
export function numbersOf(
  { seed }: Example,
  shapes: readonly Shape[],
  domain: readonly [number, number],
  purpose = 'inputs',
): Float64Array[] {
  const random = RandomStream.of(seed, purpose);
  const [low, high] = domain;
  const bounded = Number.isFinite(low) && Number.isFinite(high);
  return draw(shapes, () => {
    if (bounded) return low + (high - low) * (0.05 + 0.9 * random.uniform());
    const x = 1.5 * random.normal();
    return x > low && x < high ? x : low > -Infinity ? low + 0.1 + Math.abs(x) : high - 0.1 - Math.abs(x);
  });
}

/** Always tried: the usual, the square, single and odd extents, and none. */
const corners: readonly (readonly [number, number, number])[] = [
  [2, 3, 4],
  [3, 3, 3],
  [1, 1, 1],
  [1, 4, 2],
  [5, 1, 3],
  [3, 2, 1],
  [0, 2, 3],
  [2, 0, 3],
];

export interface SearchOptions {
  /** How many random examples are tried beside the corners; 12 when left out. */
  readonly runs?: number | undefined;
  /** Whether extents of 0 make sense; true when left out. */
  readonly empty?: boolean | undefined;
  readonly seed?: number | undefined;
}

/**
 * Looks for an example that `examine` refuses, among the corners and by fast-check, and shrinks it: fewer elements first.
 * @throws ConformanceError for the smallest that was found, with the line that runs it again.
 */
export function search(
  examine: (example: Example) => void,
  { runs = 12, empty = true, seed = 1 }: SearchOptions = {},
): void {
  const allowed = corners.filter((sizes) => empty || !sizes.includes(0));
  const extent = fc.integer({ min: empty ? 0 : 1, max: 5 });
  const examples = fc.record({
    sizes: fc.tuple(extent, extent, extent),
    seed: fc.integer({ min: 0, max: 1000 }),
  });
  const failing = (example: Example): unknown => {
    try {
      examine(example);
      return undefined;
    } catch (error) {
      return error;
    }
  };
  for (const sizes of allowed) {
    const example = { sizes, seed };
    const error = failing(example);
    if (error !== undefined) throw described(error, smaller(example, failing), failing);
  }
  const result = fc.check(
    fc.property(examples, (example) => failing(example) === undefined),
    { numRuns: runs, seed },
  );
  const [counterexample] = result.counterexample ?? [];
  if (counterexample !== undefined)
    throw described(failing(counterexample), smaller(counterexample, failing), failing);
}

/** The example with the fewest elements, extents up to those given, that still fails. */
function smaller(example: Example, failing: (example: Example) => unknown): Example {
  const [a, b, c] = example.sizes;
  const boxes: [number, number, number][] = [];
  for (let i = 0; i <= a; i++)
    for (let j = 0; j <= b; j++) for (let k = 0; k <= c; k++) boxes.push([i, j, k]);
  boxes.sort((x, y) => elements(x) - elements(y));
  const found = boxes
    .filter((box) => elements(box) > 0 || elements(example.sizes) === 0)
    .map((sizes) => ({ ...example, sizes }))
    .find((smallest) => failing(smallest) !== undefined);
  return found ?? example;
}

function elements([a, b, c]: readonly [number, number, number]): number {
  return a * b * c;
}

function described(first: unknown, example: Example, failing: (example: Example) => unknown): unknown {
  const error = failing(example) ?? first;
  const again = `again: { sizes: ${formatShape(example.sizes)}, seed: ${example.seed} }`;
  if (error instanceof ConformanceError) {
    error.message += `\n  ${again}`;
    return error;
  }
  return new ConformanceError({
    what: 'an error was thrown',
    got: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    expected: 'none',
    at: again,
  });
}
