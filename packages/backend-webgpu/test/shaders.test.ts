import type { TensorSpec, Value } from '@pullback/core';
import * as core from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';
import { dispatchesFor, folded } from '../src/dispatches.ts';
import { functionsFor } from '../src/wgsl/functions.ts';
import { literal } from '../src/wgsl/numbers.ts';
import { type cuts, limits, planned, stagesFor } from './planned.ts';

const f32 = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' });
type Graph = (...x: Value[]) => readonly Value[];

function one(x: Value | undefined): Value {
  if (x === undefined) throw new RangeError('a graph without its input');
  return x;
}

const graphs: Readonly<Record<string, readonly [readonly TensorSpec[], Graph]>> = {
  'functions of every kind': [
    [f32(4, 5)],
    (x) =>
      [
        core.exp,
        core.log,
        core.log1p,
        core.expm1,
        core.tanh,
        core.sin,
        core.cos,
        core.erf,
        (x: Value) => core.pow(x, x),
        core.sign,
        core.round,
      ].map((f) => f(one(x))),
  ],
  softmax: [[f32(8, 300)], (x) => [core.softmax(one(x))]],
  'sums of columns': [[f32(5000, 3)], (x) => [core.sum(one(x), { axis: 0 }), core.max(one(x), { axis: 0 })]],
  'a product and what follows': [
    [f32(256, 128), f32(128, 512), f32(512)],
    (x, w, b) => [core.relu(core.add(core.matmul(one(x), one(w)), one(b)))],
  ],
  'a deep product': [[f32(4, 4096), f32(4096, 4)], (x, w) => [core.matmul(one(x), one(w))]],
  'bytes and masks': [
    [
      { shape: [9], dtype: 'uint8' },
      { shape: [9], dtype: 'bool' },
    ],
    (x, m) => [core.flip(one(x)), core.not(one(m)), core.cast(one(x), 'float32')],
  ],
  'scatter and argmax': [
    [f32(50, 4), { shape: [50], dtype: 'int32' }],
    (x, i) => [core.scatterAdd(one(x), one(i), { size: 7 }), core.argmax(one(x))],
  ],
};

describe('shaders, read by another parser', () => {
  for (const [cut, subgroups] of [
    ['software', false],
    ['hardware', false],
    ['hardware', true],
  ] as const)
    for (const [name, [specs, f]] of Object.entries(graphs))
      test(`${name}, cut for ${cut}${subgroups ? ' with subgroups' : ''}`, () => {
        const dispatches = planned(specs, f, cut, [], subgroups);
        expect(dispatches.length).toBeGreaterThan(0);
        for (const { code, bindings, groups } of dispatches) {
          const read = new WgslReflect(code);
          expect(read.entry.compute.map((entry) => entry.name)).toEqual(['main']);
          expect(read.getBindGroups().flat().length).toBe(bindings.length);
          expect(read.storage.map((variable) => variable.access)).toEqual(
            bindings.map(({ access }) => access),
          );
          expect(bindings.length).toBeLessThanOrEqual(limits.maxStorageBuffersPerShaderStage);
          expect(groups).toBeGreaterThan(0);
          // A part of a buffer is bound where WebGPU allows it.
          for (const { offset, bytes } of bindings) {
            expect(offset % 256).toBe(0);
            expect(bytes % 4).toBe(0);
          }
          // No buffer is read and written through two bindings.
          const written = bindings.filter(({ access }) => access === 'read_write');
          for (const { buffer } of written)
            expect(bindings.filter((other) => other.buffer === buffer && other.access === 'read')).toEqual(
              [],
            );
        }
      });
});

test('a whole step of a small network is one dispatch; of MLP 784-128-10 at most 5 on a CPU adapter, 9 on a GPU', () => {
  const step =
    (widths: readonly number[]): Graph =>
    (x, y, rate, ...weights) => {
      let value = one(x);
      widths.forEach((_, i) => {
        value = core.add(core.matmul(value, one(weights[2 * i])), one(weights[2 * i + 1]));
        if (i < widths.length - 1) value = core.relu(value);
      });
      const logs = core.logSoftmax(value);
      const loss = core.neg(
        core.mean(core.sum(core.mul(core.oneHot(one(y), widths.at(-1) ?? 1), logs), { axis: 1 })),
      );
      const gradients = core.gradient(loss, weights);
      return [loss, ...weights.map((w, i) => core.sub(w, core.mul(one(rate), one(gradients[i]))))];
    };
  const specs = (batch: number, input: number, widths: readonly number[]): TensorSpec[] => [
    f32(batch, input),
    { shape: [batch], dtype: 'int32' },
    f32(),
    ...widths.flatMap((width, i) => [f32(i === 0 ? input : (widths[i - 1] ?? 1), width), f32(width)]),
  ];
  const donated = (widths: readonly number[]) => [
    undefined,
    ...widths.flatMap((_, i) => [3 + 2 * i, 4 + 2 * i]),
  ];
  const count = (batch: number, input: number, widths: readonly number[], cut: keyof typeof cuts) =>
    planned(specs(batch, input, widths), step(widths), cut, donated(widths)).length;
  expect(count(4, 2, [2, 2], 'software')).toBe(1);
  expect(count(128, 784, [128, 10], 'software')).toBeLessThanOrEqual(5);
  expect(count(128, 784, [128, 10], 'hardware')).toBeLessThanOrEqual(9);
});

test('equal layers have equal shaders, whatever the values are called', () => {
  const weights = Array.from({ length: 4 }, () => f32(256, 256));
  const dispatches = planned([f32(512, 256), ...weights], (x, ...w) => [
    w.reduce((value, each) => core.relu(core.matmul(value, each)), one(x)),
  ]);
  expect(dispatches.length).toBe(4);
  expect(new Set(dispatches.slice(1, 3).map(({ code }) => code)).size).toBe(1);
});

test('twice the layers are twice the work', () => {
  const looks = (layers: number): number => {
    const specs = [f32(4, 16), ...Array.from({ length: layers }, () => f32(16, 16))];
    const { stages, places } = stagesFor(specs, (x, ...weights) => {
      const y = weights.reduce((h, w) => core.tanh(core.matmul(h, w)), one(x));
      return core.gradient(core.sum(core.square(y)), weights);
    });
    let count = 0;
    const get = (stage: (typeof stages)[number], name: string | symbol): unknown => {
      count++;
      return Reflect.get(stage, name);
    };
    dispatchesFor(
      stages.map((stage) => new Proxy(stage, { get })),
      places,
      limits,
    );
    return count;
  };
  expect(looks(100) / looks(50)).toBeLessThan(2.3);
});

test('subgroup functions are enabled where long rows are shared, and name no size of a subgroup', () => {
  const both: Graph = (x) => [core.sum(one(x), { axis: 1 }), core.max(one(x), { axis: 1 })];
  const codeOf = (length: number, subgroups: boolean) =>
    planned([f32(3, length)], both, 'hardware', [], subgroups)
      .map(({ code }) => code)
      .join('\n');
  const code = codeOf(5000, true);
  expect(code).toMatch(/^enable subgroups;\n/);
  expect(code).toMatch(/subgroupAdd\(a\d+\)/);
  expect(code).toMatch(/f32_of_key\(subgroupMax\(key_of_f32\(a\d+\)\)\)/);
  expect(code).not.toMatch(/subgroup_size|subgroup_invocation_id/);
  expect(codeOf(5000, false)).not.toMatch(/subgroup/);
  expect(codeOf(50, true)).not.toMatch(/subgroup/);
});

test('functions bring those that they call, once and before', () => {
  const text = functionsFor('let y = less_f32(x, 1.0f) && equal_f32(x, x);');
  expect(text.match(/fn order/g)?.length).toBe(1);
  expect(text.indexOf('fn order')).toBeLessThan(text.indexOf('fn less_f32'));
  expect(functionsFor('let y = x + 1.0f;')).toBe('');
});

test('numbers that WGSL has no literal for come from their bits', () => {
  expect(literal('float32', 0.1)).toBe('0.10000000149011612f');
  expect(literal('float32', 3)).toBe('3.0f');
  expect(literal('float32', Number.NaN)).toBe('from_bits(0x7fc00000u)');
  expect(literal('float32', -Infinity)).toBe('from_bits(0xff800000u)');
  expect(literal('float32', -0)).toBe('from_bits(0x80000000u)');
  expect(literal('float32', 1e-40)).toBe('from_bits(0x116c2u)');
  expect(literal('float32', 3e38)).toMatch(/^3\d*\.?\d*(e\+?38)?(\.0)?f$/);
  expect(literal('int32', -(2 ** 31))).toBe('i32(-2147483648)');
  expect(() => literal('float64', 1)).toThrow(/float64/);
});

test('more workgroups than one axis takes are folded', () => {
  expect(folded(65535)).toEqual([65535, 1]);
  expect(folded(65536)).toEqual([65535, 2]);
});
