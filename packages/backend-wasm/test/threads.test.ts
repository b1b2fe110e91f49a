import { execFileSync } from 'node:child_process';
import {
  add,
  type Backend,
  compile,
  exp,
  gradient,
  matmul,
  mul,
  placeholder,
  RandomStream,
  softmax,
  sub,
  sum,
  tanh,
  trace,
  transpose,
  type Value,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { wasm } from '../src/index.ts';

const random = RandomStream.of(9, 'threads');
const drawn = (n: number) => Float32Array.from({ length: n }, () => random.normal());
const specs = [
  { shape: [67, 130], dtype: 'float32' },
  { shape: [130, 45], dtype: 'float32' },
  { shape: [67, 45], dtype: 'float32' },
] as const;
const numbers = specs.map(({ shape: [rows, columns] }) => drawn(rows * columns));

/** A step with products, sums along rows and columns, flat loops, a donated output and one that is not. */
function stepOf(x: Value, w: Value, t: Value): Value[] {
  const y = softmax(tanh(matmul(x, w)));
  const loss = sum(mul(sub(y, t), sub(y, t)));
  const [slope = w] = gradient(loss, [w]);
  return [sub(w, mul(slope, 0.05)), loss, sum(exp(transpose(y)), { axis: 0 })];
}

async function trained(backend: Backend, calls: number): Promise<number[]> {
  const values = specs.map((spec, i) => placeholder(spec, `input ${i}`));
  const [x, w, t] = values;
  if (x === undefined || w === undefined || t === undefined) return [];
  const outputs = stepOf(x, w, t);
  const executable = await backend.compile(trace(values, outputs));
  const inputs = specs.map((spec) => backend.allocate(spec));
  const made = outputs.map(({ spec }, i) => (i === 0 ? inputs[1] : undefined) ?? backend.allocate(spec));
  inputs.forEach((buffer, i) => {
    backend.write(buffer, numbers[i] ?? new Float32Array());
  });
  const binding = executable.bind(inputs, made);
  for (let call = 0; call < calls; call++) {
    binding.run(3);
    // The workers get to their messages while the event loop has a turn.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const read = await Promise.all(made.map((buffer) => backend.read(buffer)));
  return read.flatMap((data) => [...new Uint32Array(Float32Array.from(data).buffer)]);
}

describe('threads', () => {
  test.each([2, 3])('%i threads give the bits of one', async (threads) => {
    const [one, many] = [wasm(), wasm({ threads })];
    expect(await trained(many, 40)).toEqual(await trained(one, 40));
    // Twice in one process, with the workers awake.
    expect(await trained(many, 10)).toEqual(await trained(one, 10));
    many.dispose();
  });

  test('they do take part', async () => {
    const backend = wasm({ threads: 2 });
    await trained(backend, 40);
    expect(backend.sharedCalls).toBeGreaterThan(0);
    backend.dispose();
  });

  test('explain says how many there are', async () => {
    const x = placeholder({ shape: [2], dtype: 'float32' }, 'x');
    const backend = wasm({ threads: 2 });
    expect(backend.explain(trace([x], [exp(x)]))).toMatch(/^2 threads\n/);
    expect(wasm().explain(trace([x], [exp(x)]))).toMatch(/^1 thread\n/);
    backend.dispose();
  });

  test('a number of threads is a whole number', () => {
    expect(() => wasm({ threads: 0 })).toThrow(/expected a whole number from 1 to 128, got 0 threads/);
    expect(() => wasm({ threads: 1.5 })).toThrow(/got 1.5 threads/);
  });

  test('a program ends by itself while they wait', () => {
    const source = new URL('../src/index.ts', import.meta.url).pathname;
    const core = new URL('../../core/src/index.ts', import.meta.url).pathname;
    const script = `
      import { wasm } from ${JSON.stringify(source)};
      import { compile, matmul, tanh } from ${JSON.stringify(core)};
      const f = await compile((x) => tanh(matmul(x, x)), { inputs: [[80, 80]], backend: wasm({ threads: 2 }) });
      for (let i = 0; i < 5; i++) await f({ shape: [80, 80], data: new Float32Array(6400).fill(0.01) });
      await new Promise((resolve) => setTimeout(resolve, 100));
      console.log('done');`;
    const root = new URL('../../..', import.meta.url).pathname;
    const arguments_ = [
      '--import',
      'tsx',
      '--conditions=@pullback/source',
      '--input-type=module',
      '-e',
      script,
    ];
    const out = execFileSync(process.execPath, arguments_, {
      cwd: root,
      encoding: 'utf8',
      timeout: 25_000,
      env: { ...process.env, TSX_TSCONFIG_PATH: `${root}tsconfig.base.json` },
    });
    expect(out.trim()).toBe('done');
  });
});

test('deterministic results use no relaxed instruction', async () => {
  const f = (x: Value) => tanh(matmul(x, add(x, 1)));
  const inputs = [[64, 64]];
  const x = { shape: [64, 64], data: drawn(4096) };
  const run = await compile(f, { inputs, backend: wasm({ deterministic: true }) });
  const again = await compile(f, { inputs, backend: wasm({ deterministic: true, threads: 2 }) });
  const [[first], [second]] = [await run(x), await again(x)];
  expect(second?.data).toEqual(first?.data);
});
