import * as core from '@pullback/core';
import { compile, type TypedArray, type Value } from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { wasm } from '../src/wasm-backend.ts';

const inARow = (n: number, f: (v: Value, i: number) => Value, x: Value): Value =>
  Array.from({ length: n }, (_, i) => i).reduce(f, x);

async function run(f: (x: Value) => Value | readonly Value[], shape: readonly number[], data: TypedArray) {
  const compiled = await compile(f, { inputs: [shape], backend: wasm({ deterministic: true }) });
  const [y] = await compiled({ shape, data });
  return [...(y?.data ?? [])];
}

// More vertices in a row than the call stack has frames for: 1,500 were too many when each was a call within the last.
const n = 4000;

describe(`${n} elementwise vertices in a row`, () => {
  // x / 2^n + sum of 1/2^i / 64: 1/64 within float32.
  const halves = (x: Value) => inARow(n, (v, i) => (i % 2 === 0 ? core.add(v, 1 / 64) : core.mul(v, 0.5)), x);

  test('as vectors', async () => {
    expect(await run(halves, [5], Float32Array.of(0, 1, 2, 3, 4))).toEqual(Array(5).fill(1 / 64));
  });
  test('as one number', async () => {
    expect(await run(halves, [], Float32Array.of(3))).toEqual([1 / 64]);
  });
  test('behind a product', async () => {
    const counted = (x: Value) => inARow(n, (v) => core.add(v, 1), core.matmul(x, x));
    expect(await run(counted, [2, 2], Float32Array.of(1, 2, 3, 4))).toEqual(
      [7, 10, 15, 22].map((sum) => sum + n),
    );
  });
  test('each read at other places', async () => {
    const turned = (x: Value) => inARow(n / 10, (v) => core.add(core.flip(v, 0), 1), x);
    expect(await run(turned, [3], Float32Array.of(0, 1, 2))).toEqual([0, 1, 2].map((x) => x + n / 10));
  });
  test('and the gradient: 0.999 to the power of n / 2', async () => {
    const slope = (x: Value) =>
      core.gradient(
        core.sum(inARow(n / 2, (v, i) => (i % 2 === 0 ? core.neg(core.neg(v)) : core.mul(v, 0.999)), x)),
        [x],
      );
    const [got = 0] = await run(slope, [2], Float32Array.of(1, 2));
    expect(Math.abs(got / 0.999 ** (n / 4) - 1)).toBeLessThan(1e-4);
  });
});

test('a value doubled 100 times over an input is computed once, not 2^100 times', async () => {
  const doubled = (x: Value) => inARow(100, (v) => core.add(v, v), x);
  expect(await run(doubled, [2], Float32Array.of(1, 3))).toEqual([2 ** 100, 3 * 2 ** 100]);
});
