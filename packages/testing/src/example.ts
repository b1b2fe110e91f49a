import { RandomStream, type Shape, ShapeError } from '@pullback/core';
import fc from 'fast-check';
import { ConformanceError, unexpected } from './case.ts';
import { draw } from './runner.ts';

/** Three extents that shapes are made of, the seed of the numbers in them, and to how many decimals those are rounded. */
export interface Example {
  readonly sizes: readonly [number, number, number];
  readonly seed: number;
  readonly decimals?: number | undefined;
}

/** The shapes of all inputs, from three extents. */
export type Shapes = (a: number, b: number, c: number) => readonly Shape[];

/** The random numbers of an example: normal, as wide as the domain allows. */
export function numbersOf(
  { seed, decimals }: Example,
  shapes: readonly Shape[],
  domain: readonly [number, number],
  purpose = 'inputs',
): Float64Array[] {
  const random = RandomStream.of(seed, purpose);
  const [low, high] = domain;
  const bounded = Number.isFinite(low) && Number.isFinite(high);
  const next = (): number => {
    if (bounded) return low + (high - low) * (0.05 + 0.9 * random.uniform());
    const x = 1.5 * random.normal();
    return x > low && x < high ? x : low > -Infinity ? low + 0.1 + Math.abs(x) : high - 0.1 - Math.abs(x);
  };
  return draw(shapes, () => {
    const x = next();
    const rounded = decimals === undefined ? x : Math.round(x * 10 ** decimals) / 10 ** decimals;
    return rounded > low && rounded < high ? rounded : x;
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
  /** This example alone: what a failure prints after "again". */
  readonly example?: Example | undefined;
}

/**
 * Looks for an example that `examine` refuses, among the corners and by fast-check, and shrinks it: fewer elements first, then fewer
 * decimals.
 * @param call how the examination was called, as `conformNode(swish, {`: for the line that runs the example again.
 * @throws ConformanceError for the smallest that was found.
 */
export function search(
  examine: (example: Example) => void,
  { runs = 12, empty = true, seed = 1, example: only }: SearchOptions,
  call: string,
): void {
  const failing = (example: Example): unknown => {
    try {
      examine(example);
      return undefined;
    } catch (error) {
      // Of no elements there may be no result, as there is no largest one: a ShapeError says so.
      return error instanceof ShapeError && example.sizes.includes(0) ? undefined : error;
    }
  };
  if (only !== undefined) {
    const error = failing(only);
    if (error !== undefined) throw described(error, only, call);
    return;
  }
  const extent = fc.integer({ min: empty ? 0 : 1, max: 5 });
  const examples = fc.record({
    sizes: fc.tuple(extent, extent, extent),
    seed: fc.integer({ min: 0, max: 1000 }),
  });
  const allowed = corners.filter((sizes) => empty || !sizes.includes(0));
  const corner = allowed.map((sizes) => ({ sizes, seed })).find((example) => failing(example) !== undefined);
  const found =
    corner ??
    fc.check(
      fc.property(examples, (example) => failing(example) === undefined),
      { numRuns: runs, seed },
    ).counterexample?.[0];
  if (found === undefined) return;
  const smallest = rounder(smaller(found, failing), failing);
  throw described(failing(smallest) ?? failing(found), smallest, call);
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

/** The example with the fewest decimals that still fails. */
function rounder(example: Example, failing: (example: Example) => unknown): Example {
  const found = [0, 1, 2]
    .map((decimals) => ({ ...example, decimals }))
    .find((rounded) => failing(rounded) !== undefined);
  return found ?? example;
}

function elements([a, b, c]: readonly [number, number, number]): number {
  return a * b * c;
}

function described(error: unknown, { sizes, seed, decimals }: Example, call: string): unknown {
  const rounded = decimals === undefined ? '' : `, decimals: ${decimals}`;
  const again = `again: ${call} example: { sizes: [${sizes.join(', ')}], seed: ${seed}${rounded} } })`;
  if (error instanceof ConformanceError) {
    error.message += `\n  ${again}`;
    return error;
  }
  return unexpected(error, again);
}
