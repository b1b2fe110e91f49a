import { cpu } from '@pullback/backend-cpu';
import * as core from '@pullback/core';
import {
  type Backend,
  placeholder,
  sizeOf,
  type Tensor,
  trace,
  UnsupportedError,
  type Value,
} from '@pullback/core';
import { dense, relu, sequential } from '@pullback/layers';
import { softmaxCrossEntropy } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { Model } from '@pullback/train';
import { describe, expect, test } from 'vitest';
import { findAdapter, type WebGpuBackend, type WebGpuOptions, webgpu } from '../../src/index.ts';
import { asOnHardware, open } from './open.ts';
import { farthest, floats, integers, meant, run } from './run.ts';

(await open()).dispose();
const adapter = await findAdapter();
const has = adapter?.features.has('shader-f16') === true;
const skipped = has ? '' : ' (skipped: this adapter has no shader-f16)';

/** Half a unit in the last of the 11 digits of a float16: the error of rounding, relative to the number. */
const u = 2 ** -11;

/** The nearest float16, ties to even, of a float32 that is not subnormal as a float16. */
function nearestHalf(x: number): number {
  if (x === 0 || !Number.isFinite(x)) return x;
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(x))) - 10);
  const [below, rest] = [Math.floor(x / unit), x / unit - Math.floor(x / unit)];
  const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0);
  const rounded = (up ? below + 1 : below) * unit;
  return Math.abs(rounded) > 65504 ? Math.sign(x) * Infinity : rounded;
}

describe('refused where the feature is missing', () => {
  test.skipIf(has)(`by the adapter${has ? ' (skipped: this one has it)' : ''}`, async () => {
    const refused = open({ float16: true });
    await expect(refused).rejects.toThrow(UnsupportedError);
    await expect(refused).rejects.toThrow(
      /float16: true, and the adapter \(.+\) without the feature 'shader-f16'/,
    );
  });

  test('by a device that was not asked for it, which stays as it is', async () => {
    const device = await adapter?.requestDevice();
    if (device === undefined) throw new Error('no adapter');
    const refused = webgpu({ device, float16: true });
    await expect(refused).rejects.toThrow(UnsupportedError);
    await expect(refused).rejects.toThrow(/requiredFeatures: \['shader-f16'\]/);
    const backend = await webgpu({ device });
    const [[sum] = []] = await run(backend, [floats([3])], (x) => [core.sum(x)]);
    expect(Number.isFinite(sum)).toBe(true);
    backend.dispose();
    device.destroy();
  });
});

/** The shaders, the numbers and the size of the arena of f. */
async function shadersOf(
  backend: WebGpuBackend,
  given: readonly Tensor[],
  f: (...x: Value[]) => readonly Value[],
): Promise<{ readonly shaders: readonly string[]; readonly arena: number }> {
  const values = given.map((spec, i) => placeholder(spec, `input ${i}`));
  const outputs = f(...values);
  const executable = await backend.compile(trace(values, outputs));
  const binding = executable.bind(
    given.map((spec) => backend.allocate(spec)),
    outputs.map(({ spec }) => backend.allocate(spec)),
  );
  if (!('shaders' in binding && 'explain' in binding)) throw new Error('not a binding of webgpu');
  const { shaders, explain } = binding as import('../../src/index.ts').WebGpuBinding;
  const arena = Number(/partial results (\d+) bytes/.exec(explain())?.[1]);
  executable.dispose?.();
  return { shaders, arena };
}

async function withBackend(options: WebGpuOptions, act: (backend: WebGpuBackend) => Promise<void>) {
  const backend = await open({ ...options, float16: true });
  try {
    await act(backend);
  } finally {
    backend.dispose();
  }
}

const twoProducts = (x: Value, a: Value, b: Value) => [core.matmul(core.matmul(x, a), b)];

for (const [how, options] of [
  ['as the adapter wants it', {}],
  ['as on a GPU', asOnHardware],
] as const)
  describe.skipIf(!has)(`temporaries are rounded once, cut ${how}${skipped}`, () => {
    for (const [rows, inner, columns, last] of [
      [64, 64, 64, 64],
      [96, 8, 36, 20],
      [33, 5, 7, 3],
      [13, 130, 9, 1],
    ] as const)
      test(`(${rows} x ${inner} x ${columns}) x ${last} in whole numbers: exactly the product of the rounded product`, () =>
        withBackend(options, async (backend) => {
          const whole = (shape: readonly number[], below: number, offset: number): Tensor => ({
            shape,
            dtype: 'float32',
            data: Float32Array.from(integers(shape, below, offset).data),
          });
          const given = [
            whole([rows, inner], 97, 1),
            whole([inner, columns], 31, 2),
            whole([columns, last], 7, 3),
          ] as const;
          const [x, a, b] = given;
          // Whole numbers below 2^24 are added without error, those from 2048 on are not all float16.
          const [[middle = []], [exact = []]] = [
            meant([x, a], (p, q) => [core.matmul(p, q)]),
            meant(given, twoProducts),
          ];
          const rounded = {
            shape: [rows, columns],
            dtype: 'float32',
            data: Float32Array.from(middle, nearestHalf),
          } as const;
          const [wanted] = meant([rounded, b], (p, q) => [core.matmul(p, q)]);
          expect(wanted).not.toEqual(exact);
          const { shaders } = await shadersOf(backend, given, twoProducts);
          expect(shaders.join('\n')).toContain('enable f16;');
          const [got] = await run(backend, given, twoProducts);
          expect(got).toEqual(wanted);
        }));

    test('past 65504 is infinity, NaN stays NaN, and outputs stay float32', () =>
      withBackend(options, async (backend) => {
        const special = [65504, 65519, 65520, 1e30, Infinity, 1, 0, 2049, 2051, 1 / 3, 2 ** -14];
        const numbers = Float32Array.from(
          { length: 110 },
          (_, i) => (special[i % 11] ?? 0) * (i < 55 ? 1 : -1) + 0,
        );
        numbers[109] = Number.NaN;
        const f32 = (shape: readonly number[], data: Float32Array): Tensor => ({
          shape,
          dtype: 'float32',
          data,
        });
        // [x, 0] times a matrix of ones is x twice.
        const pairs = Float32Array.from({ length: 220 }, (_, i) => (i % 2 === 0 ? (numbers[i / 2] ?? 0) : 0));
        const ones = (shape: readonly number[]) => f32(shape, new Float32Array(sizeOf(shape)).fill(1));
        const given = [f32([110, 2], pairs), ones([2, 2]), f32([2, 2], new Float32Array(4).fill(0.5))];
        const wanted = (of: (x: number) => number) => Array.from(numbers).flatMap((x) => [of(x), of(x)]);
        const product = (x: Value, w: Value) => [core.matmul(x, w)];
        // Twice the same, halved.
        const next = (x: Value, w: Value, half: Value) => [core.matmul(core.matmul(x, w), half)];
        const [output] = await run(backend, given.slice(0, 2), product);
        expect(output).toEqual(wanted((x) => x));
        const [after] = await run(backend, given, next);
        expect(after).toEqual(wanted(nearestHalf));
      }));

    test('dependent small stages share one window of the arena with what stays float32', () =>
      withBackend(options, async (backend) => {
        const given = [floats([10, 10], 1), floats([10, 10], 2), floats([10, 10], 3)];
        // Scaled so that products keep their size.
        const f = (x: Value, a: Value, b: Value) => {
          let y = x;
          const sums: Value[] = [];
          for (let i = 0; i < 3; i++) {
            y = core.mul(core.matmul(y, i % 2 === 0 ? a : b), 1 / 8);
            sums.push(core.sum(core.square(y), { axis: 1, keepAxis: true }));
          }
          return [sums.reduce((s, each) => core.add(s, each), core.matmul(y, b))];
        };
        const { shaders } = await shadersOf(backend, given, f);
        expect(shaders.join('\n')).toMatch(/half_bits\(/);
        const [got = [], wanted = []] = [await run(backend, given, f), meant(given, f)];
        // Far more than a few roundings of 2^-11 amount to, and far less than one half of a word written over the other does.
        wanted.forEach((each, i) => void expect(farthest(got[i] ?? [], each)).toBeLessThan(16 * 4 * u));
      }));

    test('the gradient of a maximum finds it, of inputs and of temporaries', () =>
      withBackend(options, async (backend) => {
        const given = [floats([32, 40], 1), floats([40, 24], 2)];
        for (const f of [
          (x: Value, w: Value) => core.add(core.sum(core.mul(core.max(x, { axis: 1 }), 3)), core.sum(w)),
          (x: Value, w: Value) => core.sum(core.max(core.matmul(x, w), { axis: 1 })),
          (x: Value, w: Value) => core.sum(core.max(core.tanh(core.matmul(x, w)), { axis: 0 })),
        ]) {
          const g = (x: Value, w: Value) => core.gradient(f(x, w), [x]);
          const [[got = []], [wanted = []]] = [await run(backend, given, g), meant(given, g)];
          expect(farthest(got, wanted)).toBeLessThan(8 * u);
        }
      }));
  });

/** Rows of numbers in double precision. */
type Matrix = readonly (readonly number[])[];

function matrix(rows: number, columns: number, at: (row: number, column: number) => number): Matrix {
  return Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => at(i, j)));
}

function product(a: Matrix, b: Matrix): Matrix {
  const columns = transposed(b);
  return matrix(a.length, columns.length, (i, j) =>
    (a[i] ?? []).reduce((total, x, k) => total + x * (columns[j]?.[k] ?? 0), 0),
  );
}

function transposed(a: Matrix): Matrix {
  return matrix(a[0]?.length ?? 0, a.length, (i, j) => a[j]?.[i] ?? 0);
}

const map = (a: Matrix, f: (x: number, i: number, j: number) => number): Matrix =>
  a.map((row, i) => row.map((x, j) => f(x, i, j)));
const magnitude = (a: Matrix): Matrix => map(a, Math.abs);
const plus = (a: Matrix, b: Matrix): Matrix => map(a, (x, i, j) => x + (b[i]?.[j] ?? 0));
const sumOfRows = (a: Matrix): number[] => transposed(a).map((column) => column.reduce((s, x) => s + x, 0));

describe.skipIf(!has)(`a step of an MLP${skipped}`, () => {
  const [samples, inputs, hidden, classes, learningRate] = [64, 48, 96, 10, 0.5];
  const x = matrix(samples, inputs, (i, j) => Math.sin(i * i + 3 * j * j + j));
  const y = Array.from({ length: samples }, (_, i) => (i * 7) % classes);
  const create = (backend: Backend) =>
    Model.create({
      network: sequential(dense(hidden), relu(), dense(classes)),
      input: [inputs],
      loss: softmaxCrossEntropy(),
      optimizer: sgd({ learningRate }),
      backend,
      seed: 1,
    });
  const weightsOf = async (model: Model) =>
    Object.values(await model.weights()).map(({ shape, data }) => ({ shape, data: Array.from(data) }));

  /**
   * How far each weight may be off after a step, to all orders: hidden activations h, logits l and the gradients of l and h are off by u of their
   * magnitude, on top of what they are computed from. A softmax p of logits off by d is off by at most p (e^(2d) - 1).
   */
  function bounds(w1: Matrix, b1: readonly number[], w2: Matrix, b2: readonly number[]) {
    const stored = (values: Matrix, off: Matrix) =>
      map(off, (d, i, j) => d + u * (Math.abs(values[i]?.[j] ?? 0) + d));
    const h = map(product(x, w1), (value, _, j) => Math.max(0, value + (b1[j] ?? 0)));
    const hOff = map(h, (value) => u * value);
    const l = map(product(h, w2), (value, _, j) => value + (b2[j] ?? 0));
    const lOff = stored(l, product(hOff, magnitude(w2)));
    const p = l.map((row) => {
      const powers = row.map((value) => Math.exp(value - Math.max(...row)));
      return powers.map((power) => power / powers.reduce((s, each) => s + each, 0));
    });
    const dl = map(p, (value, i, j) => (value - (y[i] === j ? 1 : 0)) / samples);
    const dlOff = stored(
      dl,
      map(p, (value, i) => (value * Math.expm1(2 * Math.max(...(lOff[i] ?? [])))) / samples),
    );
    const dh = product(dl, transposed(w2));
    const dhOff = stored(dh, product(dlOff, transposed(magnitude(w2))));
    const mask = map(dhOff, (d, i, j) => ((h[i]?.[j] ?? 0) > 0 ? d : 0));
    const most = plus(h, hOff);
    return [
      product(transposed(magnitude(x)), mask).flat(),
      sumOfRows(mask),
      plus(product(transposed(most), dlOff), product(transposed(hOff), magnitude(dl))).flat(),
      sumOfRows(dlOff),
    ];
  }

  for (const [how, options] of [
    ['as the adapter wants it', {}],
    ['as on a GPU', asOnHardware],
  ] as const)
    test(`cut ${how}: each weight within what rounding h, l and their gradients by 2^-11 can do, and not the float32 result`, () =>
      withBackend(options, async (backend) => {
        const [model, reference] = [await create(backend), await create(cpu())];
        const plain = await open(options);
        const float32 = await create(plain);
        const before = await weightsOf(reference);
        for (const each of [model, reference, float32]) await each.step({ x, y }).loss.read();
        const [got, wanted, unrounded] = [
          await weightsOf(model),
          await weightsOf(reference),
          await weightsOf(float32),
        ];
        const [w1, b1, w2, b2] = before;
        if (w1 === undefined || b1 === undefined || w2 === undefined || b2 === undefined)
          throw new Error('four weights');
        expect(before.map(({ shape }) => shape)).toEqual([
          [inputs, hidden],
          [hidden],
          [hidden, classes],
          [classes],
        ]);
        const rows = ({ shape: [n = 0, m = 0], data }: typeof w1) =>
          matrix(n, m, (i, j) => data[i * m + j] ?? 0);
        const off = bounds(rows(w1), b1.data, rows(w2), b2.data);
        wanted.forEach(({ data }, k) => {
          data.forEach((value, i) => {
            // A few units of float32 for what both backends round.
            const bound = learningRate * (off[k]?.[i] ?? 0) + 1e-6 * Math.max(1, Math.abs(value));
            expect(Math.abs((got[k]?.data[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(bound);
          });
        });
        expect(got).not.toEqual(unrounded);
        for (const each of [model, reference, float32]) each.dispose();
        plain.dispose();
      }));
});
