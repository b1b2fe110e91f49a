// Repetitions as loops, held bit for bit to the reference in float64.
import { cpu } from '@pullback/backend-cpu';
import { planFor } from '@pullback/compiler';
import * as core from '@pullback/core';
import { type Program, placeholder, trace, type Value } from '@pullback/core';
import { expect, test } from 'vitest';
import { build } from '../src/build.ts';
import { exportProgram } from '../src/export.ts';
import { kernelsOn } from '../src/kernels-on.ts';
import { wasm } from '../src/wasm-backend.ts';
import { DividingBackend } from './kernels-backend.ts';

type Step = (carries: readonly Value[], now: Value, weight: Value) => readonly [readonly Value[], Value];

interface Case extends core.ScanOptions {
  readonly steps?: number;
  /** Of the sequence, for each step. */
  readonly row?: readonly number[];
  readonly carries?: number;
}

/** Steps over a sequence from some carries with one weight, what they make, and the gradients. */
function program(step: Step, { steps = 5, row = [3, 5], carries: count = 1, ...options }: Case): Program {
  const dtype = 'float64';
  const columns = core.lastOf(row);
  const x = placeholder({ shape: [steps, ...row], dtype }, 'x');
  const weight = placeholder({ shape: [columns, columns], dtype }, 'weight');
  const first = Array.from({ length: count }, (_, i) => placeholder({ shape: row, dtype }, `carry${i}`));
  const { carries, outputs } = core.scan(
    (now: readonly Value[], one: Value) => {
      const [next, made] = step(now, one, weight);
      return { carries: next, outputs: made };
    },
    first,
    x,
    options,
  );
  const all = [x, weight, ...first];
  const loss = [...carries, outputs]
    .map((value) => core.sum(core.tanh(value)))
    .reduce((a, b) => core.add(a, b));
  return trace(all, [outputs, ...carries, ...core.gradient(loss, all)]);
}

const numbers = (shape: readonly number[], seed: number) =>
  Float64Array.from({ length: core.sizeOf(shape) }, (_, i) => Math.sin(1 + 1.3 * i + 7 * seed));

async function results(backend: core.Backend, { inputs, ...rest }: Program): Promise<number[][]> {
  const executable = await backend.compile({ inputs, ...rest });
  const specs = [...inputs, ...rest.body.flatMap(({ outputs }) => outputs)];
  const given = inputs.map((spec, i) => {
    const buffer = backend.allocate(spec);
    backend.write(buffer, numbers(spec.shape, i));
    return buffer;
  });
  const made = rest.outputs
    .flatMap((value) => specs.slice(value, value + 1))
    .map((spec) => backend.allocate(spec));
  executable.bind(given, made).run(2);
  const read = await Promise.all(made.map(async (buffer) => [...(await backend.read(buffer))]));
  backend.dispose?.();
  return read;
}

const recurrent: Step = ([h = core.fill(0, [])], now, weight) => {
  const next = core.tanh(core.add(core.matmul(h, weight), now));
  return [[next], core.mul(next, now)];
};

const cases: Readonly<Record<string, readonly [Step, Case]>> = {
  'a recurrence': [recurrent, {}],
  'one step': [recurrent, { steps: 1 }],
  'from the end': [recurrent, { reverse: true }],
  'rows that fill no vector, from the end': [recurrent, { row: [1, 3], reverse: true, steps: 9 }],
  'large enough for tiles and panels': [recurrent, { row: [9, 33], steps: 4 }],
  'steps that are computed again': [recurrent, { checkpoint: 2, steps: 7 }],
  'carries that change places, and one that stays': [
    ([a = core.fill(0, []), b = a, c = a], now) => [[b, core.add(a, now), c], core.mul(a, c)],
    { carries: 3 },
  ],
  'a carry that nobody reads in the end': [
    ([a = core.fill(0, []), b = a], now) => [[core.add(core.mul(a, b), now), core.cos(b)], now],
    { carries: 2, steps: 6 },
  ],
  'the same result as carry, as output and twice': [
    ([a = core.fill(0, []), b = a], now) => {
      const next = core.add(core.mul(a, 0.5), now);
      return [[next, core.sub(b, next)], next];
    },
    { carries: 2 },
  ],
  'an output that is given': [([a = core.fill(0, [])], now) => [[core.add(a, 1)], now], {}],
  'a scan within a scan': [
    ([a = core.fill(0, [])], now, weight) => {
      const inner = core.scan(
        (sum: Value, row: Value) => {
          const next = core.tanh(core.add(core.mul(sum, 0.5), core.mul(row, core.slice(weight, [0], [1]))));
          return { carries: next, outputs: [] };
        },
        core.slice(a, [0], [1]),
        core.expandDims(now, 1),
      );
      return [[core.add(core.mul(a, 0.5), inner.carries)], inner.carries];
    },
    { steps: 4 },
  ],
  'numbers of the Program in a step': [
    ([a = core.fill(0, [])], now) => {
      const own = core.defineNode('own', {
        forward: (v: Value) => core.mul(v, core.constant([1, 2, 3, 4, 5], { dtype: 'float64' })),
      });
      return [[core.add(core.mul(own(a), 0.1), now)], own(now)];
    },
    {},
  ],
  'places by index, and what is added there': [
    ([a = core.fill(0, [])], now) => {
      const at = core.cast(core.argmax(core.add(a, now), { axis: 1 }), 'int32');
      const seen = core.gather(now, core.mod(at, 3));
      return [[core.add(core.mul(a, 0.5), seen)], core.scatterAdd(seen, at, { size: 4 })];
    },
    {},
  ],
};

for (const [name, [step, options]] of Object.entries(cases))
  test(`${name}: as the reference`, async () => {
    const made = program(step, options);
    expect(await results(wasm(), made)).toEqual(await results(cpu(), made));
  });

test('what the host alone can compute in a step is written out', async () => {
  const odd: core.Primitive<readonly [Value], Readonly<Record<string, never>>, Value> = {
    kind: 'elementwise',
    name: 'odd',
    infer: ([v]) => v,
    evaluate: ([v], [to]) => to.data.set(v.data.map((a) => 3 * a)),
    vjp: (slope) => [core.mul(slope, 3)],
  };
  const step: Step = ([a = core.fill(0, [])], now) => {
    const next = core.add(core.mul(core.applyPrimitive(odd, [a], {}), 0.2), now);
    return [[next], next];
  };
  const made = program(step, {});
  expect(await results(wasm(), made)).toEqual(await results(cpu(), made));
});

test('as many bytes of code and kernels for 200 steps as for 20', () => {
  const built = (steps: number) =>
    build(planFor(kernelsOn(program(recurrent, { steps }))), [], { relaxed: false });
  const [few, many] = [built(20), built(200)];
  // Sizes and strides are longer numbers.
  expect(many.bytes.length).toBeLessThan(few.bytes.length * 1.02);
  const explained = (steps: number) =>
    /\n(\d+) kernels/.exec(wasm().explain(program(recurrent, { steps })))?.[1];
  expect(explained(200)).toBe(explained(20));
});

test('several threads', { timeout: 60_000 }, async () => {
  const made = program(recurrent, { row: [9, 33], steps: 6, checkpoint: 4 });
  expect(await results(new DividingBackend(2), made)).toEqual(await results(cpu(), made));
});

test('an exported module', async () => {
  const made = program(recurrent, {});
  const names = made.inputs.map(({ shape }, i) => ({ name: `v${i}`, data: numbers(shape, i) }));
  const outputs = made.outputs.map((_, i) => `o${i}`);
  const { code } = exportProgram(made, { inputs: names, outputs }, { relaxed: false, build });
  const module = await WebAssembly.compile(code);
  expect(WebAssembly.Module.imports(module)).toEqual([]);
  const { exports } = await WebAssembly.instantiate(module, {});
  const [section] = WebAssembly.Module.customSections(module, 'pullback');
  const described = JSON.parse(new TextDecoder().decode(section)) as {
    readonly outputs: readonly { readonly address: number; readonly shape: readonly number[] }[];
  };
  (exports['run'] as (times: number) => void)(1);
  const { buffer } = exports['memory'] as WebAssembly.Memory;
  const read = described.outputs.map(({ address, shape }) => [
    ...new Float64Array(buffer, address, core.sizeOf(shape)),
  ]);
  expect(read).toEqual(await results(cpu(), made));
});
