import { cpu } from '@pullback/backend-cpu';
import { kernelsFor, planFor } from '@pullback/compiler';
import * as core from '@pullback/core';
import { type Program, placeholder, trace, type Value } from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { exportProgram } from '../src/export.ts';
import { wasm } from '../src/wasm-backend.ts';
import { build, writers } from './built.ts';
import { DividingBackend, KernelsBackend } from './kernels-backend.ts';

const [batch, width] = [5, 7];

/** A step of gradient descent through `n` equal layers, each followed by a softmax. */
function descent(n: number, dtype: 'float32' | 'float64' = 'float64'): Program {
  const input = (shape: readonly number[], name: string) => placeholder({ shape, dtype }, name);
  const x = input([batch, width], 'x');
  const weights = Array.from({ length: n }, (_, i) => input([width, width], `kernel${i}`));
  const biases = Array.from({ length: n }, (_, i) => input([width], `bias${i}`));
  const y = weights.reduce<Value>(
    (h, w, i) => core.softmax(core.tanh(core.add(core.matmul(h, w), biases[i] ?? x))),
    x,
  );
  const all = [...weights, ...biases];
  const slopes = core.gradient(core.sum(core.square(y)), all);
  const after = slopes.map((slope, i) => core.sub(all[i] ?? x, core.mul(0.5, slope)));
  return trace([x, ...all], [y, ...after]);
}

/** Inputs that differ everywhere, and what they are after some steps in place. */
async function trained(backend: core.Backend, program: Program, steps: number): Promise<number[][]> {
  const executable = await backend.compile(program);
  const inputs = program.inputs.map((spec, i) => {
    const buffer = backend.allocate(spec);
    const data = Float64Array.from({ length: core.sizeOf(spec.shape) }, (_, k) => Math.sin(1 + k + 13 * i));
    backend.write(buffer, spec.dtype === 'float64' ? data : Float32Array.from(data));
    return buffer;
  });
  const [x, ...weights] = inputs;
  const y = backend.allocate({ shape: [batch, width], dtype: x?.spec.dtype ?? 'float64' });
  executable.bind(inputs, [y, ...weights]).run(steps);
  return Promise.all([y, ...weights].map(async (buffer) => [...(await backend.read(buffer))]));
}

describe('kernels that are equal but for their buffers are one function', () => {
  const built = (n: number) => build(planFor(kernelsFor(descent(n)), []), { relaxed: false });

  test('20 more layers are no more functions, and a few bytes a kernel', () => {
    const [some, more] = [built(20), built(40)];
    const kernels = (n: number) => planFor(kernelsFor(descent(n))).kernels.length;
    const perKernel = (more.bytes.length - some.bytes.length) / (kernels(40) - kernels(20));
    expect(perKernel).toBeLessThan(32);
  });
  test('each finds its own buffers: three steps are those of the reference, bit for bit', async () => {
    const program = descent(12);
    expect(await trained(wasm(), program, 3)).toEqual(await trained(cpu(), program, 3));
  });
  test('and so do several threads, in float32', { timeout: 60_000 }, async () => {
    const program = descent(12, 'float32');
    const backend = new DividingBackend(2);
    const expected = await trained(new KernelsBackend(), program, 3);
    await expect
      .poll(
        async () => {
          expect(await trained(backend, program, 3)).toEqual(expected);
          return backend.sharedCalls;
        },
        { timeout: 30_000 },
      )
      .toBeGreaterThan(0);
    backend.dispose();
  });
  test('and an exported module, which carries the table', async () => {
    const program = descent(12);
    const names = program.inputs.map((_, i) => ({
      name: `v${i}`,
      data: Float64Array.from({ length: core.sizeOf(program.inputs[i]?.shape ?? []) }, (_, k) =>
        Math.sin(1 + k + 13 * i),
      ),
    }));
    const outputs = ['y', ...names.slice(1).map(({ name }) => name)];
    const { code } = exportProgram(program, { inputs: names, outputs }, { deterministic: true }, writers);
    const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(code));
    const [section] = WebAssembly.Module.customSections(await WebAssembly.compile(code), 'pullback');
    const described = JSON.parse(new TextDecoder().decode(section)) as {
      readonly outputs: readonly { readonly address: number; readonly shape: readonly number[] }[];
    };
    (exports['run'] as (times: number) => void)(3);
    const { buffer } = exports['memory'] as WebAssembly.Memory;
    const read = described.outputs.map(({ address, shape }) => [
      ...new Float64Array(buffer, address, core.sizeOf(shape)),
    ]);
    expect(read).toEqual(await trained(cpu(), program, 3));
  });
  test('regions of one buffer count as buffers: more steps of a sequence are no more functions', async () => {
    const unrolled = (steps: number): Program => {
      const [x, u] = [
        placeholder({ shape: [steps, 3, 5], dtype: 'float64' }, 'x'),
        placeholder({ shape: [5, 5], dtype: 'float64' }, 'u'),
      ];
      const at = (t: number) => core.reshape(core.slice(x, [t], [t + 1]), [3, 5]);
      const states = [core.tanh(at(0))];
      for (let t = 1; t < steps; t++)
        states.push(core.tanh(core.add(core.matmul(states[t - 1] ?? x, u), at(t))));
      const y = core.stack(states);
      return trace([x, u], [y, ...core.gradient(core.sum(core.square(y)), [x, u])]);
    };
    const different = async (n: number) =>
      / kernels \((\d+) different\)/.exec(await wasm().explain(unrolled(n)))?.[1];
    expect(await different(40)).toBe(await different(20));
    const program = unrolled(12);
    const results = async (backend: core.Backend) => {
      const inputs = program.inputs.map((spec, i) => {
        const buffer = backend.allocate(spec);
        backend.write(
          buffer,
          Float64Array.from({ length: core.sizeOf(spec.shape) }, (_, k) => Math.sin(k + i)),
        );
        return buffer;
      });
      const outputs = [
        [12, 3, 5],
        [12, 3, 5],
        [5, 5],
      ].map((shape) => backend.allocate({ shape, dtype: 'float64' }));
      (await backend.compile(program)).bind(inputs, outputs).run();
      return Promise.all(outputs.map(async (buffer) => [...(await backend.read(buffer))]));
    };
    expect(await results(wasm())).toEqual(await results(cpu()));
  });
  test('explain names them once', async () => {
    const text = await wasm().explain(descent(12));
    const [kernels = 0, different = 0] = (/(\d+) kernels \((\d+) different\)/.exec(text) ?? [])
      .slice(1)
      .map(Number);
    expect(text.match(/^\d+\. /gm)).toHaveLength(different);
    const times = [...text.matchAll(/^ {2}(?:x (\d+), each )?.*flop/gm)].map(([, n = 1]) => Number(n));
    expect(times.reduce((sum, n) => sum + n)).toBe(kernels);
    expect(different).toBeLessThan(20);
    expect(text).toMatch(/x 11, each/);
  });
});

test('kernels that differ in a number alone are not taken for one another', async () => {
  const numbers = [0, -0, Number.NaN, Infinity, -Infinity, 1, 2, 1e-300];
  const shape = [2, 2];
  const inputs = numbers.map((_, i) => placeholder({ shape, dtype: 'float64' }, `x${i}`));
  const outputs = inputs.map((x, i) => core.div(core.matmul(x, x), numbers[i] ?? x));
  const program = trace(inputs, outputs);
  expect(planFor(kernelsFor(program)).kernels).toHaveLength(numbers.length);
  const run = async (backend: core.Backend) => {
    const given = program.inputs.map((spec) => backend.allocate(spec));
    for (const [i, buffer] of given.entries()) backend.write(buffer, Float64Array.of(i, -2, 3, 4));
    const made = program.inputs.map((spec) => backend.allocate(spec));
    (await backend.compile(program)).bind(given, made).run();
    return Promise.all(made.map(async (buffer) => [...(await backend.read(buffer))]));
  };
  expect(await run(new KernelsBackend())).toEqual(await run(cpu()));
});
