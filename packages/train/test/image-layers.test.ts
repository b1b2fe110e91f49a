// Layers of images against JAX: fixtures/image-layers.py.
import { readFileSync } from 'node:fs';
import { cpu } from '@pullback/backend-cpu';
import {
  constant,
  evaluate,
  gradient,
  type Layer,
  mul,
  placeholder,
  type Shape,
  sizeOf,
  sum,
  transpose,
  type Value,
} from '@pullback/core';
import {
  adaptiveAveragePool,
  adaptiveMaxPool,
  averagePool,
  channelsLast,
  conv1d,
  conv2d,
  conv3d,
  convTranspose,
  cropping,
  depthwiseConv,
  globalAveragePool,
  globalMaxPool,
  maxPool,
  separableConv,
  sequential,
  upsampling,
  zeroPadding,
} from '@pullback/layers';
import { meanSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { Model, Walk } from '@pullback/train';
import { describe, expect, test } from 'vitest';

interface Case {
  readonly input: Shape;
  readonly shape: Shape;
  /** The output, the gradient at the input, those at kernels. */
  readonly numbers: readonly (readonly number[])[];
}
const file = new URL('fixtures/image-layers.json', import.meta.url);
const cases: Readonly<Record<string, Case>> = JSON.parse(readFileSync(file, 'utf8'));

type Of = Layer<readonly [Value]>;
const bare = { bias: false } as const;
const layers: Readonly<Record<string, Of>> = {
  conv1d: conv1d(2, 3, bare),
  'conv1d dilated': conv1d(1, 3, { ...bare, padding: [[3, 1]], dilation: 2 }),
  conv2d: conv2d(2, 3, { ...bare, padding: 'same' }),
  'conv2d strided': conv2d(2, [3, 2], { ...bare, padding: 'same', strides: [2, 3] }),
  'conv2d in groups': conv2d(4, [2, 3], { ...bare, strides: [1, 2], groups: 2 }),
  conv3d: conv3d(1, 2, { ...bare, strides: [1, 2, 1] }),
  depthwiseConv: depthwiseConv(3, { ...bare, strides: 2, padding: 'same', multiplier: 2 }),
  separableConv: separableConv(3, 2, { ...bare, multiplier: 2 }),
  convTranspose: convTranspose(2, 3, { ...bare, strides: 2 }),
  'convTranspose same': convTranspose(1, [3, 4], { ...bare, strides: [2, 3], padding: 'same' }),
  'convTranspose in groups': convTranspose(6, 2, { ...bare, groups: 2 }),
  maxPool: maxPool([2, 3]),
  'maxPool overlapping': maxPool(3, { strides: 2, padding: 'same' }),
  'maxPool padded': maxPool(3, { strides: 2, padding: [[2, 1]] }),
  averagePool: averagePool(2),
  'averagePool overlapping': averagePool([3, 2], { strides: [1, 2], padding: 'same' }),
  'averagePool valid': averagePool([3, 2], { strides: [1, 2] }),
  globalMaxPool: globalMaxPool(),
  globalAveragePool: globalAveragePool(),
  adaptiveMaxPool: adaptiveMaxPool(3),
  adaptiveAveragePool: adaptiveAveragePool(3),
  'adaptiveAveragePool even': adaptiveAveragePool([2, 5]),
  upsampling: upsampling([2, 3]),
  'upsampling bilinear': upsampling([2, 3], { method: 'bilinear' }),
  'upsampling linear': upsampling(4, { method: 'bilinear' }),
  zeroPadding: zeroPadding([
    [1, 0],
    [2, 1],
  ]),
  cropping: cropping([
    [1, 1],
    [0, 1],
  ]),
};

const float64 = { dtype: 'float64' } as const;
const numbersOf = (shape: Shape, f: (i: number) => number) => ({
  shape,
  data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => f(i)),
});

function walkOf(layout: 'row' | 'column' = 'row') {
  const key = constant(new Int32Array([5, 17]));
  return new Walk({ ...float64, layout, training: true, key, step: constant(0, { dtype: 'int32' }) });
}
const ends = ({ shape }: Value) =>
  shape.map((_, i) => (i === 0 ? shape.length - 1 : i === shape.length - 1 ? 0 : i));

for (const layout of ['row', 'column'] as const)
  describe(`samples in ${layout}s: output and gradients by JAX`, () => {
    for (const [name, { input, shape, numbers }] of Object.entries(cases))
      test(name, () => {
        const x = placeholder({ shape: input, ...float64 }, 'x');
        const walk = walkOf(layout);
        const layer = layers[name];
        if (layer === undefined) throw new Error(`no layer ${name}`);
        const turned = (value: Value) => (layout === 'row' ? value : transpose(value, ends(value)));
        const y = turned(walk.run('network', layer, turned(x)));
        expect(y.shape).toEqual(shape);
        const kernels = [...walk.parameters.values()].map(({ value }) => value);
        const feeds = new Map([
          [x, numbersOf(input, (i) => Math.sin(0.7 * i + 0.3))],
          ...kernels.map((value) => [value, numbersOf(value.shape, (i) => Math.cos(1.3 * i))] as const),
        ]);
        const seed = constant(
          numbersOf(shape, (i) => Math.cos(0.9 * i)),
          float64,
        );
        const all = evaluate([y, ...gradient(sum(mul(y, seed)), [x, ...kernels])], feeds);
        expect(all.length).toBe(numbers.length);
        all.forEach(({ data }, part) => {
          const wanted = numbers[part] ?? [];
          expect(data.length).toBe(wanted.length);
          data.forEach((value, i) => {
            expect(Math.abs(value - (wanted[i] ?? Number.NaN))).toBeLessThan(1e-9);
          });
        });
      });
  });

test('every case has a layer, and every layer a case', () => {
  expect(Object.keys(layers).sort()).toEqual(Object.keys(cases).sort());
});

const shapeOf = (layer: Of, shape: Shape) =>
  walkOf().run('network', layer, placeholder({ shape, ...float64 }, 'x')).shape;

describe('what does not fit is told with what to do', () => {
  test('a kernel or window larger than the image: channels first data show both readings', () => {
    const wanted =
      /a kernel of 3 x 3 over \[8, 1, 28, 28\], images of 1 x 28 with 28 channels\n.*\n.*channels first it is .* images of 28 x 28 with 1 channel: channelsLast\(\)/;
    expect(() => shapeOf(conv2d(4, 3), [8, 1, 28, 28])).toThrow(wanted);
    expect(() => shapeOf(maxPool(2), [8, 1, 28, 28])).toThrow(/a window of 2 x 2 .*\n.*\n.*channelsLast/);
    expect(() => shapeOf(separableConv(4, 3), [8, 1, 28, 28])).toThrow(/channelsLast/);
    expect(() => shapeOf(conv2d(4, 7), [8, 5, 5, 1])).toThrow(/a kernel of 7 x 7 .*\n.*\n.*padding: 'same'/);
    expect(() => shapeOf(conv2d(4, 3, { dilation: 3 }), [8, 5, 5, 1])).toThrow(/3 x 3, 3 x 3 places apart/);
    expect(shapeOf(conv2d(4, 7, { padding: 'same' }), [8, 5, 5, 1])).toEqual([8, 5, 5, 4]);
  });
  test('channels that do not divide into groups', () => {
    expect(() => shapeOf(conv2d(4, 3, { groups: 3 }), [8, 6, 8, 8])).toThrow(
      /3 groups.*\n.*\n.*with 6 channels: channelsLast/,
    );
    expect(() => shapeOf(conv2d(4, 3, { groups: 2 }), [8, 5, 5, 3])).toThrow(/divide into 2 groups/);
    expect(() => shapeOf(conv2d(3, 3, { groups: 2 }), [8, 5, 5, 4])).toThrow(/2 groups/);
    expect(() => shapeOf(convTranspose(3, 3, { groups: 2 }), [8, 5, 5, 4])).toThrow(/2 groups/);
  });
  test('images without channels, vectors, and another number of axes', () => {
    expect(() => shapeOf(conv2d(4, 3), [8, 28, 28])).toThrow(
      /height, width, channels.*\n.*\n.*reshape\(\[28, 28, 1\]\)/,
    );
    expect(() => shapeOf(conv2d(4, 3), [8, 784])).toThrow(/reshape/);
    expect(() => shapeOf(conv1d(4, 3), [8, 28, 28, 1])).toThrow(/length, channels/);
    expect(() => conv2d(4, [3, 3, 3])).toThrow(/one for each of 2 spatial axes/);
    expect(() => shapeOf(cropping(3), [8, 6, 9, 1])).toThrow(/6 x 9/);
    expect(() =>
      shapeOf(
        maxPool(2, {
          padding: [
            [2, 0],
            [0, 0],
          ],
        }),
        [8, 6, 9, 1],
      ),
    ).toThrow(/outside/);
    expect(() => shapeOf(adaptiveMaxPool(2), [8, 0, 9, 1])).toThrow();
  });
  test('options are checked', () => {
    for (const make of [
      () => conv2d(0, 3),
      () => conv2d(3, 0),
      () => conv2d(3, 1.5),
      () => maxPool(0),
      () => upsampling(0),
      () => cropping(-1),
    ])
      expect(make).toThrow(/expected/);
    // @ts-expect-error an option of another library
    expect(() => conv2d(3, 3, { stride: 2 })).toThrow(/Did you mean 'strides'/);
  });
});

test('a model of images with channels last, given channels first: both readings, and what takes them', async () => {
  const common = { loss: meanSquaredError(), optimizer: sgd({ learningRate: 0.1 }), backend: cpu() };
  const network = sequential(conv2d(2, 3), globalAveragePool());
  const images = { shape: [3, 1, 5, 4], data: new Float32Array(60) };
  const last = await Model.create({ ...common, network, input: [5, 4, 1] });
  await expect(last.predict(images)).rejects.toThrow(
    /With channels first these are images of 5 x 4 with 1; read with channels last, of 1 x 5 with 4\. input: \[1, 5, 4\] and channelsLast\(\)/,
  );
  const first = await Model.create({
    ...common,
    network: sequential(channelsLast(), network),
    input: [1, 5, 4],
  });
  expect((await first.predict(images)).shape).toEqual([3, 2]);
  expect(first.summary()).toMatch(/network\/0 +channelsLast +\[1, 5, 4, 1\]/);
});

test('channelsLast turns what comes channels first, and images of no samples keep their shapes', () => {
  const x = constant({ shape: [1, 2, 1, 3], data: Float64Array.of(1, 2, 3, 4, 5, 6) }, float64);
  const y = evaluate(walkOf().run('network', channelsLast(), x));
  expect([y.shape, Array.from(y.data)]).toEqual([
    [1, 1, 3, 2],
    [1, 4, 2, 5, 3, 6],
  ]);
  expect(shapeOf(conv2d(4, 3), [0, 5, 5, 2])).toEqual([0, 3, 3, 4]);
  expect(shapeOf(upsampling(2, { method: 'bilinear' }), [0, 5, 5, 2])).toEqual([0, 10, 10, 2]);
  expect(shapeOf(globalAveragePool({ keepAxis: true }), [4, 5, 5, 2])).toEqual([4, 1, 1, 2]);
});
