import { explain, kernelsFor, planFor, readBy, writtenBy } from '@pullback/compiler';
import * as core from '@pullback/core';
import { placeholder, type Shape, trace, type Value } from '@pullback/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret } from './interpret.ts';

const input = (shape: Shape, name = 'x') => placeholder({ shape, dtype: 'float64' }, name);

const plan = (inputs: readonly Value[], outputs: readonly Value[]) =>
  planFor(kernelsFor(trace(inputs, outputs)));

/** The numbers of f(x), kernel by kernel. */
function numbers(x: readonly number[], f: (x: Value) => Value): number[] {
  const given = input([x.length]);
  const y = f(given);
  const result = new Float64Array(core.sizeOf(y.shape)).fill(99);
  interpret(plan([given], [y]), [Float64Array.from(x)], [result]);
  return [...result];
}

/** `count` elements from `start` on, every `step`-th, back in their places, with zeros around. */
const back = (x: Value, start: number, count: number, step = 1) => {
  const [extent = 0] = x.shape;
  const covered = count === 0 ? 0 : (count - 1) * step + 1;
  const part = core.slice(x, [start], [start + covered], [step]);
  return core.pad(part, { low: [start], high: [extent - start - covered], between: [step - 1] });
};

describe('sums of padded values are assembled in place', () => {
  test('a value cut in four gets its gradient from one kernel, without a zero', () => {
    const [x, w] = [input([3, 2]), input([2, 8], 'w')];
    const z = core.matmul(x, w);
    const gates = [0, 1, 2, 3].map((k) => core.slice(z, [0, 2 * k], [3, 2 * k + 2]));
    const y = gates.map((gate) => core.tanh(gate)).reduce(core.mul);
    const { kernels } = plan([x, w], core.gradient(core.sum(y), [w]));
    expect(kernels.map(({ kind }) => kind)).toEqual(['product', 'loop', 'product']);
    const [, assembled] = kernels;
    expect(assembled?.kind === 'loop' && assembled.stores.map(({ view }) => view)).toEqual(
      [0, 2, 4, 6].map((offset) => ({ offset, strides: [8, 1] })),
    );
  });
  test('only what no part covers is filled', () => {
    const x = input([2, 9]);
    const y = core.add(
      core.pad(core.slice(x, [0, 1], [2, 3]), { low: [0, 1], high: [0, 6] }),
      core.pad(core.slice(x, [0, 5], [2, 9]), { low: [0, 5] }),
    );
    expect(explain(plan([x], [y]))).toMatchInlineSnapshot(`
      "4 kernels, 18 flop, arena 0 B (0 B without sharing)
      0. map [][2]
        0: float64{0} copy #0 -> %5(9)
        2 flop, 16 B
        from pad, add
      1. map [][2, 2]
        0: float64{0,1} add %0(9,1 from 1) -> %5(9,1 from 1)
        4 flop, 64 B
        from pad, add
      2. map [][2, 2]
        0: float64{0,1} copy #0 -> %5(9,1 from 3)
        4 flop, 32 B
        from pad, add
      3. map [][2, 4]
        0: float64{0,1} add %0(9,1 from 5) -> %5(9,1 from 5)
        8 flop, 128 B
        from pad, add"
    `);
  });
  test('steps of a sequence are written one beside the other: no kernel goes over all of it', () => {
    const [x, u] = [input([6, 4, 2]), input([2, 2], 'u')];
    const steps = Array.from({ length: 6 }, (_, t) => core.reshape(core.slice(x, [t], [t + 1]), [4, 2]));
    const h = steps.reduce((state, step) => core.tanh(core.add(core.matmul(state, u), step)));
    const { kernels } = plan([x, u], core.gradient(core.sum(h), [x]));
    const sizes = kernels.flatMap((kernel) => (kernel.kind === 'loop' ? core.sizeOf(kernel.space) : []));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(8);
  });
  test('what pads make is written by who computes it', () => {
    const [x, w] = [input([3, 4]), input([4, 5], 'w')];
    const { kernels } = plan([x, w], [core.pad(core.relu(core.matmul(x, w)), { low: [1, 1], high: [1, 1] })]);
    expect(kernels.filter((kernel) => readBy(kernel).length > 0).map(({ kind }) => kind)).toEqual([
      'product',
    ]);
    expect(new Set(kernels.flatMap(writtenBy)).size).toBe(1);
  });
  test('and so is a concatenation', () => {
    const [x, w] = [input([3, 4]), input([4, 5], 'w')];
    const y = core.concatenate([core.relu(core.matmul(x, w)), core.softmax(x)]);
    expect(plan([x, w], [y]).kernels.map(({ kind }) => kind)).toEqual(['product', 'loop']);
  });
});

describe('as IEEE 754 adds', () => {
  const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];
  test('-0 beside a zero of another part is 0, alone it stays', () => {
    const x = [-0, -0, -0, -0];
    expect(numbers(x, (v) => core.add(back(v, 0, 2), back(v, 2, 2)))).toEqual([0, 0, 0, 0]);
    expect(numbers(x, (v) => core.add(back(v, 0, 3), back(v, 1, 3)))).toEqual([0, -0, -0, 0]);
    expect(numbers(x, (v) => back(v, 1, 2))).toEqual([0, -0, -0, 0]);
    expect(numbers(x, (v) => core.pad(v, { low: [1], value: -0 }))).toEqual([-0, -0, -0, -0, -0]);
  });
  test('NaN and infinity stay where they stand', () => {
    expect(numbers([nan, 1, -inf, inf], (v) => core.add(back(v, 0, 2), back(v, 2, 2)))).toEqual([
      nan,
      1,
      -inf,
      inf,
    ]);
    expect(numbers([inf, nan, 1, -inf], (v) => core.add(back(v, 0, 3), core.neg(back(v, 1, 3))))).toEqual([
      inf,
      nan,
      0,
      inf,
    ]);
    expect(numbers([1, inf, 2], (v) => core.add(back(v, 0, 2), back(core.neg(v), 1, 2)))).toEqual([
      1,
      nan,
      -2,
    ]);
  });
  test('three that overlap are added from left to right', () => {
    const x = [1, 1e-16, 1e-16, -1];
    const terms = (v: Value) =>
      [0, 1, 2].map((k) => core.pad(core.slice(v, [k], [k + 1]), { low: [1], high: [1] }));
    expect(numbers(x, (v) => terms(v).reduce(core.add))).toEqual([0, 1, 0]);
    expect(numbers(x, (v) => [...terms(v)].reverse().reduce(core.add))).toEqual([0, 1 + 2e-16, 0]);
  });
  test('parts of any number, place and step: the sum of whole tensors', () => {
    const part = fc.tuple(fc.nat(11), fc.nat(12), fc.integer({ min: 1, max: 3 }));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), fc.boolean(), (parts, isBalanced) => {
        const x = Array.from({ length: 12 }, (_, i) =>
          i % 5 === 0 ? -0 : Math.sin(i) * 10 ** ((i % 7) * 4),
        );
        const places = parts.map(([start, most, step]) => {
          const count = Math.min(most, Math.ceil((12 - start) / step));
          return [start, count, step] as const;
        });
        const whole = places.map(([start, count, step]) =>
          x.map((value, i) =>
            (i - start) % step === 0 && i >= start && i < start + count * step ? value : 0,
          ),
        );
        const fold = <T>(list: readonly T[], add: (a: T, b: T) => T): T => {
          const [first, ...others] = list;
          const half = Math.ceil(list.length / 2);
          if (first === undefined) throw new Error('nothing to add');
          if (list.length === 1 || !isBalanced) return others.reduce(add, first);
          return add(fold(list.slice(0, half), add), fold(list.slice(half), add));
        };
        const expected = fold(whole, (a, b) => a.map((value, i) => value + (b[i] ?? Number.NaN)));
        const sum = (v: Value) =>
          fold(
            places.map((place) => back(v, ...place)),
            core.add,
          );
        expect(numbers(x, sum)).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });
});
