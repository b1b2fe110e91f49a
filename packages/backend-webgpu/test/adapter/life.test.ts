import { cpu } from '@pullback/backend-cpu';
import * as core from '@pullback/core';
import {
  applyPrimitive,
  DisposedError,
  type Primitive,
  placeholder,
  ShapeError,
  trace,
  UnsupportedError,
  type Value,
} from '@pullback/core';
import { dense, sequential, tanh } from '@pullback/layers';
import { meanSquaredError } from '@pullback/losses';
import { adam } from '@pullback/optimizers';
import { Model } from '@pullback/train';
import { expect, test } from 'vitest';
import { DeviceLostError, findAdapter, ShaderError, type WebGpuBackend, webgpu } from '../../src/index.ts';
import { open } from './open.ts';
import { farthest, floats, meant, run } from './run.ts';

const x = placeholder({ shape: [2, 3], dtype: 'float32' }, 'x');

async function ownDevice(): Promise<GPUDevice> {
  (await open()).dispose();
  const adapter = await findAdapter();
  if (adapter === undefined) throw new Error('no adapter');
  return adapter.requestDevice();
}

/** f of the elements of x, as a plugin would bring it. */
function plugin(name: string, scalar: (x: number) => number): (x: Value) => Value {
  const primitive: Primitive<readonly [Value], Readonly<Record<string, never>>, Value> = {
    kind: 'elementwise',
    name,
    infer: ([input]) => input,
    evaluate: ([input], [output]) => {
      for (let i = 0; i < output.data.length; i++) output.data[i] = scalar(input.data[i] ?? 0);
    },
  };
  return (value) => applyPrimitive(primitive, [value], {});
}

/** As `plugin`, with a formula. */
function formulaic(name: string, f: (x: core.Scalar) => core.Scalar): (x: Value) => Value {
  const primitive = core.elementsPrimitive<readonly [Value], Readonly<Record<string, never>>>(name, {
    infer: ([input]) => input,
    formula: ([input = core.scalar.number(0, 'float32')]) => f(input),
  });
  return (value) => applyPrimitive(primitive, [value], {});
}

test('the adapter is told, and a software one says so', async () => {
  const backend = await open();
  const { software, vendor } = backend.adapter;
  expect(typeof vendor).toBe('string');
  expect(backend.software).toBe(software);
  if (/swiftshader/i.test(`${vendor} ${backend.adapter.architecture}`)) expect(software).toBe(true);
  backend.dispose();
});

test('float64 is refused with the backends that have it', async () => {
  const backend = await open();
  const spec = { shape: [2], dtype: 'float64' } as const;
  expect(() => backend.allocate(spec)).toThrow(/float64 on the webgpu backend[\s\S]*'cpu' and 'wasm'/);
  const wide = placeholder(spec, 'x');
  await expect(backend.compile(trace([wide], [core.exp(wide)]))).rejects.toThrow(UnsupportedError);
  backend.dispose();
});

test('a primitive without a kernel is refused by name, path, shapes and backend', async () => {
  const backend = await open();
  const cube = plugin('cube', (v) => v ** 3);
  const program = trace([x], [core.within('head', () => cube(x))]);
  await expect(backend.compile(program)).rejects.toThrow(UnsupportedError);
  await expect(backend.compile(program)).rejects.toThrow(
    /'cube' of \[2, 3\] to float32\[2, 3\] on the webgpu backend[\s\S]*head[\s\S]*fallback/,
  );
  backend.dispose();
});

test("with fallback: 'cpu' it is its evaluate, whatever it is declared as, of every dtype", async () => {
  const backend = await webgpu({ device: await ownDevice(), fallback: 'cpu' });
  for (const kind of ['elementwise', 'movement', 'identity', 'reduction', 'generator'] as const) {
    const more: Primitive<readonly [Value], Readonly<Record<string, never>>, Value> = {
      kind,
      name: 'more',
      infer: ([input]) => input,
      evaluate: ([input], [output]) => {
        for (let i = 0; i < output.data.length; i++)
          output.data[i] = input.dtype === 'bool' ? 1 : 2 * (input.data[i] ?? 0) + 1;
      },
    };
    for (const dtype of ['float32', 'int32', 'uint8', 'bool'] as const) {
      const value = placeholder({ shape: [3], dtype }, 'v');
      const result = core.flip(applyPrimitive(more, [core.flip(value, 0)], {}), 0);
      const executable = await backend.compile(trace([value], [result]));
      const [from, to] = [backend.allocate(value.spec), backend.allocate(value.spec)];
      backend.write(from, Uint8Array.of(0, 1, 1));
      executable.bind([from], [to]).run();
      expect([...(await backend.read(to))], `${kind} of ${dtype}`).toEqual(
        dtype === 'bool' ? [1, 1, 1] : [1, 3, 3],
      );
    }
  }
  backend.dispose();
});

test('a plugin brings its formula, and is fused like any other', async () => {
  const backend = await open();
  const cube = formulaic('cube', (v) => core.scalar.mul(v, core.scalar.mul(v, v)));
  const graph = (v: Value) => [core.add(core.sum(cube(core.mul(v, 2)), { axis: 1 }), 1)];
  const given = [floats([4, 5])];
  const one = (v: Value | undefined) => graph(v ?? x);
  expect(farthest((await run(backend, given, one))[0] ?? [], meant(given, one)[0] ?? [])).toBeLessThan(1e-6);
  backend.dispose();
});

test('WGSL that the device refuses is an error that names the kernel and where it comes from, at the next read', async () => {
  const backend = await open();
  // Shifts by more than the width of a number are refused by WGSL.
  const { cast, shl } = core.scalar;
  const wrong = formulaic('wrong', (v) => cast(shl(cast(v, 'int32'), 40), 'float32'));
  const executable = await backend.compile(trace([x], [core.within('head', () => wrong(x))]));
  const [from, to] = [backend.allocate(x.spec), backend.allocate(x.spec)];
  executable.bind([from], [to]).run();
  const read = backend.read(to);
  await expect(read).rejects.toThrow(ShaderError);
  await expect(read).rejects.toThrow(/'wrong'[\s\S]*40u[\s\S]*head/);
  // Once: the backend itself is well.
  expect(Array.from(await backend.read(from))).toEqual([0, 0, 0, 0, 0, 0]);
  backend.dispose();
});

test("with fallback: 'cpu' it runs on the host, between kernels, and explain says what is copied", async () => {
  const backend = await webgpu({ device: await ownDevice(), fallback: 'cpu' });
  const cube = plugin('cube', (v) => v ** 3);
  const graph = (v: Value | undefined) => {
    const cubes = cube(core.mul(v ?? x, 2));
    return [core.sum(cubes, { axis: 0 }), core.add(cubes, 1), core.less(cube(cubes), 1)];
  };
  const given = [floats([4, 5])];
  const [got, wanted] = [await run(backend, given, graph, 2), meant(given, graph)];
  got.forEach((numbers, i) => {
    expect(farthest(numbers, wanted[i] ?? [])).toBeLessThan(1e-6);
  });
  const value = placeholder({ shape: [4, 5], dtype: 'float32' }, 'v');
  const executable = await backend.compile(trace([value], graph(value)));
  const made = graph(value).map(({ spec }) => backend.allocate(spec));
  const binding = executable.bind([backend.allocate(value.spec)], made);
  expect('explain' in binding && typeof binding.explain === 'function' && binding.explain()).toMatch(
    /on the host, operands and results copied: cube/,
  );
  backend.dispose();
});

test('what was disposed refuses, buffers of others too', async () => {
  const backend = await open();
  const buffer = backend.allocate(x.spec);
  expect(() => backend.write(buffer, new Float32Array(5))).toThrow(ShapeError);
  expect(() => backend.write({ spec: x.spec }, new Float32Array(6))).toThrow(DisposedError);
  const executable = await backend.compile(trace([x], [core.exp(x)]));
  const binding = executable.bind([buffer], [buffer]);
  binding.run();
  binding.dispose?.();
  expect(() => binding.run()).toThrow(DisposedError);
  expect(backend.statistics()).toMatchObject({ buffers: 1, bytes: 24, programs: 1, bindings: 0, calls: 1 });
  backend.dispose();
  expect(() => backend.allocate(x.spec)).toThrow(DisposedError);
  await expect(backend.read(buffer)).rejects.toThrow(DisposedError);
  backend.dispose();
});

test('a device of the user stays when the backend goes', async () => {
  const device = await ownDevice();
  let lost = false;
  device.lost.then(() => {
    lost = true;
  });
  const backend = await webgpu({ device });
  backend.allocate(x.spec);
  backend.dispose();
  await device.queue.onSubmittedWorkDone();
  expect(lost).toBe(false);
  const again = await webgpu({ device });
  expect(Array.from(await again.read(again.allocate(x.spec)))).toEqual([0, 0, 0, 0, 0, 0]);
  device.destroy();
});

test('a lost device is said with its reason, and training goes on elsewhere from the last copy', async () => {
  const device = await ownDevice();
  const backend: WebGpuBackend = await webgpu({ device });
  const samples = floats([16, 3]);
  const targets = floats([16, 2], 1);
  const options = {
    network: sequential(dense(5), tanh(), dense(2)),
    input: [3],
    loss: meanSquaredError(),
    optimizer: adam({ learningRate: 0.01 }),
    seed: 3,
  };
  const batch = { x: samples, y: targets };
  const model = await Model.create({ ...options, backend });
  model.step(batch, { times: 10 });
  const chunks: Uint8Array[] = [];
  const file = () => new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk) });
  await model.save(file());
  const pending = backend.read(backend.allocate(x.spec));
  await pending;
  device.destroy();
  const error = await backend.lost;
  expect(error).toBeInstanceOf(DeviceLostError);
  expect(error.message).toMatch(/lost \(destroyed\)[\s\S]*checkpoint/);
  expect(() => backend.allocate(x.spec)).toThrow(DeviceLostError);
  await expect(model.weights()).rejects.toThrow(DeviceLostError);

  const bytes = new Uint8Array(chunks.reduce((n, { length }) => n + length, 0));
  chunks.reduce((at, chunk) => {
    bytes.set(chunk, at);
    return at + chunk.length;
  }, 0);
  const next = await Model.load(bytes, { ...options, backend: cpu() });
  next.step(batch, { times: 10 });
  const whole = await Model.create({ ...options, backend: cpu() });
  whole.step(batch, { times: 20 });
  const [a, b] = [await next.weights(), await whole.weights()];
  for (const [path, { data }] of Object.entries(b))
    expect(farthest(Array.from(a[path]?.data ?? []), Array.from(data)), path).toBeLessThan(1e-4);
  expect(next.stepCount).toBe(20);
}, 60_000);
