import { cpu } from '@pullback/backend-cpu';
import {
  constant,
  defineLayer,
  evaluate,
  type Layer,
  normal,
  OptionError,
  ShapeError,
  square,
  sum,
  type Tensor,
  Value,
} from '@pullback/core';
import {
  add,
  alphaDropout,
  concatenate,
  dense,
  dropout,
  filled,
  gaussianNoise,
  lambda,
  multiply,
  permute,
  relu,
  rescale,
  reshape,
  residual,
  sequential,
  spatialDropout,
  tanh,
} from '@pullback/layers';
import { halfSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { Model, Walk } from '@pullback/train';
import { describe, expect, test } from 'vitest';

const key = constant(new Int32Array([5, 17]));

/** What a layer without weights makes of x, in training or in prediction, at a step. */
function run(
  layer: Layer<readonly [Value]>,
  x: Tensor | number[][] | number[][][],
  { training = true, layout = 'row' as 'row' | 'column', step = 0 } = {},
) {
  const walk = new Walk({
    dtype: 'float64',
    layout,
    training,
    key,
    step: constant(step, { dtype: 'int32' }),
  });
  return evaluate(walk.run('network', layer, constant(x, { dtype: 'float64' })));
}

const filledWith = (value: number, shape: readonly number[]) => ({
  shape,
  dtype: 'float64' as const,
  data: new Float64Array(shape.reduce((n, extent) => n * extent, 1)).fill(value),
});
const moments = (tensor: Tensor) => {
  const data = Float64Array.from(tensor.data);
  const mean = data.reduce((total, x) => total + x, 0) / data.length;
  return { mean, variance: data.reduce((total, x) => total + (x - mean) ** 2, 0) / data.length };
};

describe('noise', () => {
  const n = 40_000;
  /** Five standard errors of the mean of n numbers with standard deviation s. */
  const five = (s: number) => (5 * s) / Math.sqrt(n);

  test('dropout: 0 or x / (1 - rate), so often as the rate says, with mean x', () => {
    const y = run(dropout(0.3), filledWith(2, [200, 200]));
    expect([...new Set(y.data)].sort()).toEqual([0, 2 * (1 / 0.7)]);
    const zeros = y.data.filter((x) => x === 0).length / n;
    expect(Math.abs(zeros - 0.3)).toBeLessThan(five(Math.sqrt(0.3 * 0.7)));
  });

  test('spatial dropout drops whole channels of a sample', () => {
    const y = run(spatialDropout(0.5), filledWith(1, [6, 7, 5]));
    for (let sample = 0; sample < 6; sample++)
      for (let channel = 0; channel < 5; channel++) {
        const seen = new Set(Array.from({ length: 7 }, (_, i) => y.data[(sample * 7 + i) * 5 + channel]));
        expect([[...seen].join(), seen.size]).toEqual([expect.stringMatching(/^[02]$/), 1]);
      }
    expect(new Set(y.data).size).toBe(2);
  });

  test('alpha dropout keeps mean 0 and variance 1 of a standard normal', () => {
    const x = evaluate(normal(key, [200, 200], { dtype: 'float64' }));
    for (const rate of [0.1, 0.5]) {
      const { mean, variance } = moments(run(alphaDropout(rate), x));
      expect(Math.abs(mean)).toBeLessThan(five(1));
      expect(Math.abs(variance - 1)).toBeLessThan(0.04);
    }
  });

  test('gaussian noise has mean 0, the given deviation and the tails of a normal', () => {
    const y = run(gaussianNoise(0.5), filledWith(3, [200, 200]));
    const { mean, variance } = moments(y);
    expect(Math.abs(mean - 3)).toBeLessThan(five(0.5));
    expect(Math.abs(variance - 0.25)).toBeLessThan(five(0.25 * Math.SQRT2));
    const far = y.data.filter((x) => Math.abs(x - 3) > 1).length / n;
    expect(Math.abs(far - 0.0455)).toBeLessThan(five(Math.sqrt(0.0455)));
  });

  test('another draw for another step and for another place, the same for the same', () => {
    const x = filledWith(1, [4, 8]);
    const twice = lambdaOf(dropout(0.5));
    expect(run(dropout(0.5), x, { step: 1 }).data).toEqual(run(dropout(0.5), x, { step: 1 }).data);
    expect(run(dropout(0.5), x, { step: 1 }).data).not.toEqual(run(dropout(0.5), x, { step: 2 }).data);
    const { data } = run(twice, x);
    expect(data.subarray(0, 32)).not.toEqual(data.subarray(32));
  });

  test('prediction passes x on, and a rate outside of [0, 1) is refused', () => {
    for (const layer of [dropout(0.9), alphaDropout(0.9), spatialDropout(0.9), gaussianNoise(9)])
      expect(run(layer, [[1, 2]], { training: false }).data).toEqual(Float64Array.of(1, 2));
    for (const make of [dropout, alphaDropout, spatialDropout])
      for (const rate of [-0.1, 1, Number.NaN]) expect(() => make(rate)).toThrow(OptionError);
    expect(() => gaussianNoise(-1)).toThrow(OptionError);
  });

  /** A layer applied twice, its outputs one below the other. */
  function lambdaOf(layer: Layer<readonly [Value]>): Layer<readonly [Value]> {
    return defineLayer('twice', (scope, x) =>
      concatenate([scope.apply(layer, x), scope.apply(layer, x)], { axis: 0 }),
    );
  }
});

describe('shapes', () => {
  const x = [
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  ];
  test('reshape keeps the order, -1 takes what is left, in both layouts', () => {
    expect(run(reshape([3, -1]), x)).toMatchObject({
      shape: [1, 3, 2],
      data: Float64Array.of(1, 2, 3, 4, 5, 6),
    });
    expect(run(reshape([2, -1]), x, { layout: 'column' })).toMatchObject({
      shape: [2, 1, 3],
      data: Float64Array.of(1, 2, 3, 4, 5, 6),
    });
    expect(() => run(reshape([4]), x)).toThrow(ShapeError);
    expect(() => run(reshape([4, -1]), x)).toThrow(ShapeError);
    for (const shape of [[-1, -1], [1.5], [-2]]) expect(() => reshape(shape)).toThrow(OptionError);
  });
  test('reshape of no samples and to an empty shape', () => {
    expect(run(reshape([2, 2]), filledWith(0, [0, 4])).shape).toEqual([0, 2, 2]);
    expect(run(reshape([]), [[7]]).shape).toEqual([1]);
  });
  test('permute moves the axes of samples and leaves that of samples', () => {
    expect(run(permute([1, 0]), x)).toMatchObject({
      shape: [1, 3, 2],
      data: Float64Array.of(1, 4, 2, 5, 3, 6),
    });
    expect(run(permute([1, 0]), x, { layout: 'column' }).shape).toEqual([2, 1, 3]);
    expect(() => permute([0, 2])).toThrow(OptionError);
    expect(() => run(permute([0]), x)).toThrow(ShapeError);
  });
});

describe('graphs of reusable layers', () => {
  const x = [
    [1, 2],
    [3, 4],
  ];
  test('residual, add, multiply, concatenate and lambda by hand', () => {
    expect(run(residual(rescale(10)), x).data).toEqual(Float64Array.of(11, 22, 33, 44));
    expect(run(add(rescale(10), rescale(100)), x).data).toEqual(Float64Array.of(110, 220, 330, 440));
    expect(run(multiply(rescale(10), rescale(2)), x).data).toEqual(Float64Array.of(20, 80, 180, 320));
    expect(run(concatenate([rescale(1), rescale(-1)]), x)).toMatchObject({
      shape: [2, 4],
      data: Float64Array.of(1, 2, -1, -2, 3, 4, -3, -4),
    });
    expect(run(concatenate([rescale(1), rescale(-1)]), x, { layout: 'column' }).shape).toEqual([4, 2]);
    expect(run(concatenate([rescale(1), rescale(-1)], { axis: 0 }), x).shape).toEqual([4, 2]);
    expect(
      run(
        lambda((v: Value) => square(v)),
        x,
      ).data,
    ).toEqual(Float64Array.of(1, 4, 9, 16));
  });
  test('without branches they take several inputs', () => {
    const both = (layer: Layer<readonly Value[]>) =>
      defineLayer('both', (scope, v: Value) => scope.apply(layer, v, square(v)));
    expect(run(both(add()), x).data).toEqual(Float64Array.of(2, 6, 12, 20));
    expect(run(both(multiply()), x).data).toEqual(Float64Array.of(1, 8, 27, 64));
    expect(run(both(concatenate()), x).shape).toEqual([2, 4]);
    expect(() =>
      run(
        defineLayer('none', (scope) => scope.apply(add())),
        x,
      ),
    ).toThrow(OptionError);
  });
  test('the same names are functions of Values', () => {
    const v = constant(x, { dtype: 'float64' });
    expect(evaluate(add(v, 1)).data).toEqual(Float64Array.of(2, 3, 4, 5));
    expect(evaluate(concatenate([v, v])).shape).toEqual([2, 4]);
    expect(evaluate(reshape(v, [4])).shape).toEqual([4]);
    expect(add(v, v)).toBeInstanceOf(Value);
  });
  test('a residual layer that changes the shape, and one of nothing, are refused', () => {
    expect(() => run(residual(dense(3)), x)).toThrow(/to be added to the input/);
    expect(() => residual()).toThrow(OptionError);
  });
  test('a residual network trains, and a layer in two branches shares its weights', async () => {
    const shared = dense(2, { name: 'shared', kernelInitializer: filled(0.1) });
    const model = await Model.create({
      network: sequential(
        add(sequential(shared, tanh()), sequential(shared, relu())),
        residual(dense(2)),
        dense(1),
      ),
      input: [2],
      loss: halfSquaredError(),
      optimizer: sgd({ learningRate: 0.01 }),
      backend: cpu(),
      dtype: 'float64',
    });
    expect(Object.keys(await model.weights()).filter((path) => path.includes('shared'))).toHaveLength(2);
    const y = [[1], [-1]];
    const history = await model.fit(x, y, { epochs: 400, progress: false });
    expect(history.at(-1)?.['loss']).toBeLessThan(0.1 * (history[0]?.['loss'] ?? 0));
    expect(sum(constant(x)).shape).toEqual([]);
  });
});
