import type { Value } from '@pullback/core';
import * as p from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { f64, weighted } from './differentiable.ts';
import { finiteDifferences } from './finite-differences.ts';

/** Numbers that look random, of a shape. */
const S = (shape: readonly number[], seed: number): p.Tensor => ({
  shape,
  dtype: 'float64',
  data: Float64Array.from({ length: p.sizeOf(shape) }, (_, i) => 0.8 * Math.sin(17.3 * seed + 1.7 * i)),
});
const numbers = (value: Value) => [...p.evaluate(value).data];
const x = p.constant([1, 2, 3, 4], f64);
const zero = p.constant(0, f64);
/** The sum so far, and all of them. */
const sums = (options: p.ScanOptions = {}) =>
  p.scan(
    (total, one) => {
      const next = p.add(total, one);
      return { carries: next, outputs: next };
    },
    zero,
    x,
    options,
  );

describe('steps', () => {
  test('sums so far, from either end', () => {
    expect(numbers(sums().outputs)).toEqual([1, 3, 6, 10]);
    expect(numbers(sums().carries)).toEqual([10]);
    expect(numbers(sums({ reverse: true }).outputs)).toEqual([10, 9, 7, 4]);
    for (const checkpoint of [1, 2, 3, 4, 5])
      for (const [reverse, wanted] of [
        [false, [1, 3, 6, 10]],
        [true, [10, 9, 7, 4]],
      ] as const) {
        const { carries, outputs } = sums({ checkpoint, reverse });
        expect([numbers(outputs), numbers(carries)]).toEqual([wanted, [10]]);
      }
  });

  test('carries, sequences and outputs by name or by place, of several dtypes', () => {
    const { carries, outputs } = p.scan(
      ({ a, b }, [gate, step]) => ({
        carries: { b: p.add(a, b), a: p.select(gate, b, a) },
        outputs: [a, p.add(p.cast(step, 'float64'), b)],
      }),
      { a: zero, b: p.constant(1, f64) },
      [p.constant([1, 1, 0, 1], { dtype: 'bool' }), p.iota([4])],
    );
    // (a, b): (0, 1) (1, 1) (1, 2) (1, 3) (3, 4)
    expect(outputs.map(numbers)).toEqual([
      [0, 1, 1, 1],
      [1, 2, 4, 6],
    ]);
    expect([numbers(carries.a), numbers(carries.b)]).toEqual([[3], [4]]);
  });

  test('a number of steps without a sequence, one step, and none', () => {
    const powers = (length: number) =>
      p.scan((n) => ({ carries: p.mul(n, 2), outputs: [n] }), p.constant(3, { dtype: 'int32' }), [], {
        length,
      });
    expect([numbers(powers(3).carries), ...powers(3).outputs.map(numbers)]).toEqual([[24], [3, 6, 12]]);
    expect([numbers(powers(1).carries), ...powers(1).outputs.map(numbers)]).toEqual([[6], [3]]);
    expect([numbers(powers(0).carries), ...powers(0).outputs.map(numbers)]).toEqual([[3], []]);
    expect(powers(0).outputs[0]?.shape).toEqual([0]);
  });

  test('carries that change places, stay, or are what was given', () => {
    const { carries } = p.scan(
      ([a, b, c], one) => ({ carries: [b, a, p.add(c, one)], outputs: [] }),
      [p.constant(1, f64), p.constant(2, f64), zero],
      p.slice(x, [0], [3]),
    );
    expect(carries.map(numbers)).toEqual([[2], [1], [6]]);
  });

  test('a scan within a scan', () => {
    const rows = p.constant(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      f64,
    );
    const { carries } = p.scan(
      (total, row) => {
        const inner = p.scan(
          (sum, one) => ({ carries: p.add(p.mul(sum, total), one), outputs: [] }),
          zero,
          row,
        );
        return { carries: p.add(total, inner.carries), outputs: [] };
      },
      p.constant(1, f64),
      rows,
    );
    // 1 + (1 * 1 + 2) = 4, 4 + (3 * 4 + 4) = 20, 20 + (5 * 20 + 6) = 126
    expect(numbers(carries)).toEqual([126]);
  });
});

const [W, U, b, h0, sequence] = [S([1, 2], 1), S([2, 2], 2), S([2], 3), S([2, 2], 4), S([4, 2, 1], 5)];
const tanhCell = (h: Value, now: Value, [w, u, bias]: readonly Value[]) =>
  p.tanh(p.add(p.add(p.matmul(now, w ?? now), p.matmul(h, u ?? h)), bias ?? h));

/** A recurrence over a sequence whose weights are reached for; the first Value is the sequence, the second the first carry. */
const recurrent =
  (options: p.ScanOptions) =>
  (...[xs, h, ...weights]: Value[]): Value => {
    const { carries, outputs } = p.scan(
      (before, now) => {
        const next = tanhCell(before, now, weights);
        return { carries: next, outputs: p.square(next) };
      },
      h ?? zero,
      xs ?? zero,
      options,
    );
    return p.add(weighted(outputs), p.mul(weighted(carries), 0.3));
  };

/** A gate on what is read by index, a weight that stands in no product, an output made of a product, an integer that counts. */
const gated = (...[xs, h, table, scale, out]: Value[]): Value => {
  const at = p.constant([2, 0, 0, 5], { dtype: 'int32' });
  const [first = zero, tableOf = zero, scaleOf = zero, outOf = zero] = [h, table, scale, out];
  const { outputs } = p.scan(
    ({ c, n }, [now, index]) => {
      const seen = p.add(p.gather(tableOf, index), now);
      const next = p.add(p.mul(p.sigmoid(p.mul(c, scaleOf)), c), p.softmax(seen));
      return {
        carries: { c: next, n: p.add(n, 1) },
        outputs: [p.matmul(next, outOf), p.mul(p.cast(n, 'float64'), p.concatenate([c, next], { axis: -1 }))],
      };
    },
    { c: first, n: p.constant(0, { dtype: 'int32' }) },
    [xs ?? zero, at],
  );
  return outputs.map(weighted).reduce((a, c) => p.add(a, c));
};

describe('every gradient equals central differences, and so does the gradient of the gradient', () => {
  const cell = [sequence, h0, W, U, b] as const;
  const cases = {
    'a recurrence': [recurrent({}), cell],
    'from the other end': [recurrent({ reverse: true }), cell],
    'with every second step computed again': [recurrent({ checkpoint: 2 }), cell],
    'from the other end, with steps computed again': [recurrent({ checkpoint: 2, reverse: true }), cell],
    'reading by index': [gated, [S([4, 1, 2], 6), S([1, 2], 4), S([3, 2], 7), S([2], 8), S([2, 1], 9)]],
  } as const;
  for (const [name, [f, at]] of Object.entries(cases))
    test(name, () => {
      const first = (...v: Value[]) => weighted(f(...v));
      const second = (...v: Value[]) =>
        p
          .gradient(first(...v), v)
          .map(weighted)
          .reduce((one, other) => p.add(one, p.mul(other, 0.7)));
      for (const scalar of [first, second]) {
        const given = at.map((like) => p.barrier(p.constant(like, f64)));
        const truth = finiteDifferences(scalar, [...at]);
        p.evaluate(p.gradient(scalar(...given), given)).forEach(({ data }, i) => {
          data.forEach((got, k) => {
            const error = Math.abs(got - (truth[i]?.[k] ?? Number.NaN)) / Math.max(1, Math.abs(got));
            expect(error).toBeLessThan(2e-8);
          });
        });
      }
    });
});

test('the gradient at a number everywhere, or at places, that a step reaches for', () => {
  const [two, places] = [p.fill(2, [], 'float64'), p.iota([4], { dtype: 'float64' })];
  const { outputs } = p.scan(
    (c, now) => ({ carries: p.mul(c, two), outputs: p.mul(p.mul(c, now), places) }),
    p.constant(1, f64),
    x,
  );
  // outputs_t = 2^t x_t i: the derivative of their sum by 2 is 6 sum t 2^(t-1) x_t, by i sum 2^t x_t.
  const [atTwo = two, atPlaces = two] = p.gradient(p.sum(outputs), [two, places]);
  expect(numbers(atTwo)).toEqual([6 * (1 * 2 + 4 * 3 + 12 * 4)]);
  expect(numbers(atPlaces)).toEqual(new Array(4).fill(1 + 4 + 12 + 32));
});

/** What a Program does, repetitions opened, with how often an instruction is done. */
function instructionsOf({ body }: p.Program, times = 1): { readonly name: string; readonly times: number }[] {
  return body.flatMap(({ primitive: { name, form }, attributes }) =>
    form?.kind === 'repeat'
      ? instructionsOf(form.repeat(attributes).body as p.Program, times * form.repeat(attributes).length)
      : [{ name, times }],
  );
}

describe('what is not in the steps', () => {
  const traced = (length: number, options: p.ScanOptions = {}) => {
    const inputs = [[length, 2, 3], [2, 4], [3, 4], [4, 4], [4]].map((shape, i) =>
      p.placeholder({ shape, dtype: 'float64' }, `input${i}`),
    );
    return p.trace(inputs, p.gradient(recurrent(options)(...inputs), inputs));
  };
  const products = (length: number) =>
    instructionsOf(traced(length))
      .filter(({ name }) => name === 'contract')
      .map(({ times }) => times)
      .sort((one, other) => one - other);

  test('the gradient of each weight is one product, and so is x W', () => {
    // Outside x W, its gradients at x and W, and the gradient at U; in the steps h U and what goes back through it.
    expect(products(7)).toEqual([1, 1, 1, 1, 7, 7]);
  });

  test('a Program does not grow with the number of steps', () => {
    expect(instructionsOf(traced(9)).length).toBe(instructionsOf(traced(4)).length);
    expect(p.operationsOf(traced(9))).toBeGreaterThan(2 * p.operationsOf(traced(4)));
  });

  test('what no output needs is left out: results, carries and what they are made of', () => {
    const { carries } = p.scan(
      ({ a, unused }, one) => ({ carries: { a: p.add(a, one), unused: p.exp(unused) }, outputs: [p.sin(a)] }),
      { a: zero, unused: zero },
      x,
    );
    expect(instructionsOf(p.trace([], [carries.a])).map(({ name }) => name)).toEqual([
      'literal',
      'fill',
      'add',
    ]);
  });

  test('with steps computed again, what is kept is no more than the carries before them and one lot of steps', () => {
    const kept = ({ body }: p.Program): number =>
      Math.max(
        0,
        ...body.map(({ primitive: { form }, attributes, outputs }) => {
          if (form?.kind !== 'repeat') return 0;
          const inner = kept(form.repeat(attributes).body as p.Program);
          return inner + outputs.reduce((sum, { shape }) => sum + p.sizeOf(shape), 0);
        }),
      );
    const [all, fewer] = [kept(traced(64)), kept(traced(64, { checkpoint: 8 }))];
    expect(fewer).toBeLessThan(all);
  });
});

describe('with vmap', () => {
  const run = (w: Value, xs: Value, h: Value) =>
    p.scan(
      (before, now) => {
        const next = p.tanh(p.matmul(before, w));
        return { carries: p.add(next, now), outputs: next };
      },
      h,
      xs,
    );
  const ws = p.constant(S([3, 2, 2], 1), f64);
  const xss = p.constant(S([3, 4, 1, 2], 2), f64);
  const h = p.constant(S([1, 2], 3), f64);
  const one = (of: Value, i: number) => p.squeeze(p.slice(of, [i], [i + 1]), 0);
  const each = (f: (i: number) => Value) => numbers(p.stack([0, 1, 2].map(f)));

  for (const [name, [axes, f]] of Object.entries({
    'weights differ': [[0, null], (i: number) => [one(ws, i), one(xss, 0)]],
    'sequences differ': [[null, 0], (i: number) => [one(ws, 0), one(xss, i)]],
    'both differ': [[0, 0], (i: number) => [one(ws, i), one(xss, i)]],
  } as const))
    test(name, () => {
      const arguments_ = [axes[0] === null ? one(ws, 0) : ws, axes[1] === null ? one(xss, 0) : xss] as const;
      const forward = (w: Value, xs: Value) => [run(w, xs, h).carries, run(w, xs, h).outputs];
      const slope = (w: Value, xs: Value) => p.gradient(weighted(run(w, xs, h).outputs), [w, xs]);
      for (const made of [forward, slope])
        p.vmap((w: Value, xs: Value) => made(w, xs), { axes: [...axes] })(...arguments_).forEach((got, k) => {
          const wanted = each((i) => {
            const [w = ws, xs = xss] = f(i);
            return made(w, xs)[k] ?? w;
          });
          numbers(got).forEach((number, i) => {
            expect(number).toBeCloseTo(wanted[i] ?? Number.NaN, 13);
          });
        });
    });
});

describe('refusals', () => {
  const step = (carries: Value, one: Value) => ({ carries: p.add(carries, one), outputs: [] });
  test('a carry that changes', () => {
    expect(() => p.scan(step, zero, p.zeros([3, 2], 'float64'))).toThrow(
      /carry 0 as float64\[2\] after a step/,
    );
    expect(() => p.scan((c) => ({ carries: p.cast(c, 'float32'), outputs: [] }), zero, x)).toThrow(
      'expected float64[], as before it, got carry 0 as float32[]',
    );
    const renamed: object = { b: zero };
    expect(() => p.scan(({ a }) => ({ carries: { a, ...renamed }, outputs: [] }), { a: zero }, x)).toThrow(
      'expected a, got carries after a step: a, b',
    );
  });

  test('sequences of several lengths, of none, and of another than was said', () => {
    const two = [x, p.zeros([5], 'float64')] as const;
    expect(() => p.scan((c) => ({ carries: c, outputs: [] }), zero, two)).toThrow(/\[4\] and \[5\]/);
    expect(() => p.scan(step, zero, x, { length: 3 })).toThrow(/\[4\] for 3 steps/);
    expect(() => p.scan((c) => ({ carries: c, outputs: [] }), zero, [])).toThrow(p.OptionError);
    expect(() => p.scan(step, zero, zero)).toThrow(/a sequence without axes/);
    expect(() => p.scan(step, zero, x, { checkpoint: 0 })).toThrow(p.OptionError);
  });

  test('a node that reaches for a Value through a scan', () => {
    const w = p.placeholder({ shape: [], dtype: 'float64' }, 'w');
    const node = p.defineNode('leaky', {
      forward: (v: Value) =>
        p.scan((c, one) => ({ carries: p.add(c, p.mul(w, one)), outputs: [] }), zero, v).carries,
    });
    expect(() => node(x)).toThrow(p.CapturedValueError);
  });
});
