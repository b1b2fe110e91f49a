// x^y on wasm: float64 the bits of core, float32 the nearest to them, over bit patterns, whole numbers and every pair of special ones.

import {
  concatenate,
  constant,
  type DType,
  evaluate,
  gradient,
  placeholder,
  pow,
  sum,
  type TypedArray,
  trace,
  type Value,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { wasm } from '../src/index.ts';
import { KernelsBackend } from './kernels-backend.ts';

const special = [0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 1e30, -1e-30, 1e-42, Infinity, -Infinity, Number.NaN];
const pairs: (readonly [number, number])[] = special.flatMap((x) => special.map((y) => [x, y] as const));
for (let i = 0; i < 4000; i++) {
  const [a, b] = [Math.sin(i * 12.9898) * 43758.5453, Math.sin(i * 78.233) * 12543.123];
  const [u, v] = [a - Math.floor(a), b - Math.floor(b)];
  pairs.push([10 ** (u * 76 - 38), ((v - 0.5) * 170) / Math.log(10 ** (u * 76 - 38))]);
  pairs.push([0.5 + 1.5 * u, (v - 0.5) * 200], [-Math.ceil(20 * u), Math.round(40 * (v - 0.5))]);
}

async function onWasm(
  backend: InstanceType<typeof KernelsBackend>,
  dtype: DType,
  f: (x: Value, y: Value) => Value,
) {
  const inputs = [0, 1].map((side) => ({
    value: placeholder({ shape: [pairs.length], dtype }, 'x'),
    data: Float64Array.from(pairs, (pair) => pair[side] ?? 0),
  }));
  const [x, y] = inputs.map(({ value }) => value);
  if (x === undefined || y === undefined) throw new RangeError('two inputs');
  const output = f(x, y);
  const executable = await backend.compile(trace([x, y], [output]));
  const given = inputs.map(({ value, data }) => {
    const buffer = backend.allocate(value.spec);
    backend.write(buffer, data);
    return buffer;
  });
  const made = backend.allocate(output.spec);
  executable.bind(given, [made]).run();
  const read: readonly TypedArray[] = await Promise.all(
    [...given, made].map((buffer) => backend.read(buffer)),
  );
  return read.map((data) => [...data]);
}

/** By the reference, in float64. */
function powersOf(xs: readonly number[], ys: readonly number[]): number[] {
  const f64 = { dtype: 'float64' } as const;
  return [...evaluate(pow(constant([...xs], f64), constant([...ys], f64))).data];
}

describe('powers', () => {
  for (const make of [wasm, () => new KernelsBackend()])
    test('float64 has the bits of core', async () => {
      const [xs = [], ys = [], got] = await onWasm(make(), 'float64', pow);
      expect(got).toEqual(powersOf(xs, ys));
    });
  test('float32 is the nearest to the result in float64', async () => {
    const [xs = [], ys = [], got = []] = await onWasm(wasm(), 'float32', pow);
    const wanted = powersOf(xs, ys).map(Math.fround);
    expect(got).toEqual(wanted);
  });
  test('the derivatives are those of the reference', async () => {
    const slopes = (x: Value, y: Value) => {
      const [dx = x, dy = y] = gradient(sum(pow(x, y)), [x, y]);
      return concatenate([dx, dy]);
    };
    const [xs = [], ys = [], got] = await onWasm(wasm(), 'float64', slopes);
    const [x, y] = ['x', 'y'].map((name) => placeholder({ shape: [pairs.length], dtype: 'float64' }, name));
    if (x === undefined || y === undefined) throw new RangeError('two inputs');
    const feeds = new Map([
      [x, Float64Array.from(xs)],
      [y, Float64Array.from(ys)],
    ]);
    expect(got).toEqual([...evaluate(slopes(x, y), feeds).data]);
  });
});
