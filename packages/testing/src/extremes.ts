import { type FloatDType, type Shape, sizeOf } from '@pullback/core';
import { type Case, ConformanceError, guarded } from './case.ts';
import { numbersOf, type Shapes } from './example.ts';
import { pullbackOf } from './jacobian.ts';
import type { NodeFunction } from './node-options.ts';
import { nested, placeOf } from './numbers-as-text.ts';

// Zeros, denormals of both dtypes, the smallest normal ones, and large numbers.
const finite = [
  0, -0, 1e-320, -1e-320, 1e-42, -1e-42, 1e-30, 30, -30, 100, -100, 1000, -1000, 1e8, -1e8, 1e15, -1e15,
];
const beyond = [Infinity, -Infinity];

/** Inside the domain as a number of that dtype; beside an end of it derivatives may be too large for any float. */
function isInside(x: number, domain: readonly [number, number], dtype: FloatDType): boolean {
  const rounded = dtype === 'float32' ? Math.fround(x) : x;
  return Math.min(rounded - domain[0], domain[1] - rounded) > 1e-200;
}

/**
 * Numbers as extreme as they get, alone among usual ones and everywhere: forward makes no NaN of finite numbers and does not overflow on
 * the way to a number, its gradient is finite wherever it is itself and in float32 near that in float64, and a NaN stays one.
 */
export function extremeCases(
  name: string,
  f: NodeFunction,
  shapes: Shapes,
  domain: readonly [number, number],
): Case[] {
  return (['float32', 'float64'] as const).flatMap((dtype) => {
    const examined = () => examination(f, shapes(2, 3, 2), domain, dtype);
    return [
      guarded(`${name}: finite gradients where it is finite, denormals to +-1e15, in ${dtype}`, () =>
        examined()(
          finite.filter((x) => isInside(x, domain, dtype)),
          { mayBeNaN: false },
        ),
      ),
      guarded(`${name}: finite gradients where it is finite at infinity, in ${dtype}`, () =>
        examined()(
          beyond.filter((x) => (x > 0 ? domain[1] : domain[0]) === x),
          { mayBeNaN: true },
        ),
      ),
      guarded(`${name}: a NaN stays a NaN, in ${dtype}`, () =>
        refuseHiddenNaN(f, shapes(2, 3, 2), domain, dtype),
      ),
    ];
  });
}

/** Places of the input: everything, and the first number alone. */
function placed(usual: readonly Float64Array[], input: number, x: number): Float64Array[][] {
  return [true, false].map((everywhere) =>
    usual.map((numbers, n) =>
      n === input ? numbers.map((y, k) => (everywhere || k === 0 ? x : y)) : numbers,
    ),
  );
}

function examination(
  f: NodeFunction,
  shapes: readonly Shape[],
  domain: readonly [number, number],
  dtype: FloatDType,
) {
  const { forward, backward, outputs } = pullbackOf({ f, shapes }, dtype);
  const exact = pullbackOf({ f, shapes });
  const usual = numbersOf({ sizes: [2, 3, 2], seed: 5, decimals: 1 }, shapes, domain);
  const numbers = (tensors: ReturnType<typeof forward>) => tensors.flatMap(({ data }) => Array.from(data));
  const described = (at: readonly Float64Array[]) =>
    `at ${at.map((given, n) => `input ${n} = ${nested(given, shapes[n] ?? [])}`).join('; ')}, in ${dtype}`;

  const examineAt = (given: readonly Float64Array[], mayBeNaN: boolean, large: boolean): void => {
    const at = dtype === 'float32' ? given.map((numbers) => numbers.map(Math.fround)) : given;
    const values = numbers(forward(at));
    if (values.some(Number.isNaN) && !mayBeNaN)
      throw new ConformanceError({
        what: `forward makes a NaN of finite numbers in ${dtype}`,
        got: `[${values.join(', ')}]`,
        expected: 'numbers, or an infinity where the function overflows',
        at: described(at),
      });
    if (!mayBeNaN) refuseOverflow(values, numbers(exact.forward(at)), described(at));
    if (!values.every(Number.isFinite)) return;
    outputs.forEach((output, o) => {
      const ones = new Float64Array(sizeOf(output.shape)).fill(1);
      const slopes = backward[o]?.([...at, ones]) ?? [];
      const right = exact.backward[o]?.([...at, ones]) ?? [];
      slopes.forEach(({ data, shape }, n) => {
        // The derivative itself may be too large for float32, as that of a logarithm at a denormal is.
        const tooLarge = (k: number) => Math.abs(right[n]?.data[k] ?? 0) > 3.4e38 && dtype === 'float32';
        const wrong = data.findIndex((slope, k) => !Number.isFinite(slope) && !tooLarge(k));
        if (wrong >= 0)
          throw new ConformanceError({
            what: `the gradient at input ${n} ${placeOf(wrong, shape)} is not finite, and forward is`,
            got: String(data[wrong]),
            expected: `a finite number, since forward gives [${values.join(', ')}]`,
            at: described(at),
          });
        if (large)
          refuseCancellation(data, right[n]?.data ?? [], `input ${n}`, described(at), () =>
            neighbours.map(
              (factor) =>
                exact.backward[o]?.([...at.map((x) => x.map((y) => y * factor)), ones])[n]?.data ?? [],
            ),
          );
      });
    });
  };
  return (extremes: readonly number[], { mayBeNaN }: { readonly mayBeNaN: boolean }): void => {
    for (const x of extremes)
      shapes.forEach((shape, i) => {
        if (sizeOf(shape) > 0)
          for (const at of placed(usual, i, x)) examineAt(at, mayBeNaN, !mayBeNaN && Math.abs(x) >= 30);
      });
  };
}

/** As far away as the rounding of a few operations takes a number in float32. */
const neighbours = [-4, -2, -1, -0.5, 0.5, 1, 2, 4].map((n) => 1 + n * 2 ** -23);

/** A gradient whose float32 is far from its float64, and from all that float64 has nearby: large numbers cancelled on the way. */
function refuseCancellation(
  slopes: ArrayLike<number>,
  right: ArrayLike<number>,
  what: string,
  at: string,
  nearby: () => readonly ArrayLike<number>[],
): void {
  const largest = Array.from(right).reduce((most, slope) => Math.max(most, Math.abs(slope)), 1);
  Array.from(slopes).forEach((slope, k) => {
    const exact = right[k] ?? Number.NaN;
    if (!Number.isFinite(exact) || Math.abs(slope - exact) <= 0.01 * largest) return;
    const spread = nearby().map((other) => Math.abs((other[k] ?? 0) - exact));
    if (Math.abs(slope - exact) > 4 * Math.max(...spread))
      throw new ConformanceError({
        what: `the gradient at ${what}, number ${k}, is far off`,
        got: String(slope),
        expected: `about ${exact}, as in float64: large numbers cancel on the way`,
        at,
      });
  });
}

/** A result that float64 shows to be small must not be infinite in float32: an intermediate overflowed. */
function refuseOverflow(values: readonly number[], exact: readonly number[], at: string): void {
  values.forEach((value, k) => {
    const right = exact[k] ?? Number.NaN;
    if (!Number.isFinite(value) && Math.abs(right) < 1e30)
      throw new ConformanceError({
        what: `forward overflows on the way to output number ${k}`,
        got: String(value),
        expected: `about ${right}`,
        at,
      });
  });
}

/** Inputs that are all NaN give no number, unless the output does not depend on them at all. */
function refuseHiddenNaN(
  f: NodeFunction,
  shapes: readonly Shape[],
  domain: readonly [number, number],
  dtype: FloatDType,
): void {
  const { forward, outputs } = pullbackOf({ f, shapes }, dtype);
  const [one, other] = [1, 2].map((seed) => forward(numbersOf({ sizes: [2, 3, 2], seed }, shapes, domain)));
  const hidden = forward(shapes.map((shape) => new Float64Array(sizeOf(shape)).fill(Number.NaN)));
  outputs.forEach(({ shape }, o) => {
    hidden[o]?.data.forEach((value, k) => {
      if (!Number.isNaN(value) && one?.[o]?.data[k] !== other?.[o]?.data[k])
        throw new ConformanceError({
          what: `output ${placeOf(k, shape)} hides a NaN`,
          got: `${value} of inputs that are all NaN`,
          expected: 'NaN',
          at: `in ${dtype}`,
        });
    });
  });
}
