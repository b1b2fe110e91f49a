import type { Tensor, Value } from '@pullback/core';
import * as core from '@pullback/core';
import { ulps } from '@pullback/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WebGpuBackend } from '../../src/index.ts';
import { open } from './open.ts';
import { meant, run } from './run.ts';

let backend: WebGpuBackend;
beforeAll(async () => {
  backend = await open();
});
afterAll(() => backend.dispose());

const smallest = 2 ** -126;
const flushed = (x: number) => (Math.abs(x) < smallest ? 0 : x);

/**
 * Floats of every normal exponent and both signs, NaN and infinities among them; and, closely, those around 0 that are met most. What becomes of
 * subnormal ones is in the examination of backends: the adapter may take them as 0.
 */
function everyFloat(): Tensor {
  const spread = Uint32Array.from({ length: 2 ** 16 }, (_, i) => (i * 65521 + 12345) >>> 0);
  const near = Float32Array.from({ length: 2 ** 15 }, (_, i) => (i - 2 ** 14) / 700);
  const data = new Float32Array(spread.length + near.length);
  data.set(new Float32Array(spread.buffer).map(flushed));
  data.set(near, spread.length);
  return { shape: [data.length], dtype: 'float32', data };
}

/** How far each function may be off, in units in the last place. */
const bounds: Readonly<Record<string, readonly [(x: Value) => Value, number]>> = {
  exp: [core.exp, 2],
  expm1: [core.expm1, 2],
  log: [core.log, 2],
  log1p: [core.log1p, 2],
  tanh: [core.tanh, 2],
  sin: [core.sin, 2],
  cos: [core.cos, 2],
  erf: [core.erf, 2],
  'pow 3.7': [(x) => core.pow(x, 3.7), 2],
  'pow -0.3': [(x) => core.pow(x, -0.3), 2],
  'power of 1.7': [(x) => core.pow(core.fill(1.7, x.shape), x), 2],
  'power of -1.5, whole': [(x) => core.pow(core.fill(-1.5, x.shape), core.round(x)), 2],
  sqrt: [core.sqrt, 1],
  sigmoid: [core.sigmoid, 3],
  reciprocal: [(x) => core.div(1, x), 1],
  floor: [core.floor, 0],
  ceil: [core.ceil, 0],
  round: [core.round, 0],
  sign: [core.sign, 0],
  abs: [core.abs, 0],
  neg: [core.neg, 0],
  relu: [core.relu, 0],
  'mod 3': [(x) => core.mod(x, 3), 0],
  'mod -0.7': [(x) => core.mod(x, Math.fround(-0.7)), 0],
  'less than 1': [(x) => core.cast(core.less(x, 1), 'float32'), 0],
  'at most -0': [(x) => core.cast(core.lessEqual(x, -0), 'float32'), 0],
  'equal to itself': [(x) => core.cast(core.equal(x, x), 'float32'), 0],
  maximum: [(x) => core.maximum(x, 0.5), 0],
  minimum: [(x) => core.minimum(x, 0.5), 0],
  'as an integer': [(x) => core.cast(core.cast(x, 'int32'), 'float32'), 0],
};

// The truth is the reference's functions in float64, rounded once.
test('functions of every float are within their bounds', async () => {
  const given = everyFloat();
  const names = Object.keys(bounds);
  const functions = Object.values(bounds).map(([f]) => f);
  const graph = (x?: Value) => (x === undefined ? [] : functions.map((f) => f(x)));
  const [got, wanted] = [await run(backend, [given], graph), meant([given], graph)];
  const found = names.map((name, o) => {
    let [most, at] = [0, 0];
    given.data.forEach((_, i) => {
      const away = ulps(flushed(wanted[o]?.[i] ?? 0), flushed(got[o]?.[i] ?? Number.NaN));
      if (away > most) [most, at] = [away, i];
    });
    return { name, most, x: given.data[at], got: got[o]?.[at], wanted: wanted[o]?.[at] };
  });
  const over = found.filter(({ name, most }) => most > (bounds[name]?.[1] ?? 0));
  expect(over).toEqual([]);
}, 60_000);
