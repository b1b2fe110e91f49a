import { constant, evaluate, type Optimizer, OptionError, type Value } from '@pullback/core';
import { momentum, sgd } from '@pullback/optimizers';
import { describe, expect, test } from 'vitest';

const f64 = { dtype: 'float64' } as const;

/** Ten steps on E = sum (w - c)^4 / 4 from w, with gradients (w - c)^3 taken at the weights of the step. */
function tenSteps(optimizer: Optimizer): number[] {
  const c = [1, -2, 0.5];
  let w: Value = constant([0, 0, 0], f64);
  const shape = { shape: [3], dtype: 'float64' } as const;
  let slots: Record<string, Value> = Object.fromEntries(
    Object.entries(optimizer.slots(shape)).map(([name, { initial }]) => [
      name,
      constant([initial, initial, initial], f64),
    ]),
  );
  for (let step = 0; step < 10; step++) {
    const gradient = Array.from(evaluate(w).data, (x, i) => (x - (c[i] ?? 0)) ** 3);
    const at = {
      learningRate: constant(optimizer.learningRate, f64),
      step: constant(step, { dtype: 'int32' }),
    };
    const [updated] = optimizer.update(
      [{ path: 'w', weight: w, gradient: constant(gradient, f64), slots }],
      at,
    );
    if (updated === undefined) throw new Error('no update');
    w = constant(evaluate(updated.weight));
    slots = Object.fromEntries(
      Object.entries(updated.slots).map(([name, slot]) => [name, constant(evaluate(slot))]),
    );
  }
  return Array.from(evaluate(w).data);
}

describe('ten steps equal the published update, written out', () => {
  test('sgd: w <- w - eta g', () => {
    const wanted = [1, -2, 0.5].map((c) => {
      let w = 0;
      for (let step = 0; step < 10; step++) w -= 0.1 * (w - c) ** 3;
      return w;
    });
    expect(tenSteps(sgd({ learningRate: 0.1 }))).toEqual(wanted);
  });
  test('momentum of 1986: d <- alpha d - eta g, w <- w + d', () => {
    const wanted = [1, -2, 0.5].map((c) => {
      let [w, d] = [0, 0];
      for (let step = 0; step < 10; step++) {
        d = 0.8 * d - 0.05 * (w - c) ** 3;
        w += d;
      }
      return w;
    });
    const found = tenSteps(momentum({ learningRate: 0.05, momentum: 0.8 }));
    found.forEach((w, i) => {
      expect(w).toBeCloseTo(wanted[i] ?? Number.NaN, 14);
    });
  });
  test('momentum 0.9 when nothing is said', () => {
    expect(tenSteps(momentum({ learningRate: 0.05 }))).toEqual(
      tenSteps(momentum({ learningRate: 0.05, momentum: 0.9 })),
    );
  });
});

test('a learning rate that is no finite number from 0 up, and a momentum outside of [0, 1), are refused', () => {
  for (const learningRate of [-1, Number.NaN, Infinity])
    expect(() => sgd({ learningRate })).toThrow(OptionError);
  for (const alpha of [-0.1, 1, Number.NaN])
    expect(() => momentum({ learningRate: 0.1, momentum: alpha })).toThrow(OptionError);
});

test('slots that do not belong to the optimizer are refused by path', () => {
  const at = { learningRate: constant(1, f64), step: constant(0, { dtype: 'int32' }) };
  const w = constant([1], f64);
  expect(() =>
    momentum({ learningRate: 1 }).update([{ path: 'a/b', weight: w, gradient: w, slots: {} }], at),
  ).toThrow(/expected change, as 'momentum' keeps, got slots none for 'a\/b'/);
});
