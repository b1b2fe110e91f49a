// Muon by the published update, of test/fixtures/muon.py.
import { readFileSync } from 'node:fs';
import { constant, evaluate, type Shape, type Value } from '@pullback/core';
import { adamw, type MuonOptions, muon, sgd } from '@pullback/optimizers';
import { expect, test } from 'vitest';

interface Fixture extends Required<Pick<MuonOptions, 'nesterov' | 'weightDecay'>> {
  readonly shape: Shape;
  readonly weight: readonly number[];
}

const fixtures: readonly Fixture[] = JSON.parse(
  readFileSync(new URL('fixtures/muon.json', import.meta.url), 'utf8'),
);
const f64 = { dtype: 'float64' } as const;

function steps(optimizer: ReturnType<typeof muon>, shape: Shape, count: number): number[] {
  const size = shape.reduce((n, extent) => n * extent, 1);
  const of = (f: (k: number) => number) => Float64Array.from({ length: size }, (_, k) => f(k));
  const goal = of((k) => Math.cos(3 * k));
  let weight: Value = constant({ shape, data: of(Math.sin) }, f64);
  let slots: Readonly<Record<string, Value>> = Object.fromEntries(
    Object.keys(optimizer.slots({ shape, ...f64 })).map((name) => [
      name,
      constant({ shape, data: of(() => 0) }, f64),
    ]),
  );
  for (let step = 0; step < count; step++) {
    const slopes = evaluate(weight).data.map((w, k) => (w - (goal[k] ?? 0)) ** 3 + 0.1 * Math.sin(5 * w));
    const at = { learningRate: constant(0.05, f64), step: constant(step, { dtype: 'int32' }) };
    const gradient = constant({ shape, data: slopes }, f64);
    const [updated] = optimizer.update([{ path: 'w', weight, gradient, slots }], at);
    if (updated === undefined) throw new Error('no update');
    weight = constant(evaluate(updated.weight));
    slots = Object.fromEntries(
      Object.entries(updated.slots).map(([name, slot]) => [name, constant(evaluate(slot))]),
    );
  }
  return Array.from(evaluate(weight).data);
}

for (const { shape, weight, ...options } of fixtures)
  test(`ten steps on [${shape.join(', ')}], ${JSON.stringify(options)}`, () => {
    const got = steps(muon({ learningRate: 0.05, ...options }), shape, 10);
    got.forEach((w, k) => {
      expect(w).toBeCloseTo(weight[k] ?? Number.NaN, 11);
    });
  });

test('axes before the last are inputs: a filter is a matrix', () => {
  const [flat, filter] = [
    [4, 3],
    [2, 2, 3],
  ].map((shape) => steps(muon({ learningRate: 0.05 }), shape, 3));
  expect(filter).toEqual(flat);
});

test('what is no matrix is left to another, at its own rate', () => {
  const own = (others?: ReturnType<typeof sgd>) => muon({ learningRate: 0.05, ...(others && { others }) });
  expect(steps(own(), [5], 4)).toEqual(steps(adamw({ learningRate: 0.05, weightDecay: 0 }), [5], 4));
  const byTwice = steps(own(sgd({ learningRate: 0.1 })), [1], 1)[0] ?? 0;
  const byOnce = steps(own(sgd({ learningRate: 0.05 })), [1], 1)[0] ?? 0;
  expect(byTwice).toBeCloseTo(2 * byOnce, 12);
});
