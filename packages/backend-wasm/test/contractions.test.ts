import { cpu } from '@pullback/backend-cpu';
import {
  add,
  type Backend,
  compile,
  contract,
  type Labels,
  matmul,
  maximum,
  mul,
  placeholder,
  RandomStream,
  tanh,
  transpose,
  type Value,
  type WindowOptions,
  windows,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { wasm } from '../src/index.ts';
import { KernelsBackend } from './kernels-backend.ts';

type F = (...x: Value[]) => Value;
interface Case {
  readonly f: F;
  readonly shapes: readonly (readonly number[])[];
}

/** A contraction of random labels, whose operands may be read through views and whose result may be read by others. */
function randomCase(seed: number): Case {
  const random = RandomStream.of(seed, 'contractions');
  const below = (n: number) => Math.floor(random.uniform() * n);
  const shuffled = (list: readonly number[]) =>
    list
      .map((x) => [random.uniform(), x] as const)
      .sort(([p], [q]) => p - q)
      .map(([, x]) => x);
  const labels = Array.from({ length: 1 + below(5) }, (_, label) => label);
  const role = labels.map(() => below(4));
  const extents = labels.map(() => [1, 2, 3, 5, 8][below(5)] ?? 1);
  const of = (...without: number[]) => shuffled(labels.filter((label) => role[label] !== without[0]));
  const [a, b, out] = [of(0), of(1), of(2)];
  const shapeOf = (some: readonly number[]) => some.map((label) => extents[label] ?? 1);
  // Operands that lie in another order of axes.
  const [orderA, orderB] = [shuffled(a.map((_, i) => i)), shuffled(b.map((_, i) => i))];
  const lying = (shape: readonly number[], order: readonly number[]) =>
    order.map((_, axis) => shape[order.indexOf(axis)] ?? 1);
  const given = [lying(shapeOf(a), orderA), lying(shapeOf(b), orderB)];
  const [biased, residual] = [below(2) === 0 && out.length > 0, below(2) === 0];
  const bias = [extents[out.at(-1) ?? -1] ?? 1];
  const made: Labels = { a, b, out };
  return {
    shapes: [...given, bias, shapeOf(out)],
    f: (x, y, z, r) => {
      if (x === undefined || y === undefined || z === undefined || r === undefined) throw new RangeError();
      let result = contract(transpose(x, orderA), transpose(y, orderB), made);
      if (biased) result = add(result, z);
      if (residual) result = mul(tanh(result), r);
      return result;
    },
  };
}

/** A contraction over windows of something padded, of random roles; some of so many columns that padding is read through bounds. */
function windowsCase(seed: number): Case {
  const random = RandomStream.of(seed, 'windows');
  const below = (n: number) => Math.floor(random.uniform() * n);
  const pick = <T>(...from: readonly T[]): T => from[below(from.length)] ?? (from[0] as T);
  const [height, width] = [3 + below(5), 3 + below(4)];
  const x = [1 + below(2), height, width, pick(1, 2, 3, 8)];
  const size = [1 + below(3), 1 + below(3)];
  const options: WindowOptions = {
    axes: [1, 2],
    size,
    step: [1 + below(2), pick(1, 1, 2)],
    dilation: [pick(1, 1, 2), 1],
    padding: [
      [below(4), 2 + below(3)],
      [below(3), below(3)],
    ],
  };
  const windowed = windows(placeholder({ shape: x, dtype: 'float32' }, 'x'), options).shape;
  // Labels 0 to 5: samples, windows, channels, places of windows; 6 and 7 are the other operand's own.
  const order = pick([0, 1, 2, 4, 5, 3], [0, 1, 2, 3, 4, 5], [3, 4, 1, 0, 5, 2]);
  const role = pick(
    { inner: [4, 5, 3], batch: [] },
    { inner: [0, 1, 2], batch: [] },
    { inner: [4, 3], batch: [5] },
    { inner: [5, 1], batch: [3] },
    { inner: [4, 5], batch: [3, 0] },
    { inner: [1, 2, 4, 5, 3], batch: [0] },
  );
  const extents = [...windowed, pick(1, 3, 33, 40), pick(1, 2)];
  const own = [...role.inner, ...role.batch];
  const [a, b] = [order, pick([...own, 6, 7], [6, ...own, 7])];
  const rows = order.filter((label) => !own.includes(label));
  const out = pick(
    [...role.batch, ...rows, 6, 7],
    [...rows, 6, ...role.batch, 7],
    [7, ...role.batch, 6, ...rows],
  );
  const shapeOf = (some: readonly number[]) => some.map((label) => extents[label] ?? 1);
  const isFirst = below(3) > 0;
  const relu = below(2) === 0;
  return {
    shapes: [x, shapeOf(b)],
    f: (given, other) => {
      if (given === undefined || other === undefined) throw new RangeError();
      const seen = transpose(windows(given, options), order);
      const result = isFirst
        ? contract(seen, other, { a, b, out })
        : contract(other, seen, { a: b, b: a, out });
      return relu ? maximum(result, 0) : result;
    },
  };
}

async function run(backend: Backend, { f, shapes }: Case, dtype: 'float32' | 'float64') {
  const compiled = await compile(f, { inputs: shapes, dtype, backend });
  const random = RandomStream.of(7, 'data');
  const data = shapes.map((shape) => ({
    shape,
    data: Float64Array.from({ length: shape.reduce((n, extent) => n * extent, 1) }, () =>
      Math.fround(random.normal()),
    ),
  }));
  const [result] = await compiled(...data);
  return Array.from(result?.data ?? []);
}

const backends = { kernels: new KernelsBackend(), 'straight lines': wasm() };

const labels = ['labels', randomCase, 120] as const;

/** Straight lines read windows by the windows' own `evaluate`: a few are enough, and they take long to compile. */
const cases = [
  ['kernels', backends.kernels, [labels, ['windows', windowsCase, 150]]],
  ['straight lines', backends['straight lines'], [labels, ['windows', windowsCase, 1]]],
] as const;

describe.each(cases)('%s: contractions of random labels', (_, backend, makers) => {
  test('float64 has the bits of the reference', async () => {
    for (const [name, make, seeds] of makers)
      for (let seed = 0; seed < seeds; seed++) {
        const one = make(seed);
        const got = [name, seed, await run(backend, one, 'float64')];
        expect(got).toEqual([name, seed, await run(cpu(), one, 'float64')]);
      }
  });

  test('float32 is within the roundings of its sums', async () => {
    for (const [name, make, seeds] of makers)
      for (let seed = 0; seed < seeds; seed++) {
        const one = make(seed);
        const [got, wanted] = [await run(backend, one, 'float32'), await run(cpu(), one, 'float64')];
        const isOff = (x: number, i: number) => !(Math.abs((got[i] ?? 0) - x) < 2e-4 * (1 + Math.abs(x)));
        expect([name, seed, wanted.findIndex(isOff)]).toEqual([name, seed, -1]);
      }
  });
});

test('dense over leading axes is one product each way, its gradients are too', async () => {
  const { kernelsFor } = await import('@pullback/compiler');
  const { gradient, placeholder, sum, trace } = await import('@pullback/core');
  const x = placeholder({ shape: [6, 8, 16], dtype: 'float32' }, 'x');
  const w = placeholder({ shape: [16, 12], dtype: 'float32' }, 'w');
  const b = placeholder({ shape: [12], dtype: 'float32' }, 'b');
  const y = tanh(add(matmul(x, w), b));
  const program = trace([x, w, b], [y, ...gradient(sum(y), [x, w])]);
  const kernels = kernelsFor(program).groups.flat();
  const products = kernels.flatMap((kernel) => (kernel.kind === 'product' ? [kernel] : []));
  expect(products.map(({ space, inner }) => [...space, inner])).toEqual([
    [48, 12, 16],
    [48, 16, 12],
    [16, 12, 48],
  ]);
  // Bias and tanh are in the first one; nothing is copied.
  expect(products[0]?.statements.map(({ name }) => name)).toContain('tanh');
});
