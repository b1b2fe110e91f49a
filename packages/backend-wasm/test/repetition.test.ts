// Repetitions as loops, held bit for bit to the reference in float64.
import { cpu } from '@pullback/backend-cpu';
import { planFor } from '@pullback/compiler';
import type { Value } from '@pullback/core';
import * as core from '@pullback/core';
import { type RepetitionStep, recurrent, repetition, repetitions, runProgram } from '@pullback/testing';
import { expect, test } from 'vitest';
import { exportProgram } from '../src/export.ts';
import { kernelsOn } from '../src/kernels-on.ts';
import { wasm } from '../src/wasm-backend.ts';
import { build, writers } from './built.ts';
import { DividingBackend } from './kernels-backend.ts';

for (const [name, made] of Object.entries(repetitions()))
  test(`${name}: as the reference`, async () => {
    expect(await runProgram(wasm(), made)).toEqual(await runProgram(cpu(), made));
  });

test('what the host alone can compute in a step is written out', async () => {
  const odd: core.Primitive<readonly [Value], Readonly<Record<string, never>>, Value> = {
    kind: 'elementwise',
    name: 'odd',
    infer: ([v]) => v,
    evaluate: ([v], [to]) => to.data.set(v.data.map((a) => 3 * a)),
    vjp: (slope) => [core.mul(slope, 3)],
  };
  const step: RepetitionStep = ([a = core.fill(0, [])], now) => {
    const next = core.add(core.mul(core.applyPrimitive(odd, [a], {}), 0.2), now);
    return [[next], next];
  };
  const made = repetition(step);
  expect(await runProgram(wasm(), made)).toEqual(await runProgram(cpu(), made));
});

test('as many bytes of code and kernels for 200 steps as for 20', async () => {
  const built = (steps: number) =>
    build(planFor(kernelsOn(repetition(recurrent, { steps }).program)), { relaxed: false });
  const [few, many] = [built(20), built(200)];
  // Sizes and strides are longer numbers.
  expect(many.bytes.length).toBeLessThan(few.bytes.length * 1.02);
  const explained = async (steps: number) =>
    /\n(\d+) kernels/.exec(await wasm().explain(repetition(recurrent, { steps }).program))?.[1];
  expect(await explained(200)).toBe(await explained(20));
});

test('several threads', { timeout: 60_000 }, async () => {
  const made = repetition(recurrent, { row: [9, 33], steps: 6, checkpoint: 4 });
  const backend = new DividingBackend(2);
  expect(await runProgram(backend, made)).toEqual(await runProgram(cpu(), made));
  backend.dispose();
});

test('an exported module', async () => {
  const made = repetition(recurrent);
  const names = made.data.map(({ data }, i) => ({ name: `v${i}`, data }));
  const outputs = made.program.outputs.map((_, i) => `o${i}`);
  const { code } = exportProgram(made.program, { inputs: names, outputs }, { deterministic: true }, writers);
  const module = await WebAssembly.compile(code);
  expect(WebAssembly.Module.imports(module)).toEqual([]);
  const { exports } = await WebAssembly.instantiate(module, {});
  const [section] = WebAssembly.Module.customSections(module, 'pullback');
  const described = JSON.parse(new TextDecoder().decode(section)) as {
    readonly outputs: readonly { readonly address: number; readonly shape: readonly number[] }[];
  };
  (exports['run'] as (times: number) => void)(made.times);
  const { buffer } = exports['memory'] as WebAssembly.Memory;
  const read = described.outputs.map(({ address, shape }) =>
    new Float64Array(buffer, address, core.sizeOf(shape)).slice(),
  );
  expect(read).toEqual(await runProgram(cpu(), made));
});
