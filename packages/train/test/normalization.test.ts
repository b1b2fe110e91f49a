// Against the formulas of the papers in loops over numbers.

import { cpu } from '@pullback/backend-cpu';
import {
  constant,
  evaluate,
  gradient,
  type Layer,
  type Layout,
  OptionError,
  placeholder,
  type Shape,
  ShapeError,
  square,
  sum,
  transpose,
} from '@pullback/core';
import { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm, sequential } from '@pullback/layers';
import { meanSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { Model, Walk } from '@pullback/train';
import { describe, expect, test } from 'vitest';

const shape = [3, 2, 2, 4];
const data = Float64Array.from({ length: 48 }, (_, i) => 3 * Math.sin(5 * i) + (i % 4));
const at = (n: number, h: number, w: number, c: number) => data[((n * 2 + h) * 2 + w) * 4 + c] ?? Number.NaN;
const places = [0, 1].flatMap((h) => [0, 1].map((w) => [h, w] as const));
const spread = (numbers: readonly number[], epsilon: number) => {
  const mean = numbers.reduce((a, b) => a + b) / numbers.length;
  const variance = numbers.reduce((a, x) => a + (x - mean) ** 2, 0) / numbers.length;
  return (x: number) => (x - mean) / Math.sqrt(variance + epsilon);
};
/** What f(n, h, w, c) makes of every element. */
const everywhere = (f: (n: number, h: number, w: number, c: number) => number) =>
  Float64Array.from({ length: 48 }, (_, i) =>
    f(Math.floor(i / 16), Math.floor(i / 8) % 2, Math.floor(i / 4) % 2, i % 4),
  );

function walked(
  layer: Layer<readonly [ReturnType<typeof constant>]>,
  training: boolean,
  layout: Layout = 'row',
) {
  const key = constant(new Int32Array([5, 17]));
  const walk = new Walk({ dtype: 'float64', layout, training, key, step: constant(0, { dtype: 'int32' }) });
  const x = constant({ shape, data }, { dtype: 'float64' });
  const y = walk.run('network', layer, layout === 'row' ? x : transpose(x, [3, 1, 2, 0]));
  const feeds = new Map(
    [...walk.parameters.values()].map(({ path, value }) => [
      value,
      {
        shape: value.shape,
        data: Float64Array.from({ length: 4 }, (_, c) => (path.endsWith('scale') ? 1 + c : c / 8)),
      },
    ]),
  );
  for (const { path, value } of walk.states.values())
    feeds.set(value, {
      shape: value.shape,
      data: Float64Array.from({ length: 4 }, (_, c) => (path.endsWith('variance') ? 2 + c : c - 1)),
    });
  return { y: layout === 'row' ? y : transpose(y, [3, 1, 2, 0]), walk, feeds };
}
const line = (x: number, c: number) => (1 + c) * x + c / 8;
function expectNear(got: ArrayLike<number>, wanted: ArrayLike<number>) {
  expect(got.length).toBe(wanted.length);
  for (let i = 0; i < got.length; i++)
    expect(Math.abs((got[i] ?? Number.NaN) - (wanted[i] ?? 0))).toBeLessThan(1e-12);
}

const channel = (c: number) => [0, 1, 2].flatMap((n) => places.map(([h, w]) => at(n, h, w, c)));
const cases: Record<string, readonly [Layer<readonly [ReturnType<typeof constant>]>, Float64Array]> = {
  'layerNorm: over the features of a place': [
    layerNorm({ epsilon: 0.1 }),
    everywhere((n, h, w, c) =>
      line(
        spread(
          [0, 1, 2, 3].map((k) => at(n, h, w, k)),
          0.1,
        )(at(n, h, w, c)),
        c,
      ),
    ),
  ],
  'rmsNorm: x / sqrt(mean x^2 + epsilon)': [
    rmsNorm({ epsilon: 0.1 }),
    everywhere((n, h, w, c) => {
      const power = [0, 1, 2, 3].reduce((a, k) => a + at(n, h, w, k) ** 2, 0) / 4;
      return ((1 + c) * at(n, h, w, c)) / Math.sqrt(power + 0.1);
    }),
  ],
  'groupNorm: over the places of a sample and two features': [
    groupNorm(2),
    everywhere((n, h, w, c) => {
      const group = [0, 1].map((k) => k + 2 * Math.floor(c / 2));
      const numbers = places.flatMap(([i, j]) => group.map((k) => at(n, i, j, k)));
      return line(spread(numbers, 1e-5)(at(n, h, w, c)), c);
    }),
  ],
  'instanceNorm: over the places of a sample': [
    instanceNorm({ scale: false }),
    everywhere(
      (n, h, w, c) =>
        spread(
          places.map(([i, j]) => at(n, i, j, c)),
          1e-5,
        )(at(n, h, w, c)) +
        c / 8,
    ),
  ],
  'batchNorm: over all samples and places': [
    batchNorm(),
    everywhere((n, h, w, c) => line(spread(channel(c), 1e-5)(at(n, h, w, c)), c)),
  ],
};
for (const [name, [layer, wanted]] of Object.entries(cases))
  for (const layout of ['row', 'column'] as const)
    test(`${name}, samples in ${layout}s`, () => {
      const { y, feeds } = walked(layer, true, layout);
      expectNear(evaluate(y, feeds).data, wanted);
    });

describe('batchNorm', () => {
  test('running figures: r <- momentum r + (1 - momentum) figure, with the unbiased variance', () => {
    const { walk, feeds } = walked(batchNorm({ momentum: 0.7 }), true);
    const next = [...walk.states.values()].map((state) => evaluate(state.next, feeds).data);
    const [means, variances] = [0, 1].map((of) =>
      [0, 1, 2, 3].map((c) => {
        const numbers = channel(c);
        const mean = numbers.reduce((a, b) => a + b) / 12;
        const unbiased = numbers.reduce((a, x) => a + (x - mean) ** 2, 0) / 11;
        return of === 0 ? 0.7 * (c - 1) + 0.3 * mean : 0.7 * (2 + c) + 0.3 * unbiased;
      }),
    );
    expectNear(next[0] ?? [], means ?? []);
    expectNear(next[1] ?? [], variances ?? []);
  });
  test('prediction takes the running figures and nothing of the batch', () => {
    const { y, feeds } = walked(batchNorm(), false);
    expectNear(
      evaluate(y, feeds).data,
      everywhere((n, h, w, c) => line((at(n, h, w, c) - (c - 1)) / Math.sqrt(2 + c + 1e-5), c)),
    );
  });
  test('a batch of one number for each feature is refused, with the way out', () => {
    const of = (batch: Shape, training: boolean) => {
      const key = constant(new Int32Array([5, 17]));
      const walk = new Walk({
        dtype: 'float64',
        layout: 'row',
        training,
        key,
        step: constant(0, { dtype: 'int32' }),
      });
      return walk.run('network', batchNorm(), placeholder({ shape: batch, dtype: 'float64' }, 'x')).shape;
    };
    expect(() => of([1, 4], true)).toThrow(/fewer than two numbers.*\n.*\n.*layerNorm or groupNorm/);
    expect(() => of([1, 1, 1, 4], true)).toThrow(ShapeError);
    expect(of([1, 2, 1, 4], true)).toEqual([1, 2, 1, 4]);
    expect(of([1, 4], false)).toEqual([1, 4]);
    expect(of([0, 4], false)).toEqual([0, 4]);
  });
  test('the gradient knows that the figures depend on the batch: it is orthogonal to 1 and to what was normalised', () => {
    const x = placeholder({ shape: [6, 1], dtype: 'float64' }, 'x');
    const walk = new Walk({
      dtype: 'float64',
      layout: 'row',
      training: true,
      key: constant(new Int32Array([1, 2])),
      step: constant(0, { dtype: 'int32' }),
    });
    const y = walk.run('network', batchNorm({ scale: false, bias: false, epsilon: 1e-12 }), x);
    const [slope] = gradient(sum(square(square(y))), [x]);
    const numbers = Float64Array.of(1, -2, 3, 0.5, 7, -1);
    const feeds = new Map([[x, { shape: [6, 1], data: numbers }]]);
    const g = Array.from(evaluate(slope ?? x, feeds).data);
    const { data: z } = evaluate(y, feeds);
    expect(Math.abs(g.reduce((a, b) => a + b, 0))).toBeLessThan(1e-9);
    expect(Math.abs(g.reduce((a, b, i) => a + b * (z[i] ?? 0), 0))).toBeLessThan(1e-9);
    expect(g.some((one) => Math.abs(one) > 0.1)).toBe(true);
  });
  test('a model trains with it, predicts one sample, and its last batch of one is refused', async () => {
    const model = await Model.create({
      network: sequential(batchNorm()),
      input: [2],
      loss: meanSquaredError(),
      optimizer: sgd({ learningRate: 0.1 }),
      backend: cpu(),
    });
    const x = Array.from({ length: 5 }, (_, i) => [i, 2 * i + 1]);
    await model.fit(x.slice(0, 4), x.slice(0, 4), { batchSize: 2, progress: false });
    expect((await model.predict([[1, 2]])).shape).toEqual([1, 2]);
    await expect(model.fit(x, x, { batchSize: 2, progress: false })).rejects.toThrow(
      /'network\/0'|batch of \[1, 2\]/,
    );
  });
});

test('features that do not divide, and options', () => {
  expect(() => walked(groupNorm(3), true)).toThrow(/4 features.*\n.*\n.*1, 2, 4/);
  for (const make of [
    () => groupNorm(0),
    () => layerNorm({ epsilon: 0 }),
    () => batchNorm({ momentum: 1.1 }),
  ])
    expect(make).toThrow(OptionError);
});
