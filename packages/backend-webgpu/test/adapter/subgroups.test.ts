import type { Tensor, Value } from '@pullback/core';
import * as core from '@pullback/core';
import { placeholder, trace } from '@pullback/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findGpu } from '../../src/device.ts';
import { findAdapter, type WebGpuBackend, type WebGpuBinding, webgpu } from '../../src/index.ts';
import { WebGpuExecutable } from '../../src/webgpu-executable.ts';
import { asOnHardware, open } from './open.ts';
import { farthest, floats, integers, meant, run } from './run.ts';

const { sum, max, mul } = core;
type Graph = (...x: Value[]) => readonly Value[];

/** Rows without a NaN, with one, with one whose sign is set, of nothing but -Infinity, with +Infinity. */
function withNaN(length: number): Tensor {
  const { data } = floats([5, length]);
  const numbers = Float32Array.from(data);
  const bits = new Uint32Array(numbers.buffer);
  bits[length + Math.floor(length / 3)] = 0x7fc00000;
  bits[3 * length - 1] = 0xffc00001;
  numbers.fill(-Infinity, 3 * length, 4 * length);
  numbers[4 * length + 1] = Infinity;
  return { shape: [5, length], dtype: 'float32', data: numbers };
}

const rows: Graph = (x) => [sum(x as Value, { axis: 1 }), max(x as Value, { axis: 1 })];
const negated: Graph = (x) => [max(core.neg(x as Value), { axis: 1 })];
const wide = { shape: [3, 5000], dtype: 'float32' } as const;

const graphs: readonly (readonly [string, readonly Tensor[], Graph])[] = [
  ['sums and maxima of wide rows', [floats([3, 5000])], rows],
  ['the same of rows with NaN and infinities', [withNaN(5000)], rows],
  ['maxima below 0', [floats([4, 700], 1, 0.1)], (x) => negated(core.add(x as Value, 1))],
  ['of integers', [integers([3, 5000], 9000)], (x) => [...rows(core.sub(x as Value, 9500))]],
  [
    'rows a little longer than a workgroup, and one shorter',
    [floats([3, 65]), floats([3, 40], 1)],
    (x, y) => [...rows(x as Value), ...rows(y as Value)],
  ],
  ['softmax', [floats([3, 5000], 0, 5)], (x) => [core.softmax(x as Value)]],
  [
    'several rows for a workgroup, whose sums are summed again',
    [floats([300, 90])],
    (x) => {
      const squares = sum(core.square(x as Value), { axis: 1, keepAxis: true });
      return [sum(core.log(squares)), squares, max(mul(x as Value, squares), { axis: 1 })];
    },
  ],
];

async function deviceWith(features: readonly GPUFeatureName[]): Promise<GPUDevice> {
  (await open()).dispose();
  const adapter = await findAdapter();
  if (adapter === undefined) throw new Error('no adapter');
  return adapter.requestDevice({ requiredFeatures: [...features] });
}

async function adapterHasThem(): Promise<boolean> {
  (await open()).dispose();
  return (await findAdapter())?.features.has('subgroups') === true;
}

async function bound(backend: WebGpuBackend): Promise<WebGpuBinding> {
  const x = placeholder(wide, 'x');
  const outputs = rows(x);
  const executable = await backend.compile(trace([x], outputs));
  if (!(executable instanceof WebGpuExecutable)) throw new Error('an executable of another backend');
  const made = outputs.map(({ spec }) => backend.allocate(spec));
  return executable.bind([backend.allocate(wide)], made);
}

for (const subgroups of [false, true])
  describe(`long rows ${subgroups ? 'by subgroups' : 'by trees'}`, () => {
    let backend: WebGpuBackend;
    beforeAll(async () => {
      backend = await open({ ...asOnHardware, subgroups });
    });
    afterAll(() => backend.dispose());

    for (const [name, given, graph] of graphs)
      test(name, async () => {
        const [got, wanted] = [await run(backend, given, graph, 2), meant(given, graph)];
        got.forEach((numbers, i) => {
          expect(numbers.length).toBe(wanted[i]?.length);
          expect(farthest(numbers, wanted[i] ?? []), `output ${i}`).toBeLessThan(2 ** -19);
        });
        expect(await run(backend, given, graph)).toEqual(got);
      });

    test('the adapter, the shaders and explain agree on what is used', async () => {
      const used = subgroups && (await adapterHasThem());
      expect(backend.adapter.subgroups === 'used').toBe(used);
      const binding = await bound(backend);
      for (const code of binding.shaders) {
        expect(code.startsWith('enable subgroups;')).toBe(used);
        expect(code.includes('subgroupAdd(')).toBe(used);
      }
      const explained = subgroups ? `subgroups: ${backend.adapter.subgroups}` : 'workgroups';
      expect(binding.explain()).toContain(explained);
      if (!subgroups) expect(binding.explain()).not.toContain('subgroups:');
    });
  });

test('a device that was made without the feature computes without it, and says so', async () => {
  const device = await deviceWith([]);
  const backend = await webgpu({ ...asOnHardware, device, subgroups: true });
  expect(backend.adapter.subgroups).toMatch(/given device was made without/);
  const binding = await bound(backend);
  expect(binding.explain()).toMatch(/subgroups: asked for, but the given device/);
  for (const code of binding.shaders) expect(code).not.toMatch(/subgroup/);
  const given = [floats([3, 90])];
  expect(farthest((await run(backend, given, rows))[0] ?? [], meant(given, rows)[0] ?? [])).toBeLessThan(
    2 ** -19,
  );
  backend.dispose();
  device.destroy();
});

test('an adapter without the feature is not asked for it, and that is said', async () => {
  (await open()).dispose();
  const gpu = await findGpu();
  if (gpu === undefined) throw new Error('no WebGPU');
  const request = gpu.requestAdapter.bind(gpu);
  gpu.requestAdapter = async (options) => {
    const adapter = await request(options);
    if (adapter !== null) Object.defineProperty(adapter, 'features', { value: new Set() });
    return adapter;
  };
  try {
    const backend = await open({ ...asOnHardware, subgroups: true });
    expect(backend.adapter.subgroups).toMatch(/the adapter has no feature/);
    const binding = await bound(backend);
    expect(binding.explain()).toMatch(/subgroups: asked for, but the adapter has no feature/);
    for (const code of binding.shaders) expect(code).not.toMatch(/subgroup/);
    backend.dispose();
  } finally {
    Reflect.deleteProperty(gpu, 'requestAdapter');
  }
});

/**
 * A shader whose subgroups are made of workgroup memory: invocations with the same `subgroup`, an expression of their `lane`, the last of which is
 * the first. So sizes and orders are tried that this adapter does not have.
 */
function emulated(code: string, subgroup: string): string {
  const each = (name: string, type: string, start: string, next: string) => `
var<workgroup> of_${name}: array<${type}, 64>;
fn emulated_${name}(lane: u32, x: ${type}) -> ${type} {
  of_${name}[lane] = x;
  workgroupBarrier();
  var total: ${type} = ${start};
  for (var i = 0u; i < 64u; i++) {
    if (subgroup_of(i) == subgroup_of(lane)) { total = ${next}; }
  }
  workgroupBarrier();
  return total;
}`;
  return [
    code
      .replace('enable subgroups;', '')
      .replaceAll('subgroupAdd(', 'emulated_add(lane, ')
      .replaceAll('subgroupMax(', 'emulated_max(lane, ')
      .replaceAll('subgroupBroadcastFirst(', 'emulated_first(lane, '),
    `fn subgroup_of(lane: u32) -> u32 { return ${subgroup}; }`,
    each('add', 'f32', '0.0', 'total + of_add[i]'),
    each('max', 'i32', '-2147483648', 'max(total, of_max[i])'),
    each('first', 'u32', '0u', 'of_first[i]'),
  ].join('\n');
}

const shapes: readonly (readonly [string, string])[] = [
  ['one invocation each', 'lane'],
  ['the whole workgroup', '0u'],
  ['32, every second one', 'lane % 2u'],
  ['unequal ones that go across words', 'lane / 24u'],
  ['13 and 12, every fifth', 'lane % 5u'],
];

describe('subgroups of any size and order', () => {
  for (const [name, subgroup] of shapes)
    test(name, async ({ skip }) => {
      if (!(await adapterHasThem())) skip('the adapter has no feature subgroups');
      const device = await deviceWith(['subgroups']);
      let emulations = 0;
      const create = device.createShaderModule.bind(device);
      device.createShaderModule = (descriptor) => {
        if (descriptor.code.includes('subgroupAdd(')) emulations++;
        return create({ ...descriptor, code: emulated(descriptor.code, subgroup) });
      };
      const backend = await webgpu({ ...asOnHardware, device, subgroups: true });
      const given = [withNaN(300)];
      const [got, wanted] = [await run(backend, given, rows), meant(given, rows)];
      got.forEach((numbers, i) => {
        expect(farthest(numbers, wanted[i] ?? []), `output ${i}`).toBeLessThan(2 ** -19);
      });
      expect(emulations).toBe(1);
      backend.dispose();
      device.destroy();
    });
});
