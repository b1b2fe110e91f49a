import { cpu } from '@pullback/backend-cpu';
import {
  add,
  type Backend,
  compile,
  contract,
  type Labels,
  matmul,
  mul,
  RandomStream,
  tanh,
  transpose,
  type Value,
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

describe.each(Object.entries(backends))('%s: contractions of random labels', (_, backend) => {
  test('float64 has the bits of the reference', async () => {
    for (let seed = 0; seed < 120; seed++) {
      const one = randomCase(seed);
      expect([seed, await run(backend, one, 'float64')]).toEqual([seed, await run(cpu(), one, 'float64')]);
    }
  });

  test('float32 is within the roundings of its sums', async () => {
    for (let seed = 0; seed < 120; seed++) {
      const one = randomCase(seed);
      const [got, wanted] = [await run(backend, one, 'float32'), await run(cpu(), one, 'float64')];
      for (const [i, x] of wanted.entries())
        expect([seed, i, Math.abs((got[i] ?? 0) - x) < 2e-4 * (1 + Math.abs(x))]).toEqual([seed, i, true]);
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
