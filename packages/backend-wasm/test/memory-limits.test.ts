import { add, compile, exp, placeholder, sum, trace } from '@pullback/core';
import { expect, test } from 'vitest';
import { wasm } from '../src/index.ts';

const gigabyte = 2 ** 28; // float32

test('memory grows to 4 GiB; past that an error names the largest tensors', async () => {
  const backend = wasm();
  const large = backend.allocate({ shape: [3, gigabyte], dtype: 'float32' });
  const small = backend.allocate({ shape: [7], dtype: 'float32' });
  expect(() => backend.allocate({ shape: [2, gigabyte], dtype: 'float32' })).toThrow(
    /2048\.0 MiB for float32\[2, 268435456\] beside 3072\.0 MiB of buffers, the largest float32\[3, 268435456\] \(3072\.0 MiB\), float32\[7\]/,
  );
  // Nothing is left half-done: what fits still does, and addresses above 2 GiB are addresses.
  backend.write(small, Float32Array.of(1, 2, 3, 4, 5, 6, 7));
  const x = placeholder({ shape: [7], dtype: 'float32' }, 'x');
  const executable = await backend.compile(trace([x], [add(x, 1), sum(exp(x))]));
  const outputs = [
    backend.allocate({ shape: [7], dtype: 'float32' }),
    backend.allocate({ shape: [], dtype: 'float32' }),
  ];
  executable.bind([small], outputs).run();
  expect([...(await backend.read(outputs[0] ?? small))]).toEqual([2, 3, 4, 5, 6, 7, 8]);
  backend.free(large);
  expect(backend.statistics().buffers).toBe(3);
});

test('disposal gives everything back, and what is left refuses', async () => {
  const backend = wasm();
  const held = () => {
    const { buffers, bytes, programs, bindings } = backend.statistics();
    return { buffers, bytes, programs, bindings };
  };
  const before = held();
  const x = placeholder({ shape: [300, 40], dtype: 'float32' }, 'x');
  for (let round = 0; round < 3; round++) {
    const executable = await backend.compile(trace([x], [exp(sum(x, { axis: 1 }))]));
    const [from, to] = [backend.allocate(x.spec), backend.allocate({ shape: [300], dtype: 'float32' })];
    const binding = executable.bind([from], [to]);
    binding.run();
    binding.dispose?.();
    binding.dispose?.();
    expect(() => binding.run()).toThrow(/a binding that was disposed of/);
    executable.dispose?.();
    expect(() => executable.bind([from], [to])).toThrow(/an executable that was disposed of/);
    backend.free(from);
    backend.free(to);
    expect(held()).toEqual(before);
  }
  const size = backend.memory.memory.buffer.byteLength;
  for (let round = 0; round < 200; round++) backend.free(backend.allocate(x.spec));
  expect(backend.memory.memory.buffer.byteLength).toBe(size);
  backend.dispose();
  expect(() => backend.allocate(x.spec)).toThrow(/a wasm backend that was disposed of/);
});

test('a function of Values twice in one process is compiled once a shape', async () => {
  const backend = wasm();
  const f = await compile((x) => exp(x), { inputs: [[3]], backend });
  const g = await compile((x) => exp(x), { inputs: [[3]], backend });
  expect((await f([0, 0, 0]))[0]?.data).toEqual((await g([0, 0, 0]))[0]?.data);
});
