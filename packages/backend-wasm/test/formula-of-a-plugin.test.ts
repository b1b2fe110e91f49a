import { cpu } from '@pullback/backend-cpu';
import { kernelsFor } from '@pullback/compiler';
import {
  allocateArray,
  applyPrimitive,
  compile,
  elementsPrimitive,
  exp,
  placeholder,
  scalar,
  trace,
  type Value,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { wasm } from '../src/index.ts';

/** x / (1 + |x|), but -x from 100 on, by a function of the host, so that every kind of operation is there. */
const softsign = elementsPrimitive<readonly [Value], Readonly<Record<string, never>>>('ownSoftsign', {
  infer: ([x]) => x,
  formula: ([x = scalar.number(0, 'float64')], { dtype }) => {
    const usual = scalar.div(x, scalar.add(1, scalar.abs(x)));
    const far = scalar.cast(scalar.host(negated, scalar.cast(x, 'float64')), dtype);
    return scalar.rarely(scalar.lessEqual(100, x), far, usual);
  },
});
const negated = (x: number) => -x;
const own = (x: Value) => applyPrimitive(softsign, [x], {});

const places = [0, -0, 0.5, -3, 99.5, 100, 1e30, Number.NaN, -1e30];
const meant = (x: number) => (x >= 100 ? -x : x / (1 + Math.abs(x)));

describe.each([
  ['cpu', cpu()],
  ['wasm', wasm()],
] as const)('an elementwise primitive of a plugin on %s', (_, backend) => {
  test.each(['float32', 'float64'] as const)(
    '%s by its formula, more elements than one block',
    async (dtype) => {
      const size = 700;
      const run = await compile(own, { inputs: [[size]], dtype, backend });
      const given = allocateArray(dtype, size);
      const wanted = allocateArray(dtype, size);
      for (let i = 0; i < size; i++) {
        given[i] = places[i % places.length] ?? 0;
        wanted[i] = meant(given[i] ?? 0);
      }
      const [y] = await run({ shape: [size], data: given });
      expect(y?.data).toEqual(wanted);
    },
  );
});

test('it is fused with what stands around it', () => {
  const x = placeholder({ shape: [5, 7], dtype: 'float32' }, 'x');
  const kernels = kernelsFor(trace([x], [exp(own(exp(x)))])).groups.flat();
  expect(kernels.map(({ kind }) => kind)).toEqual(['loop']);
});

test('attributes are told apart: NaN, infinities and -0 too', async () => {
  const filled = elementsPrimitive<readonly [Value], Readonly<Record<'number', number>>>('filled', {
    infer: ([x]) => x,
    formula: ([x = scalar.number(0, 'float64')], { attributes }) =>
      scalar.select(scalar.equal(x, x), attributes.number, x),
  });
  const numbers = [0, -0, 1, Number.NaN, Infinity, -Infinity];
  for (const backend of [cpu(), wasm()])
    for (const number of numbers) {
      const run = await compile((x: Value) => applyPrimitive(filled, [x], { number }), {
        inputs: [[3]],
        backend,
        dtype: 'float64',
      });
      const [y] = await run(new Float64Array(3));
      expect([...(y?.data ?? [])]).toEqual([number, number, number]);
    }
});
