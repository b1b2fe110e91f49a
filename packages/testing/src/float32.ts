import { RandomStream, type Shape, sizeOf } from '@pullback/core';
import { type Case, ConformanceError, guarded } from './case.ts';
import { described } from './directions.ts';
import { numbersOf, type Shapes } from './example.ts';
import { pullbackOf } from './jacobian.ts';
import type { NodeFunction } from './node-options.ts';
import { placeOf } from './numbers-as-text.ts';

const epsilon = 2 ** -24;
/** Far smaller than any number, far larger than a rounding of float64. */
const nudge = 2 ** -22;
/** Numbers that fill an input: where what is added to 1, or taken from it, loses its digits. */
const full = [1e-5, -1e-5, 1e-3, -1e-3, 0.03, -0.03, 1, -1, 4, -4, 10, -10];

/**
 * The function in float32 beside itself in float64, on numbers that both hold. How far the two may be apart follows from the function: from
 * what it does to inputs that are moved by as much as their last place, and from the sizes of inputs and outputs.
 */
export function float32Cases(
  name: string,
  f: NodeFunction,
  shapes: Shapes,
  domain: readonly [number, number],
): Case[] {
  const own = shapes(2, 3, 2);
  return [
    guarded(`${name}: forward in float32 is that in float64`, () => {
      const [single, double] = [pullbackOf({ f, shapes: own }, 'float32'), pullbackOf({ f, shapes: own })];
      for (const at of points(own, domain)) examineForward(single.forward, double.forward, at, own);
    }),
    guarded(`${name}: J^T in float32 is that in float64`, () => {
      const [single, double] = [pullbackOf({ f, shapes: own }, 'float32'), pullbackOf({ f, shapes: own })];
      double.outputs.forEach(({ shape }, o) => {
        const random = RandomStream.of(3, `weights ${o}`);
        const u = Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(random.normal()));
        const at = numbersOf({ sizes: [2, 3, 2], seed: 4 }, own, domain).map((numbers) =>
          numbers.map(Math.fround),
        );
        examineBackward(
          single.backward[o]?.([...at, u]) ?? [],
          double.backward[o]?.([...at, u]) ?? [],
          at,
          own,
          steepest(double.backward[o], at, u),
        );
      });
    }),
  ];
}

/** Usual numbers, the same far from 0, and each of `full` everywhere; all as float32 holds them. */
function points(shapes: readonly Shape[], domain: readonly [number, number]): Float64Array[][] {
  const usual = numbersOf({ sizes: [2, 3, 2], seed: 4 }, shapes, domain);
  const moved = [0, 1000].map((offset) => usual.map((numbers) => numbers.map((x) => x + offset)));
  const filled = full.map((x) => usual.map((numbers) => numbers.map(() => x)));
  const inside = (x: number) => x > domain[0] && x < domain[1];
  return [...moved, ...filled]
    .map((at) => at.map((numbers) => numbers.map(Math.fround)))
    .filter((at) => at.every((numbers) => numbers.every(inside)));
}

type Forward = ReturnType<typeof pullbackOf>['forward'];

function examineForward(
  single: Forward,
  double: Forward,
  at: readonly Float64Array[],
  shapes: readonly Shape[],
): void {
  const exact = double(at);
  const random = RandomStream.of(9, 'nudges');
  const nudged = [1, 2, 3].map(() =>
    double(at.map((numbers) => numbers.map((x) => x * (1 + (random.uniform() < 0.5 ? nudge : -nudge))))),
  );
  const input = at.reduce((most, numbers) => numbers.reduce((m, x) => Math.max(m, Math.abs(x)), most), 0);
  single(at).forEach(({ data, shape }, o) => {
    const right = exact[o]?.data ?? [];
    const largest = Array.from(right).reduce(
      (most, y) => (Number.isFinite(y) ? Math.max(most, Math.abs(y)) : most),
      0,
    );
    data.forEach((got, k) => {
      const wanted = right[k] ?? Number.NaN;
      if (!Number.isFinite(wanted) || Math.abs(wanted) > 1e37) return;
      const moves = nudged.map((each) => Math.abs((each[o]?.data[k] ?? wanted) - wanted));
      const conditioned = Math.max(...moves) * (epsilon / nudge);
      // A jump between the two numbers is no loss of digits.
      if (conditioned > 1e-3 * Math.max(largest, input)) return;
      const allowed = 64 * (epsilon * Math.max(largest, input) + conditioned);
      if (Math.abs(got - wanted) <= allowed) return;
      throw new ConformanceError({
        what: `forward in float32 is not that in float64, at output ${placeOf(k, shape)}`,
        got: String(got),
        expected: `${wanted}, within ${allowed.toPrecision(2)}: another formula, or large numbers that cancel`,
        at: described(at, shapes),
      });
    });
  });
}

/** The largest slope nearer to 0: where a function is flat, as large numbers may have cancelled as are on the way there. */
function steepest(backward: Forward | undefined, at: readonly Float64Array[], u: Float64Array): number {
  const slopes = [0.1, 0.01].flatMap(
    (size) => backward?.([...at.map((numbers) => numbers.map((x) => x * size)), u]) ?? [],
  );
  return slopes
    .flatMap(({ data }) => Array.from(data))
    .reduce((most, slope) => (Number.isFinite(slope) ? Math.max(most, Math.abs(slope)) : most), 0);
}

function examineBackward(
  got: readonly { readonly data: ArrayLike<number>; readonly shape: Shape }[],
  exact: readonly { readonly data: ArrayLike<number> }[],
  at: readonly Float64Array[],
  shapes: readonly Shape[],
  steepest: number,
): void {
  const largest = exact
    .flatMap(({ data }) => Array.from(data))
    .reduce((most, slope) => (Number.isFinite(slope) ? Math.max(most, Math.abs(slope)) : most), 1e-30);
  const allowed = 2e-4 * largest + 4 * epsilon * steepest;
  got.forEach(({ data, shape }, i) => {
    Array.from(data).forEach((slope, k) => {
      const wanted = exact[i]?.data[k] ?? Number.NaN;
      if (!Number.isFinite(wanted) || Math.abs(slope - wanted) <= allowed) return;
      throw new ConformanceError({
        what: `the vjp in float32 is not that in float64, at input ${i} ${placeOf(k, shape)}`,
        got: String(slope),
        expected: `${wanted}, within ${allowed.toPrecision(2)}`,
        at: described(at, shapes),
      });
    });
  });
}
