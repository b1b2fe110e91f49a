import { CpuBackend } from '@pullback/backend-cpu';
import {
  argmax,
  constant,
  type DType,
  erf,
  evaluate,
  expm1,
  flip,
  fold,
  gather,
  gradient,
  iota,
  less,
  log1p,
  max,
  mod,
  mul,
  pad,
  pow,
  scatterAdd,
  select,
  sin,
  slice,
  square,
  sum,
  type Tensor,
  tanh,
  type Value,
  windows,
} from '@pullback/core';
import { meanSquaredError } from '@pullback/losses';
import { onnxFunction, onnxOf, onnxWriter, readOnnx } from '@pullback/onnx';
import { sgd } from '@pullback/optimizers';
import { Model } from '@pullback/train';
import { describe, expect, test } from 'vitest';
import { networks, samplesOf } from './written/networks.ts';

describe('a model goes out and comes back equal', () => {
  test.each(Object.entries(networks))('%s', async (_, example) => {
    const model = await Model.create({
      network: example.network,
      input: example.input,
      loss: meanSquaredError(),
      optimizer: sgd({ learningRate: 0.1 }),
      backend: new CpuBackend(),
    });
    const x = samplesOf(example, 2);
    const wanted = await model.predict(x);
    const { code } = await model.export({ x }, { writer: onnxWriter() });
    const file = readOnnx(code);
    expect(file.unsupported).toEqual([]);
    const { prediction } = onnxFunction(file)({ x: constant(x) });
    const made = prediction && evaluate(prediction);
    expect(made?.shape).toEqual(wanted.shape);
    wanted.data.forEach((value, i) => {
      expect(made?.data[i]).toBeCloseTo(value, 5);
    });
  });
});

const float = (...shape: number[]): Tensor => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from({ length: shape.reduce((n, e) => n * e, 1) }, (_, i) => Math.sin(i * 1.3) + 0.1),
});
const whole = (shape: number[], numbers: number[]): Tensor => ({
  shape,
  dtype: 'int32',
  data: Int32Array.from(numbers),
});

type Row = readonly [what: string, f: (...x: readonly Value[]) => Value, x: Tensor, y?: Tensor];

/** Functions of a first and a second Value. */
const of =
  (f: (x: Value, y: Value) => Value) =>
  (...[x, y]: readonly Value[]) => {
    if (x === undefined) throw new Error('nothing');
    return f(x, y ?? x);
  };

const rows: readonly Row[] = [
  ['expm1', of(expm1), float(3)],
  ['log1p of squares', of((x) => log1p(square(x))), float(3)],
  ['erf, sin and tanh', of((x) => erf(sin(tanh(x)))), float(2, 3)],
  ['mod of floats', of(mod), float(3), float(3)],
  ['mod of integers', of(mod), whole([4], [-7, 7, 5, 0]), whole([4], [3, -3, 5, 2])],
  ['pow of Values', of((x, y) => pow(square(x), y)), float(3), float(3)],
  ['select of bools', of((x) => select(less(x, 0), less(x, -0.5), less(0.5, x))), float(4)],
  ['what broadcasts', of((x, y) => mul(x, y)), float(2, 1, 3), float(4, 1)],
  ['argmax', of((x) => argmax(x, { axis: 1 })), float(2, 4)],
  ['max and sum', of((x) => sum(max(x, { axis: 0 }))), float(2, 4)],
  ['flip', of((x) => flip(x, 1)), float(2, 3)],
  ['slice with steps', of((x) => slice(x, [0, 1], [2, 4], [1, 2])), float(2, 4)],
  [
    'pad around and between',
    of((x) => pad(x, { low: [1, 0], high: [0, 2], between: [0, 2], value: 7 })),
    float(2, 3),
  ],
  [
    'windows',
    of((x) => windows(x, { axes: [0, 1], size: [2, 3], step: [1, 2], dilation: [2, 1] })),
    float(4, 6),
  ],
  ['fold', of((x) => fold(x, { axes: [1], size: 2, extents: [5] })), float(2, 4, 2)],
  [
    'gather with indices outside',
    of((x, i) => gather(x, i, { axis: 1 })),
    float(2, 3),
    whole([2, 2], [0, 2, -1, 3]),
  ],
  ['scatterAdd', of((x, i) => scatterAdd(x, i, { axis: 1, size: 3 })), float(2, 4), whole([4], [0, 2, 2, 5])],
  ['iota', of((x) => mul(x, iota(x.shape, { axis: 1, dtype: 'float32' }))), float(2, 3)],
  ['a gradient', of((x) => gradient(sum(tanh(square(x))), [x])[0] ?? x), float(3)],
];

describe('a function goes out and comes back equal', () => {
  test.each(rows.map(([what, f, x, y]) => ({ what, f, inputs: y === undefined ? [x] : [x, y] })))(
    '$what',
    ({ f, inputs }) => {
      const specs = Object.fromEntries(inputs.map(({ shape, dtype }, i) => [`x${i}`, { shape, dtype }]));
      const file = readOnnx(onnxOf((...x) => ({ y: f(...x) }), { inputs: specs }));
      const given = inputs.map((input) => constant(input));
      const { y } = onnxFunction(file)(Object.fromEntries(given.map((value, i) => [`x${i}`, value])));
      const [made, wanted] = [y && evaluate(y), evaluate(f(...given))];
      expect(made?.shape).toEqual(wanted.shape);
      expect(made?.dtype).toBe<DType>(wanted.dtype);
      wanted.data.forEach((value, i) => {
        expect(made?.data[i]).toBeCloseTo(value, 5);
      });
    },
  );
});
