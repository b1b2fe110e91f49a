// The host computes float32 by float64: this is about the formula of float32 that the machine code of wasm has.

import {
  type Backend,
  cpu,
  type FloatDType,
  gelu,
  gradient,
  placeholder,
  sum,
  trace,
  type Value,
  wasm,
} from 'pullback';
import { describe, expect, test } from 'vitest';

const xs = Float32Array.from({ length: 1302 }, (_, i) => (i - 650.5) / 50);

async function run(backend: Backend, values: Float32Array, dtype: FloatDType): Promise<number[][]> {
  const x = placeholder({ shape: [values.length], dtype }, 'x');
  const y = gelu(x) as Value;
  const [slope = x] = gradient(sum(y), [x]);
  const [bend = x] = gradient(sum(slope), [x]);
  const outputs = [y, slope, bend];
  const given = backend.allocate(x.spec);
  backend.write(given, dtype === 'float64' ? Float64Array.from(values) : values);
  const buffers = outputs.map(({ spec }) => backend.allocate(spec));
  (await backend.compile(trace([x], outputs))).bind([given], buffers).run();
  return Promise.all(buffers.map(async (buffer) => Array.from(await backend.read(buffer), Number)));
}

describe('gelu of float32 as machine code', () => {
  test('value and slope are right up to the rounding of x^2 / 2 and a few more, from 0 to the last normal numbers', async () => {
    const [got, wanted] = await Promise.all([run(wasm(), xs, 'float32'), run(cpu(), xs, 'float64')]);
    for (const place of [0, 1])
      xs.forEach((x, i) => {
        const [y, right] = [got[place]?.[i] ?? 0, wanted[place]?.[i] ?? 0];
        // Around its 0 the slope is a difference.
        const scale = place === 1 && x > -1.5 && x < 0 ? 0.2 : Math.abs(right);
        expect(Math.abs(y - right), `${place} at ${x}`).toBeLessThanOrEqual(
          (8 + x * x) * 2 ** -24 * scale + 2 ** -149,
        );
      });
    // phi(x) (2 - x^2), by the formula alone.
    xs.forEach((x, i) => {
      const right = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * (2 - x * x);
      expect(Math.abs((got[2]?.[i] ?? 0) - right)).toBeLessThanOrEqual(2 ** -21);
    });
  });
  test('at infinities, far out, at 0 and NaN', async () => {
    const at = Float32Array.of(-Infinity, -1e30, -20, 0, 20, 1e30, Infinity, Number.NaN);
    const [value, slope, bend] = await run(wasm(), at, 'float32');
    const plain = (list: readonly number[] = []) => list.map((y) => y + 0);
    expect(plain(value)).toEqual([0, 0, 0, 0, 20, Math.fround(1e30), Infinity, Number.NaN]);
    expect(plain(slope)).toEqual([0, 0, 0, 0.5, 1, 1, 1, Number.NaN]);
    expect(plain(bend).slice(0, 3)).toEqual([0, 0, 0]);
    expect(plain(bend).slice(4)).toEqual([0, 0, 0, Number.NaN]);
  });
});
