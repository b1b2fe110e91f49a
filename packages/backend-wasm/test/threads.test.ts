import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
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
  slice,
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
import { DividingBackend } from './kernels-backend.ts';

const random = RandomStream.of(9, 'threads');
const drawn = (n: number) => Float32Array.from({ length: n }, () => random.normal());
const specs = [
  { shape: [67, 130], dtype: 'float32' },
  { shape: [130, 45], dtype: 'float32' },
  { shape: [67, 45], dtype: 'float32' },
] as const;
const numbers = specs.map(({ shape: [rows, columns] }) => drawn(rows * columns));

/** A step with products, sums along rows and columns, short rows, what is turned round, flat loops, a donated output and one that is not. */
function stepOf(x: Value, w: Value, t: Value): Value[] {
  const y = softmax(tanh(matmul(x, w)));
  const loss = sum(mul(sub(y, t), sub(y, t)));
  const [slope = w] = gradient(loss, [w]);
  const turned = mul(transpose(x), 2);
  return [
    sub(w, mul(slope, 0.05)),
    loss,
    sum(exp(transpose(y)), { axis: 0 }),
    turned,
    softmax(slice(x, [0, 0], [67, 9])),
  ];
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

const file = (path: string) => new URL(path, import.meta.url).pathname;

/** What a script prints, run from source in a process of its own. */
function run(script: string): string {
  const root = file('../../..');
  const flags = ['--import', 'tsx', '--conditions=@pullback/source', '--input-type=module', '-e', script];
  return execFileSync(process.execPath, flags, {
    cwd: root,
    encoding: 'utf8',
    timeout: 50_000,
    env: { ...process.env, TSX_TSCONFIG_PATH: `${root}tsconfig.base.json` },
  }).trim();
}

/** Where the system tells it; 0 elsewhere. */
function threadsOfProcess(): number {
  const status = '/proc/self/status';
  return existsSync(status) ? Number(/Threads:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1]) : 0;
}

/** Until it is so, however busy the machine is. */
const pollAlways = { interval: 1, timeout: 50_000 };

describe('threads', () => {
  test.each([2, 3])('%i threads give the bits of one', async (threads) => {
    const [one, many] = [wasm({ deterministic: true }), new DividingBackend(threads)];
    expect(await trained(many, 40)).toEqual(await trained(one, 40));
    // Twice in one process, with the workers awake.
    expect(await trained(many, 10)).toEqual(await trained(one, 10));
    many.dispose();
  });

  test('they do take part, once a binding has run for a quarter of a second', {
    timeout: 60_000,
  }, async () => {
    const backend = wasm({ threads: 2 });
    const before = threadsOfProcess();
    const f = await compile((x) => tanh(matmul(x, x)), { inputs: [[300, 300]], backend });
    const x = { shape: [300, 300], data: drawn(90_000) };
    await f(x);
    // Those of the tests before may still be ending.
    expect(threadsOfProcess()).toBeLessThanOrEqual(before);
    await expect.poll(() => f(x).then(() => backend.sharedCalls), pollAlways).toBeGreaterThan(0);
    backend.dispose();
  });

  test('a narrow Program has none', async () => {
    const f = (x: Value) => softmax(tanh(matmul(x, x)));
    const x = placeholder({ shape: [8, 8], dtype: 'float32' }, 'x');
    const backend = wasm({ threads: 2 });
    expect(await backend.explain(trace([x], [f(x)]))).toMatch(
      /^1 thread of 2: no kernel is worth dividing\n/,
    );
    backend.dispose();
  });

  test('backends share the workers of the process, and the last one ends them', {
    timeout: 60_000,
  }, async () => {
    const count = threadsOfProcess();
    const backends = Array.from({ length: 5 }, () => new DividingBackend(3));
    for (const backend of backends) await trained(backend, 10);
    // Two workers, and what Node itself runs beside a first one.
    expect(threadsOfProcess() - count).toBeLessThan(2 * 4);
    for (const backend of backends) backend.dispose();
    await expect.poll(threadsOfProcess, pollAlways).toBeLessThanOrEqual(count);
  });

  test('models that nobody holds any more leave nothing behind', { timeout: 60_000 }, () => {
    const lines = run(`
      import { readFileSync } from 'node:fs';
      import { setFlagsFromString } from 'node:v8';
      import { runInNewContext } from 'node:vm';
      import { DividingBackend } from ${JSON.stringify(file('./kernels-backend.ts'))};
      import { compile, matmul, tanh } from ${JSON.stringify(file('../../core/src/index.ts'))};
      setFlagsFromString('--expose-gc');
      const gc = runInNewContext('gc');
      const threads = () => Number(/Threads:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
      const before = threads();
      const use = async () => {
        const f = await compile((x) => tanh(matmul(x, x)), { inputs: [[80, 80]], backend: new DividingBackend(2) });
        await f({ shape: [80, 80], data: new Float32Array(6400).fill(0.01) });
      };
      for (let i = 0; i < 30; i++) await use();
      const during = threads();
      for (let i = 0; i < 100 && threads() > before; i++) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      console.log(during - before, threads() - before);`);
    const [during, after] = lines.split(' ').map(Number);
    expect(during).toBeLessThan(8);
    expect(after).toBeLessThanOrEqual(0);
  });

  test('explain says how many there are', async () => {
    const x = placeholder({ shape: [200, 200], dtype: 'float32' }, 'x');
    const backend = wasm({ threads: 2 });
    expect(await backend.explain(trace([x], [exp(x)]))).toMatch(/^2 threads\n/);
    expect(await wasm().explain(trace([x], [exp(x)]))).toMatch(/^1 thread\n/);
    backend.dispose();
  });

  test('a number of threads is a whole number', () => {
    expect(() => wasm({ threads: 0 })).toThrow(
      /expected a whole number from 1 to 128 as 'threads' of wasm, got 0/,
    );
    expect(() => wasm({ threads: 1.5 })).toThrow(/got 1.5/);
  });

  test('a program ends by itself while they wait', { timeout: 60_000 }, () => {
    const out = run(`
      import { DividingBackend } from ${JSON.stringify(file('./kernels-backend.ts'))};
      import { compile, matmul, tanh } from ${JSON.stringify(file('../../core/src/index.ts'))};
      const f = await compile((x) => tanh(matmul(x, x)), { inputs: [[80, 80]], backend: new DividingBackend(2) });
      for (let i = 0; i < 5; i++) await f({ shape: [80, 80], data: new Float32Array(6400).fill(0.01) });
      await new Promise((resolve) => setTimeout(resolve, 100));
      console.log('done');`);
    expect(out).toBe('done');
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
