import { cpu } from '@pullback/backend-cpu';
import {
  add,
  applyPrimitive,
  type Backend,
  type Buffer,
  concatenate,
  exp,
  type FloatDType,
  fill,
  flip,
  gradient,
  matmul,
  mul,
  type Primitive,
  type Program,
  placeholder,
  RandomStream,
  reshape,
  sigmoid,
  sizeOf,
  square,
  sub,
  sum,
  type TensorSpec,
  type TypedArray,
  trace,
  transpose,
  type Value,
} from '@pullback/core';
import { conformBackend } from '@pullback/testing';
import { describe, expect, test } from 'vitest';
import { hasRelaxed } from './elementwise-module.ts';
import { randomProgram, typed } from './random-program.ts';
import { StraightLineBackend } from './straight-line-backend.ts';

const modes = hasRelaxed() ? [false, true] : [false];

// What cannot be a straight line, or one of any sense, is examined as kernels: sums and maxima of bytes and bools, thousands of elements.
const others = new RegExp(
  [
    ...['a primitive that it does not know', 'products of many sizes', 'the sum of 65,536', 'functions of 6'],
    ...['the largest of', 'sums of (float|int)\\d+$', 'argmax .*of (bool|uint8)', 'places of uint8'],
  ].join('|'),
);

// Elementary functions of float32 are polynomials; all else gives the reference's bits.
for (const relaxed of modes)
  describe(`the examination of backends, ${relaxed ? 'with' : 'without'} relaxed instructions`, () => {
    for (const c of conformBackend(() => new StraightLineBackend({ limit: 1e6, relaxed }), {
      ulps: { float32: 2 },
    }))
      if (!others.test(c.name)) test(c.name, () => c.run());
  });

interface Run {
  readonly program: Program;
  readonly data: readonly ArrayLike<number>[];
  /** For each output the input whose buffer it is written to. */
  readonly sharing: readonly (number | undefined)[];
  readonly times: number;
}

function specOf({ inputs, body }: Program, value: number): TensorSpec {
  const specs = [...inputs, ...body.flatMap(({ outputs }) => outputs)];
  return specs[value] ?? { shape: [], dtype: 'float32' };
}

/** All buffers after a number of steps in one call and one more. */
async function run(backend: Backend, { program, data, sharing, times }: Run): Promise<TypedArray[]> {
  const inputs = program.inputs.map((spec, i) => {
    const buffer = backend.allocate(spec);
    backend.write(buffer, typed(spec.dtype, data[i] ?? []));
    return buffer;
  });
  const outputs = program.outputs.map((value, place): Buffer => {
    const input = sharing[place];
    return (input === undefined ? undefined : inputs[input]) ?? backend.allocate(specOf(program, value));
  });
  const binding = (await backend.compile(program)).bind(inputs, outputs);
  binding.run(times);
  binding.run();
  return Promise.all([...inputs, ...outputs].map((buffer) => backend.read(buffer)));
}

/** Where two lists of arrays differ, -0 from 0 as well. */
function differences(got: readonly TypedArray[], wanted: readonly TypedArray[]): string[] {
  return wanted.flatMap((array, i) =>
    Array.from(array).flatMap((x, k) =>
      Object.is(x, got[i]?.[k]) ? [] : [`buffer ${i} [${k}]: got ${got[i]?.[k]}, expected ${x}`],
    ),
  );
}

describe('random Programs, some outputs in the place of inputs, three steps: the bits of the reference', () => {
  for (const dtype of ['float64', 'float32'] as const)
    for (const relaxed of modes)
      test(`${dtype}${relaxed ? ', relaxed' : ''}`, async () => {
        for (let seed = 0; seed < 300; seed++) {
          const given = { ...randomProgram(seed, dtype), times: 2 };
          const wanted = await run(cpu(), given);
          const got = await run(new StraightLineBackend({ limit: 1e6, relaxed }), given);
          expect([seed, ...differences(got, wanted)]).toEqual([seed]);
        }
      });
});

function only(input: TensorSpec, f: (x: Value) => Value): Program {
  const x = placeholder(input, 'x');
  return trace([x], [f(x)]);
}

/** Numbers of all sizes, of which the second half takes away the first but for the last digits. */
function cancelling(n: number, dtype: FloatDType): TypedArray {
  const random = RandomStream.of(n, 'terms');
  const half = Array.from({ length: n / 2 }, () => random.normal() * 2 ** Math.floor(20 * random.uniform()));
  return typed(dtype, [...half, ...half.map((x) => -x * (1 + 1e-6 * random.uniform()))]);
}

describe('sums in the order of the reference, runs of 64 as a tree', () => {
  for (const dtype of ['float32', 'float64'] as const)
    for (const n of [2, 64, 66, 128, 130, 200, 300])
      test(`${n} terms of ${dtype} that cancel: the same bits`, async () => {
        for (const f of [
          (x: Value) => sum(x),
          (x: Value) => sum(reshape(x, [n / 2, 2]), { axis: 0 }),
          (x: Value) => matmul(reshape(x, [1, n]), reshape(x, [n, 1])),
        ]) {
          const given = {
            program: only({ shape: [n], dtype }, f),
            data: [cancelling(n, dtype)],
            sharing: [],
            times: 1,
          };
          expect(differences(await run(new StraightLineBackend(), given), await run(cpu(), given))).toEqual(
            [],
          );
        }
      });
});

/** x [4, 2], targets [4, 1], rate, W1, b1, W2, b2 -> half the squared error, and W - rate grad E for the last four. (2.3, 2.6) */
function xorStep(dtype: FloatDType): Program {
  const shapes = [[4, 2], [4, 1], [], [2, 2], [2], [2, 1], [1]];
  const inputs = shapes.map((shape, i) => placeholder({ shape, dtype }, `input ${i}`));
  const [x, targets, rate, w1, b1, w2, b2] = inputs as [Value, Value, Value, Value, Value, Value, Value];
  const output = sigmoid(add(matmul(sigmoid(add(matmul(x, w1), b1)), w2), b2));
  const error = mul(sum(square(sub(output, targets))), 0.5);
  const weights = [w1, b1, w2, b2];
  const gradients = gradient(error, weights);
  const updated = weights.map((w, i) => sub(w, mul(rate, gradients[i] ?? w)));
  return trace(inputs, [error, ...updated]);
}

describe('100 steps of XOR, 2-2-1', () => {
  const random = RandomStream.of(1, 'xor');
  const drawn = (n: number) => Array.from({ length: n }, () => random.uniform() - 0.5);
  const data = [[0, 0, 0, 1, 1, 0, 1, 1], [0, 1, 1, 0], [0.5], drawn(4), drawn(2), drawn(2), drawn(1)];
  const given = { data, sharing: [undefined, 3, 4, 5, 6], times: 99 };

  test('float64: the bits of the reference', async () => {
    const program = xorStep('float64');
    const got = await run(new StraightLineBackend(), { program, ...given });
    expect(differences(got, await run(cpu(), { program, ...given }))).toEqual([]);
  });

  // Rounding errors of 100 steps, each of them at most half a unit of a number below 1 that the next steps carry on.
  for (const relaxed of modes)
    test(`float32${relaxed ? ', relaxed' : ''}: within 1e-6 of float64`, async () => {
      const got = await run(new StraightLineBackend({ relaxed }), { program: xorStep('float32'), ...given });
      const wanted = await run(cpu(), { program: xorStep('float64'), ...given });
      wanted.forEach((array, i) => {
        array.forEach((x, k) => {
          expect(Math.abs((got[i]?.[k] ?? Number.NaN) - x)).toBeLessThan(1e-6);
        });
      });
    });
});

test('what only moves elements has no operations, and equal work is done once', async () => {
  const backend = new StraightLineBackend();
  const operationsOf = async (input: TensorSpec, f: (x: Value) => Value) => {
    await run(backend, {
      program: only(input, f),
      data: [new Float64Array(sizeOf(input.shape))],
      sharing: [],
      times: 1,
    });
    return backend.operations;
  };
  const x = { shape: [3, 5], dtype: 'float32' } as const;
  expect(await operationsOf(x, (a) => flip(concatenate([transpose(a), fill(2, [5, 1])]), 0))).toBe(0);
  expect(await operationsOf(x, (a) => mul(a, a))).toBe(15);
  expect(await operationsOf({ shape: [1], dtype: 'float32' }, (a) => exp(add(fill(1, [8]), a)))).toBe(2);
});

test('nothing behind an output is written', async () => {
  for (const dtype of ['float32', 'float64', 'int32', 'bool', 'uint8'] as const)
    for (let n = 0; n < 9; n++) {
      const backend = new StraightLineBackend();
      const program = only({ shape: [n], dtype }, (x) => flip(x));
      const to = backend.allocate({ shape: [n], dtype });
      const from = backend.allocate({ shape: [n], dtype });
      const behind = backend.behind(to);
      behind.fill(77);
      backend.write(
        from,
        typed(
          dtype,
          Array.from({ length: n }, (_, i) => i % 2),
        ),
      );
      (await backend.compile(program)).bind([from], [to]).run(3);
      expect(Array.from(await backend.read(to))).toEqual(
        Array.from({ length: n }, (_, i) => (n - 1 - i) % 2),
      );
      expect(behind.every((byte) => byte === 77)).toBe(true);
    }
});

test('two inputs in one buffer, which the output takes', async () => {
  const backend = new StraightLineBackend();
  const spec = { shape: [5], dtype: 'float64' } as const;
  const [x, y] = [placeholder(spec, 'x'), placeholder(spec, 'y')];
  const buffer = backend.allocate(spec);
  backend.write(buffer, Float64Array.of(1, 2, 3, 4, 5));
  (await backend.compile(trace([x, y], [add(x, flip(y))]))).bind([buffer, buffer], [buffer]).run(3);
  expect(Array.from(await backend.read(buffer))).toEqual([24, 24, 24, 24, 24]);
});

test('no step at all changes nothing', async () => {
  const backend = new StraightLineBackend();
  const x = backend.allocate({ shape: [1], dtype: 'float32' });
  const binding = (await backend.compile(only(x.spec, (a) => add(a, 1)))).bind([x], [x]);
  binding.run(0);
  expect(Array.from(await backend.read(x))).toEqual([0]);
  binding.run(2500);
  expect(Array.from(await backend.read(x))).toEqual([2500]);
});

describe('refused', () => {
  const refusal = 'a Program that is no straight line';
  const bind = async (program: Program, limit?: number) => {
    const backend = new StraightLineBackend(limit === undefined ? {} : { limit });
    const [inputs, outputs] = [program.inputs, program.outputs.map((value) => specOf(program, value))];
    return (await backend.compile(program)).bind(
      inputs.map((spec) => backend.allocate(spec)),
      outputs.map((spec) => backend.allocate(spec)),
    );
  };

  test('more code than the limit', async () => {
    const twice = (x: Value) => mul(x, x);
    await expect(bind(only({ shape: [4], dtype: 'float32' }, twice), 15)).resolves.toBeDefined();
    await expect(bind(only({ shape: [8], dtype: 'float32' }, twice), 15)).rejects.toThrow(refusal);
    const exponentials = (n: number) => only({ shape: [n], dtype: 'float32' }, (x) => sum(exp(x)));
    await expect(bind(exponentials(64))).resolves.toBeDefined();
    await expect(bind(exponentials(10_000))).rejects.toThrow(refusal);
  });

  test('more elements than a straight line can name, at once', async () => {
    const large = { shape: [3000, 3000], dtype: 'float32' } as const;
    const start = performance.now();
    await expect(bind(only(large, (x) => transpose(x)))).rejects.toThrow(refusal);
    await expect(bind(only(large, (x) => matmul(x, x)))).rejects.toThrow(refusal);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test("a plugin's primitive, whatever its name", async () => {
    for (const kind of ['elementwise', 'reduction'] as const) {
      const twice: Primitive<readonly [Value], Readonly<Record<string, never>>, Value> = {
        kind,
        name: kind === 'elementwise' ? 'neg' : 'sum',
        infer: ([x]) => x,
        evaluate: ([x], [output]) => output.data.set(x.data.map((a) => 2 * a)),
      };
      const program = only({ shape: [2], dtype: 'float32' }, (x) => applyPrimitive(twice, [x], {}));
      await expect(bind(program)).rejects.toThrow(refusal);
    }
  });
});
