import { RandomStream, type Shape, sizeOf } from '@pullback/core';
import { ConformanceError } from './case.ts';
import { type Difference, difference, hasKink } from './differences.ts';
import { type Examined, pullbackOf } from './jacobian.ts';
import { nested } from './numbers-as-text.ts';

/** Where a derivative is taken: the numbers of all inputs, and in words where they come from. */
export interface Point {
  readonly at: readonly Float64Array[];
  readonly where: string;
}

export interface Direction {
  /** The seed of the direction and of the weights of the outputs. */
  readonly seed?: number;
  /** Whether one output counts and all inputs rise: then a kink lies between both sides. */
  readonly upwards?: boolean;
}

/**
 * One number instead of the whole of J: <J^T u, v> against the difference of <u, f> along v, for a `u` and a `v` of which no entry is 0.
 * A wrong entry of J shows in it almost surely, and it costs the same for a thousand numbers as for one.
 * @throws ConformanceError
 */
export function examineAlong(
  examined: Examined,
  points: readonly Point[],
  { seed = 1, upwards = false }: Direction = {},
): void {
  const { forward, backward, outputs } = pullbackOf(examined);
  const { tolerance = 2e-6, shapes, what = 'the vjp' } = examined;
  outputs.forEach(({ shape }, o) => {
    for (const { at, where } of points) {
      const random = RandomStream.of(seed, `direction ${o}`);
      const v = at.map((numbers) => numbers.map(() => entry(random, upwards)));
      const count = sizeOf(shape);
      const chosen = Math.floor(random.uniform() * count);
      const u = Float64Array.from({ length: count }, (_, k) => {
        const weight = entry(random, upwards);
        return !upwards || k === chosen ? weight : 0;
      });
      const start = forward(at)[o]?.data ?? [];
      // The change, not the whole: a large output that stays as it is must not drown a small one that moves.
      const value = (t: number) =>
        changeOf(
          start,
          forward(at.map((numbers, i) => numbers.map((x, k) => x + t * (v[i]?.[k] ?? 0))))[o]?.data ?? [],
          u,
        );
      if (!Array.from(start).every(Number.isFinite)) continue;
      const slopes = backward[o]?.([...at, u]) ?? [];
      const got = slopes.reduce((total, { data }, i) => total + inner(data, v[i] ?? []), 0);
      const found = difference(value, 0, { steps: 5 });
      if (!isWrong(got, found, tolerance)) continue;
      // A function that bends more than the steps suppose gets finer looks before it is said to be wrong.
      const finer = (step: number) => difference((t) => value(step * t) / step, 0);
      if (!isWrong(got, finer(1), tolerance) || !isWrong(got, finer(1e-3), tolerance)) continue;
      throw new ConformanceError({
        what: `${what} gives a wrong derivative ${where}${Number.isFinite(got) ? '' : `: it is ${got}`}`,
        got: String(got),
        expected: hasKink(found)
          ? `between ${found.left} and ${found.right}, at a kink`
          : `${found.value}, by central differences of forward along a direction`,
        at: described(at, shapes),
      });
    }
  });
}

/** Away from 0, so that every entry of J counts. */
function entry(random: RandomStream, upwards: boolean): number {
  const size = 0.5 + random.uniform();
  return upwards || random.uniform() < 0.5 ? size : -size;
}

function isWrong(got: number, { value, error, left, right }: Difference, tolerance: number): boolean {
  if (!Number.isFinite(value) || !Number.isFinite(left) || !Number.isFinite(right)) return false;
  const sides = 2e-5 * Math.max(1, Math.abs(left), Math.abs(right));
  const kink = 1e-4 * Math.max(1, Math.abs(left), Math.abs(right));
  if (hasKink({ value, error, left, right }))
    return !(got >= Math.min(left, right) - kink && got <= Math.max(left, right) + kink);
  const off = Math.abs(got - value);
  if (off <= tolerance * Math.max(1, Math.abs(value), Math.abs(got)) || off <= 20 * error) return false;
  return !(Math.abs(got - left) <= sides && Math.abs(got - right) <= sides);
}

/** <u, after - before> */
function changeOf(before: ArrayLike<number>, after: ArrayLike<number>, u: ArrayLike<number>): number {
  return inner(
    u,
    Array.from(after, (y, k) => y - (before[k] ?? 0)),
  );
}

function inner(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i] ?? 0) * (b[i] ?? 0);
  return total;
}

/** All numbers where they are few, else the shapes. */
export function described(at: readonly Float64Array[], shapes: readonly Shape[]): string {
  return at
    .map((numbers, i) => {
      const shape = shapes[i] ?? [];
      const shown = numbers.length <= 36 ? ` = ${nested(numbers, shape)}` : ` of [${shape.join(', ')}]`;
      return `${i === 0 ? 'at ' : '   '}${at.length > 1 ? `input ${i}` : 'the input'}${shown}`;
    })
    .join('\n  ');
}
