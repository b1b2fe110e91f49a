// Attention by blocks is attention: the same numbers and gradients, with memory linear in the number of places.
import {
  attention,
  backendOf,
  compile,
  constant,
  evaluate,
  gradient,
  languageModel,
  mul,
  placeholder,
  type Shape,
  sizeOf,
  sum,
  trace,
  type Value,
} from 'pullback';
import { describe, expect, test } from 'vitest';

const f64 = { dtype: 'float64' } as const;

function numbers(shape: Shape, seed: number): Value {
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, k) => Math.sin(1.7 * k + seed));
  return constant({ shape, data }, f64);
}

const [n, t, s] = [2, 13, 11];
const places = (shape: Shape, f: (k: number) => boolean) =>
  constant({
    shape,
    dtype: 'bool',
    data: Uint8Array.from({ length: sizeOf(shape) }, (_, k) => Number(f(k))),
  });
const masks: Readonly<Record<string, Value | undefined>> = {
  none: undefined,
  keys: places([n, s], (k) => k % 3 > 0),
  pairs: places([1, t, s], (k) => k % 5 > 1),
  heads: places([n, 4, t, s], (k) => k % 7 > 2),
  added: numbers([n, 1, t, s], 5),
  // A row and a whole block of keys that nothing is seen of.
  nothing: places([1, t, s], (k) => k % s >= 4 && Math.floor(k / s) !== 6),
};

const operands = () =>
  [numbers([n, t, 4, 6], 1), numbers([n, s, 2, 6], 2), numbers([n, s, 2, 3], 3)] as const;

/** The output, and the gradients of a sum of it at queries, keys and values. */
function run(options: Parameters<typeof attention>[3]) {
  const [q, k, v] = operands();
  const y = attention(q, k, v, options);
  const slopes = gradient(sum(mul(y, numbers(y.shape, 4))), [q, k, v]);
  return evaluate([y, ...slopes]).map(({ data }) => Array.from(data));
}

describe('by blocks as at once', () => {
  for (const [name, mask] of Object.entries(masks))
    for (const causal of [false, true])
      test(`mask ${name}${causal ? ', causal' : ''}`, () => {
        const given = { causal, ...(mask && { mask }) };
        const whole = run({ ...given, block: 0 });
        for (const block of [1, 4, 5])
          run({ ...given, block }).forEach((numbers, i) => {
            numbers.forEach((x, j) => {
              expect(Math.abs(x - (whole[i]?.[j] ?? Number.NaN))).toBeLessThan(1e-13);
            });
          });
      });

  test('second derivatives too', () => {
    const second = (block: number) => {
      const [q, k, v] = operands();
      const y = attention(q, k, v, { causal: true, block });
      const [first = q] = gradient(sum(mul(y, mul(y, y))), [k]);
      return evaluate(gradient(sum(mul(first, numbers(first.shape, 8))), [q, k, v])).flatMap(({ data }) =>
        Array.from(data),
      );
    };
    const whole = second(0);
    second(4).forEach((x, i) => {
      expect(Math.abs(x - (whole[i] ?? Number.NaN))).toBeLessThan(1e-12);
    });
  });

  test('rows that see nothing are 0, without NaN', () => {
    for (const block of [0, 4]) {
      const [y = []] = run({ block, ...(masks['nothing'] && { mask: masks['nothing'] }) });
      expect(y.slice(6 * 12, 7 * 12)).toEqual(new Array(12).fill(0));
      expect(y.every(Number.isFinite)).toBe(true);
    }
  });

  test('scores of hundreds stay finite', () => {
    const [q, k, v] = operands();
    const y = evaluate(attention(mul(q, 1000), mul(k, 1000), v, { block: 4 })).data;
    expect(y.every((x) => Number.isFinite(x) && Math.abs(x) <= 1)).toBe(true);
  });
});

test('masks and operands of wrong shapes are refused, by what they should be', () => {
  const [q, k, v] = operands();
  for (const shape of [[s], [n, t], [n, t, s, 1, 1], [n, 3, t, s], [1, s, t]])
    expect(() => attention(q, k, v, { mask: numbers(shape, 0) })).toThrow(
      /a mask of|\[2, 11\], \[2, 13, 11\] or \[2, 4, 13, 11\]/,
    );
  expect(() => attention(q, k, numbers([n, t, 2, 3], 0))).toThrow(/queries \[n, t, heads, d\]/);
  expect(() => attention(numbers([n, t, 3, 6], 0), k, v)).toThrow(/queries/);
  expect(() => attention(q, k, v, { block: -1 })).toThrow(/block/);
  expect(() => languageModel({ vocabulary: 5, context: 4, width: 6, heads: 4, layers: 1 })).toThrow(
    /a width of 6 for 4 heads/,
  );
});

describe('on wasm', () => {
  const programOf = (places: number) => {
    const [q, k, v] = ['q', 'k', 'v'].map((name) => placeholder({ shape: [1, places, 1, 64], ...f32 }, name));
    if (q === undefined || k === undefined || v === undefined) throw new Error('no inputs');
    const y = attention(q, k, v, { causal: true });
    return trace([q, k, v], [y, ...gradient(sum(mul(y, y)), [q, k, v])]);
  };
  const f32 = { dtype: 'float32' } as const;

  test('no array has as many elements as there are pairs', () => {
    const largest = Math.max(
      ...programOf(2048).body.flatMap(({ outputs }) => outputs.map(({ shape }) => sizeOf(shape))),
    );
    expect(largest).toBeLessThanOrEqual(512 * 512);
  });

  test('4,096 places take at most 2.1 times the memory of 2,048', async () => {
    const backend = await backendOf('wasm');
    const arena = async (places: number) => {
      const text = (await backend.explain?.(programOf(places))) ?? '';
      const [, size = '', unit = ''] = /arena ([\d.]+) (\w?B)/.exec(text) ?? [];
      return Number(size) * (unit === 'MB' ? 1000 : 1);
    };
    const [one, two] = [await arena(2048), await arena(4096)];
    expect(one).toBeGreaterThan(0);
    expect(two / one).toBeLessThan(2.1);
  });

  test('the numbers are those of the reference', async () => {
    const f = (q: Value, k: Value, v: Value) => {
      const y = attention(q, k, v, { causal: true, block: 5 });
      return [y, ...gradient(sum(mul(y, y)), [q, k, v])];
    };
    const given = operands().map((value) => evaluate(value));
    const inputs = given.map(({ shape }) => shape);
    const [own, reference] = await Promise.all(
      (['wasm', 'cpu'] as const).map(async (backend) =>
        (await compile(f, { inputs, ...f64, backend }))(...given),
      ),
    );
    expect(own?.map(({ data }) => data)).toEqual(reference?.map(({ data }) => data));
  });
});
