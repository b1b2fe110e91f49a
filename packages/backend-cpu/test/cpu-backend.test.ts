import { cpu } from '@pullback/backend-cpu';
import {
  DisposedError,
  exp,
  gradient,
  matmul,
  mul,
  placeholder,
  ShapeError,
  sub,
  sum,
  trace,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';

const pair = { shape: [2], dtype: 'float64' } as const;

test('W <- W - eta grad E in place: each of three runs halves the distance to the target', async () => {
  const backend = cpu();
  const [w, target] = [placeholder(pair, 'w'), placeholder(pair, 'target')];
  const distance = sub(w, target);
  const [dw = w] = gradient(mul(sum(mul(distance, distance)), 0.5), [w]);
  const executable = await backend.compile(trace([w, target], [sub(w, mul(dw, 0.5))]));
  const [weights, targets] = [backend.allocate(pair), backend.allocate(pair)];
  backend.write(targets, Float64Array.of(8, -16));
  executable.bind([weights, targets], [weights]).run(3);
  expect([...(await backend.read(weights))]).toEqual([7, -14]);
});

test('two inputs exchanged by their outputs', async () => {
  const backend = cpu();
  const [a, b] = [placeholder(pair, 'a'), placeholder(pair, 'b')];
  const [first, second] = [backend.allocate(pair), backend.allocate(pair)];
  backend.write(first, Float64Array.of(1, 2));
  backend.write(second, Float64Array.of(3, 4));
  const executable = await backend.compile(trace([a, b], [b, a]));
  executable.bind([first, second], [first, second]).run();
  expect([[...(await backend.read(first))], [...(await backend.read(second))]]).toEqual([
    [3, 4],
    [1, 2],
  ]);
});

test('float32 is rounded at every op', async () => {
  const backend = cpu();
  const spec = { shape: [1], dtype: 'float32' } as const;
  const x = placeholder(spec, 'x');
  const [input, output] = [backend.allocate(spec), backend.allocate(spec)];
  backend.write(input, Float32Array.of(0.1));
  (await backend.compile(trace([x], [mul(exp(x), exp(x))]))).bind([input], [output]).run();
  const once = Math.fround(Math.exp(Math.fround(0.1)));
  expect((await backend.read(output))[0]).toBe(Math.fround(once * once));
});

test('an empty matrix product is a matrix of zeros', async () => {
  const backend = cpu();
  const a = placeholder({ shape: [2, 0], dtype: 'float32' }, 'a');
  const b = placeholder({ shape: [0, 3], dtype: 'float32' }, 'b');
  const output = backend.allocate({ shape: [2, 3], dtype: 'float32' });
  backend.write(output, new Float32Array(6).fill(7));
  (await backend.compile(trace([a, b], [matmul(a, b)])))
    .bind([backend.allocate(a.spec), backend.allocate(b.spec)], [output])
    .run();
  expect([...(await backend.read(output))]).toEqual([0, 0, 0, 0, 0, 0]);
});

test('a freed or foreign buffer and a wrong length are refused', () => {
  const backend = cpu();
  const buffer = backend.allocate(pair);
  expect(() => backend.write(buffer, new Float64Array(3))).toThrow(ShapeError);
  expect(() => cpu().write(buffer, new Float64Array(2))).toThrow(DisposedError);
  backend.free(buffer);
  expect(() => backend.write(buffer, new Float64Array(2))).toThrow(DisposedError);
});

describe('statistics and dispose', () => {
  const x = placeholder(pair, 'x');
  const program = trace([x], [exp(x)]);

  test('count what is held, and what was ever done', async () => {
    const backend = cpu();
    const [from, to] = [backend.allocate(pair), backend.allocate({ shape: [2], dtype: 'uint8' })];
    backend.free(to);
    backend.free(to);
    const result = backend.allocate(pair);
    const executable = await backend.compile(program);
    const binding = executable.bind([from], [result]);
    binding.run(3);
    binding.run();
    expect(backend.statistics()).toEqual({
      buffers: 2,
      bytes: 32,
      programs: 1,
      bindings: 1,
      allocations: 3,
      calls: 2,
    });
    executable.bind([from], [result]);
    binding.dispose?.();
    binding.dispose?.();
    expect(backend.statistics()).toMatchObject({ programs: 1, bindings: 1 });
    expect(() => binding.run()).toThrow(DisposedError);
    executable.dispose?.();
    executable.dispose?.();
    expect(backend.statistics()).toMatchObject({ buffers: 2, programs: 0, bindings: 0 });
  });

  test('a disposed executable makes no bindings, and those that it made do not run', async () => {
    const backend = cpu();
    const [from, to] = [backend.allocate(pair), backend.allocate(pair)];
    const executable = await backend.compile(program);
    const binding = executable.bind([from], [to]);
    executable.dispose?.();
    expect(() => binding.run()).toThrow(DisposedError);
    expect(() => executable.bind([from], [to])).toThrow(DisposedError);
  });

  test('a disposed backend holds nothing and refuses every call', async () => {
    const backend = cpu();
    const [from, to] = [backend.allocate(pair), backend.allocate(pair)];
    const executable = await backend.compile(program);
    const binding = executable.bind([from], [to]);
    backend.dispose();
    backend.dispose();
    expect(backend.statistics()).toMatchObject({ buffers: 0, bytes: 0, programs: 0, bindings: 0 });
    for (const call of [
      () => backend.allocate(pair),
      () => backend.write(from, Float64Array.of(1, 2)),
      () => executable.bind([from], [to]),
      () => binding.run(),
    ])
      expect(call).toThrow(DisposedError);
    await expect(backend.read(from)).rejects.toThrow(DisposedError);
    await expect(backend.compile(program)).rejects.toThrow(DisposedError);
    backend.free(from);
    executable.dispose?.();
    binding.dispose?.();
    expect(backend.statistics()).toMatchObject({ buffers: 0, programs: 0, bindings: 0 });
  });
});
