import { cos, erf, exp, expm1, log, log1p, sin, type TypedArray, tanh, type Value } from '@pullback/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { elementwiseModule, hasRelaxed, reference } from './elementwise-module.ts';
import { evenly, everyKind, everyKind64, hard, neighbours } from './samples.ts';

interface Case {
  readonly f: (x: Value) => Value;
  /** From where to where it is sampled evenly. */
  readonly ranges: readonly (readonly [number, number])[];
  /** Around what every float32 is tried, and around its negative. */
  readonly around: readonly number[];
}

const halfLn2 = Math.LN2 / 2;
const multiplesOfPi = (factors: readonly number[]) => factors.map((k) => k * Math.PI);
const angles = [-7, 7] as const;
const reduced = [-(2 ** 20), 2 ** 20] as const;

/** Where each is hard: overflow, the first denormal result, the last before 0, and where one formula gives way to another. */
const cases: Readonly<Record<string, Case>> = {
  exp: {
    f: exp,
    ranges: [
      [-104.5, 89],
      [-1, 1],
    ],
    around: [88.72284, 87.33655, 103.97208, halfLn2, 1e-8],
  },
  expm1: {
    f: expm1,
    ranges: [
      [-18, 89],
      [-1, 1],
    ],
    around: [88.72284, 17.32868, halfLn2, 2 ** -25, 1e-30],
  },
  log: {
    f: log,
    ranges: [
      [0, 4],
      [0.5, 1.5],
    ],
    around: [1, 2 ** -126, Math.SQRT1_2, Math.SQRT2],
  },
  log1p: {
    f: log1p,
    ranges: [
      [-1, 3],
      [-0.5, 0.5],
    ],
    around: [1, 1 - Math.SQRT1_2, Math.SQRT2 - 1, 2 ** -25, 1e-30, 2 ** 24, 2 ** 127],
  },
  tanh: {
    f: tanh,
    ranges: [
      [-10, 10],
      [-1, 1],
    ],
    around: [Math.LN2 / 4, (3 * Math.LN2) / 4, 9.01, 9.5, 1e-4, 1e-30],
  },
  erf: {
    f: erf,
    ranges: [
      [-4, 4],
      [-1, 1],
    ],
    around: [1, 3.92, 4.125, 1e-4, 1e-30],
  },
  sin: {
    f: sin,
    ranges: [angles, [-1e5, 1e5], reduced],
    around: multiplesOfPi([1, 2, 3, 100, 31831, 333772]),
  },
  cos: {
    f: cos,
    ranges: [angles, [-1e5, 1e5], reduced],
    around: multiplesOfPi([0.5, 1.5, 2.5, 100.5, 31831.5, 333771.5]),
  },
};

const perRange = 1 << 15;
const kinds = 1 << 20;
const variants = hasRelaxed() ? (['plain', 'relaxed'] as const) : (['plain'] as const);
const pastReduction = (x: number) => Math.abs(x) > 2 ** 20 && Math.abs(x) < Infinity;

describe.each(Object.entries(cases))('%s', (name, { f, ranges, around }) => {
  const places = [
    ...ranges.map(([low, high]) => evenly(low, high, perRange)),
    ...around.flatMap((x) => [neighbours(x), neighbours(-x)]),
  ];
  // Core reduces large angles slowly, and here its own function is called for them: a few are enough.
  const slow = name === 'sin' || name === 'cos';
  const any = everyKind(kinds).filter((x, i) => !slow || i % 512 === 0 || !pastReduction(x));
  const floats = joined(Float32Array, [hard('float32'), ...places, any]);

  describe('of float32 is the float64 result within 2 units', () => {
    let wanted: TypedArray = floats;
    beforeAll(() => {
      wanted = reference(f, ['float32'], [floats]);
    });
    test.each(variants)('%s', (variant) => {
      const got = computed(f, 'float32', floats, variant === 'relaxed');
      const wrong = floats.findIndex((_, i) => !(distance(got[i] ?? 0, wanted[i] ?? 0) <= 2));
      expect([floats[wrong], got[wrong]]).toEqual([floats[wrong], wanted[wrong]]);
    });
  });

  test('of float64 is what core computes, to the bit', () => {
    const any = everyKind64(1 << 15).filter((x, i) => !slow || i % 64 === 0 || !pastReduction(x));
    const doubles = joined(Float64Array, [hard('float64'), ...places, any]);
    const wanted = reference(f, ['float64'], [doubles]);
    const got = computed(f, 'float64', doubles, false);
    const wrong = doubles.findIndex((_, i) => !Object.is(got[i], wanted[i]));
    expect([doubles[wrong], got[wrong]]).toEqual([doubles[wrong], wanted[wrong]]);
  });
});

function computed(
  f: (x: Value) => Value,
  dtype: 'float32' | 'float64',
  inputs: TypedArray,
  relaxed: boolean,
): TypedArray {
  const module = elementwiseModule(f, [dtype], inputs.length, relaxed);
  module.inputs[0]?.set(inputs);
  module.run(inputs.length);
  return module.output;
}

function joined<T extends TypedArray>(
  kind: new (length: number) => T,
  parts: readonly ArrayLike<number>[],
): T {
  const all = new kind(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((at, part) => {
    all.set(part, at);
    return at + part.length;
  }, 0);
  return all;
}

const both = new Float32Array(2);
const patterns = new Int32Array(both.buffer);

/** How many float32 lie between two, denormals included; Infinity where one is NaN, or a zero of the other sign. */
function distance(a: number, b: number): number {
  if (Object.is(a, b)) return 0;
  if (Number.isNaN(a) || Number.isNaN(b) || (a === 0 && b === 0)) return Infinity;
  both[0] = a;
  both[1] = b;
  const [first = 0, second = 0] = patterns;
  const place = (bits: number) => (bits < 0 ? -(bits & 0x7fffffff) : bits);
  return Math.abs(place(first) - place(second));
}
