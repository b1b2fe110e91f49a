import { cpu } from '@pullback/backend-cpu';
import {
  add,
  allocateArray,
  applyPrimitive,
  type Backend,
  broadcast,
  compile,
  type DType,
  div,
  fill,
  flip,
  gradient,
  mul,
  type Primitive,
  type PrimitiveKind,
  placeholder,
  type Shape,
  sizeOf,
  sub,
  sum,
  trace,
  transpose,
  type Value,
  vmap,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { wasm } from '../src/index.ts';

type Attributes = Readonly<Record<string, never>>;
type One = Primitive<readonly [Value], Attributes, Value>;

const kinds: readonly PrimitiveKind[] = [
  'elementwise',
  'movement',
  'reduction',
  'contraction',
  'indexing',
  'generator',
  'identity',
];
const backends: readonly (readonly [string, () => Backend])[] = [
  ['cpu', () => cpu()],
  ['wasm', () => wasm()],
];

/** y_i = f(x_i), declared as any kind: what it means, only `evaluate` says. */
const pointwise = (
  name: string,
  kind: PrimitiveKind,
  f: (x: number) => number,
  rules: Partial<One> = {},
): One => ({
  kind,
  name,
  infer: ([x]) => x,
  evaluate: ([x], [output]) => {
    x.data.forEach((a, i) => {
      output.data[i] = f(a);
    });
  },
  ...rules,
});
const apply = (primitive: One, x: Value): Value => applyPrimitive(primitive, [x], {});

async function run(
  backend: Backend,
  f: (x: Value) => Value,
  { shape, dtype, data }: { readonly shape: Shape; readonly dtype: DType; readonly data: readonly number[] },
): Promise<number[]> {
  const x = placeholder({ shape, dtype }, 'x');
  const y = f(x);
  const [from, to] = [backend.allocate(x.spec), backend.allocate(y.spec)];
  const array = allocateArray(dtype, data.length);
  array.set(data);
  backend.write(from, array);
  const executable = await backend.compile(trace([x], [y]));
  const binding = executable.bind([from], [to]);
  binding.run(1);
  binding.run(2);
  const result = [...(await backend.read(to))];
  backend.dispose?.();
  return result;
}

describe.each(backends)("a primitive that is not the core's, on %s", (_, backend) => {
  describe.each(kinds)('declared as %s', (kind) => {
    const doubled = pointwise('doubled', kind, (x) => 2 * x + 1);

    test.each([[[0]], [[1]], [[2, 3]], [[70, 30]]])(
      'is its evaluate, between others, at %j',
      async (shape) => {
        const data = Array.from({ length: sizeOf(shape) }, (_, i) => i - 3);
        const f = (x: Value) => mul(apply(doubled, add(x, 0.5)), 3);
        for (const dtype of ['float32', 'float64'] as const)
          expect(await run(backend(), f, { shape, dtype, data })).toEqual(data.map((x) => 3 * (2 * x + 2)));
      },
    );

    test.each<[DType, number[], number[]]>([
      ['float32', [-1, 0.25, 3], [-1, 1.5, 7]],
      ['float64', [-1, 0.1, 3], [-1, 1.2, 7]],
      ['int32', [-1, 0, 2 ** 29], [-1, 1, 2 ** 30 + 1]],
      ['uint8', [0, 7, 127], [1, 15, 255]],
      ['bool', [0, 1, 1], [1, 1, 1]],
    ])('alone, of %s', async (dtype, data, result) => {
      const own = dtype === 'bool' ? pointwise('yes', kind, () => 1) : doubled;
      const f = (x: Value) => flip(apply(own, flip(x, 0)), 0);
      expect(await run(backend(), f, { shape: [3], dtype, data })).toEqual(result);
    });

    test('of the same number everywhere, of itself, of what is moved', async () => {
      const given = { shape: [2, 3], dtype: 'float32', data: [1, 2, 3, 4, 5, 6] } as const;
      const onFill = (x: Value) => add(apply(doubled, fill(5, [2, 3], 'float32')), mul(x, 0));
      expect(await run(backend(), onFill, given)).toEqual(new Array(6).fill(11));
      const twice = (x: Value) => apply(doubled, apply(doubled, x));
      expect(await run(backend(), twice, given)).toEqual([7, 11, 15, 19, 23, 27]);
      const turned = (x: Value) => transpose(apply(doubled, transpose(x)));
      expect(await run(backend(), turned, given)).toEqual([3, 5, 7, 9, 11, 13]);
      const repeated = (x: Value) => apply(doubled, broadcast(sum(x, { axis: 0 }), [2, 3]));
      expect(await run(backend(), repeated, given)).toEqual([11, 15, 19, 11, 15, 19]);
    });

    test('its place counts, also under vmap', async () => {
      // y_i = x_i + i, which is nothing that a kind says.
      const placed = pointwise('placed', kind, (x) => x, {
        evaluate: ([x], [output]) => {
          x.data.forEach((a, i) => {
            output.data[i] = a + i;
          });
        },
      });
      const given = { shape: [3, 2], dtype: 'float32', data: [0, 0, 0, 0, 0, 0] } as const;
      if (kind !== 'elementwise')
        expect(
          await run(
            backend(),
            vmap((x: Value) => apply(placed, x)),
            given,
          ),
        ).toEqual([0, 1, 0, 1, 0, 1]);
      const ones = (x: Value) => add(x, apply(placed, fill(1, [3, 2], 'float32')));
      expect(await run(backend(), ones, given)).toEqual([1, 2, 3, 4, 5, 6]);
    });
  });

  test('an elementwise one that broadcasts its operands itself', async () => {
    // z_ij = x_i - y_j
    const outer: Primitive<readonly [Value, Value], Attributes, Value> = {
      kind: 'elementwise',
      name: 'differences',
      infer: ([x, y]) => ({ shape: [...x.shape, ...y.shape], dtype: x.dtype }),
      evaluate: ([x, y], [output]) => {
        const columns = y.data.length;
        output.data.forEach((_, k) => {
          output.data[k] = (x.data[Math.floor(k / columns)] ?? 0) - (y.data[k % columns] ?? 0);
        });
      },
    };
    const f = (x: Value) => applyPrimitive(outer, [x, mul(x, 10)], {});
    const two = { shape: [2], dtype: 'float64', data: [1, 2] } as const;
    expect(await run(backend(), f, two)).toEqual([-9, -19, -8, -18]);
    expect(await run(backend(), vmap(f), { ...two, shape: [2, 1] })).toEqual([-9, -18]);
  });

  test("one called as the core's, of another meaning", async () => {
    const given = { shape: [2], dtype: 'float32', data: [3, 4] } as const;
    for (const name of ['neg', 'sum', 'stopGradient', 'reshape', 'fill', 'exp', 'matmul'])
      for (const kind of kinds)
        expect(
          await run(
            backend(),
            (x) =>
              apply(
                pointwise(name, kind, (a) => a + 10),
                x,
              ),
            given,
          ),
        ).toEqual([13, 14]);
  });

  test('it is trained through: w of 2 cbrt(w) = 4 in float64, by the closed form of each step', async () => {
    const cbrt: One = pointwise('cbrt', 'elementwise', Math.cbrt, {
      vjp: (g, { output: y }) => [div(g, mul(3, mul(y, y)))],
    });
    const w = placeholder({ shape: [1], dtype: 'float64' }, 'w');
    const miss = sub(mul(apply(cbrt, w), 2), 4);
    const [slope = w] = gradient(sum(mul(miss, miss)), [w]);
    const on = backend();
    const held = on.allocate(w.spec);
    on.write(held, Float64Array.of(5));
    const executable = await on.compile(trace([w], [sub(w, mul(slope, 2))]));
    const binding = executable.bind([held], [held]);
    binding.run(20);
    binding.run(20);
    let expected = 5;
    for (let step = 0; step < 40; step++) {
      const y = Math.cbrt(expected);
      expected -= (2 * (2 * y - 4) * 4) / (3 * y * y);
    }
    const [found = 0] = await on.read(held);
    expect(Math.abs(found - expected)).toBeLessThan(1e-12);
    expect(Math.abs(expected - 8)).toBeLessThan(0.1);
    on.dispose?.();
  });
});

test('with threads: what stands around it is shared, it is not', async () => {
  const doubled = pointwise('doubled', 'elementwise', (x) => 2 * x);
  const f = (x: Value) => sum(mul(add(apply(doubled, mul(add(x, 1), add(x, 1))), x), 2), { axis: 1 });
  const data = Array.from({ length: 300 * 200 }, (_, i) => i % 7);
  const given = { shape: [300, 200], dtype: 'float32', data } as const;
  const rows = Array.from({ length: 300 }, (_, row) =>
    data.slice(row * 200, row * 200 + 200).reduce((total, x) => total + 2 * (2 * (x + 1) ** 2 + x), 0),
  );
  expect(await run(wasm({ threads: 2 }), f, given)).toEqual(rows);
});

test('a Program with one is not exported, and the error says why and what can be done', async () => {
  const backend = wasm();
  const own = pointwise('cbrt', 'elementwise', Math.cbrt);
  const x = placeholder({ shape: [2], dtype: 'float32' }, 'x');
  const program = trace([x], [mul(apply(own, x), 2)]);
  await expect(backend.export?.(program, { inputs: [{ name: 'x' }], outputs: ['y'] })).rejects.toThrow(
    /'cbrt'.* wasm backend.*\n.*at 'cbrt'\n.*functions of the core/s,
  );
  const run = await compile((value) => apply(own, value), { inputs: [[2]], backend });
  expect([...((await run([8, 27]))[0]?.data ?? [])]).toEqual([2, 3]);
});
