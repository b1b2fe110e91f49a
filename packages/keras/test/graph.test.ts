// Graphs of TensorFlow's ops: numbers by hand and as numpy has them.

import { cpu } from '@pullback/backend-cpu';
import { CheckpointError, UnsupportedError } from '@pullback/core';
import { openTfjs } from '@pullback/keras';
import { meanSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { Model, transferWeights } from '@pullback/train';
import { describe, expect, test } from 'vitest';

type Attributes = Record<string, unknown>;
interface Node {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Attributes;
}
interface Weight {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  readonly data: readonly number[];
}

const int = (i: number) => ({ i: String(i) });
const ints = (...all: number[]) => ({ list: { i: all.map(String) } });
const word = (s: string) => ({ s: btoa(s) });
const whole = (...data: number[]): Weight => ({ shape: [data.length], dtype: 'int32', data });
const placeholder = (shape: readonly number[]): Node => ({
  name: 'x',
  op: 'Placeholder',
  attr: {
    shape: { shape: { dim: shape.map((size) => ({ size: String(size) })) } },
    dtype: { type: 'DT_FLOAT' },
  },
});

/** model.json of `nodes`, and of a constant for each weight. */
function graph(nodes: readonly Node[], weights: Readonly<Record<string, Weight>> = {}) {
  const constants = Object.keys(weights).map((name) => ({ name, op: 'Const', attr: {} }));
  const bytes = Object.values(weights).flatMap(({ dtype, data }) => [
    ...new Uint8Array((dtype === 'int32' ? Int32Array : Float32Array).from(data).buffer),
  ]);
  const manifest = [
    {
      paths: ['shard'],
      weights: Object.entries(weights).map(([name, { shape, dtype }]) => ({ name, shape, dtype })),
    },
  ];
  const file = {
    format: 'graph-model',
    modelTopology: { node: [...nodes, ...constants] },
    weightsManifest: bytes.length > 0 ? manifest : [],
  };
  return openTfjs(new TextEncoder().encode(JSON.stringify(file)), { shards: () => Uint8Array.from(bytes) });
}

type Opened = Awaited<ReturnType<typeof graph>>;

async function modelOf(opened: Opened, input: readonly number[]) {
  const model = await Model.create({
    network: opened.network,
    input,
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: cpu(),
  });
  await transferWeights(opened.weights, model, { names: opened.names });
  return model;
}

/** The prediction for one sample of 0, 1, 2 ... of a shape, which one op makes of 'x' and its constants. */
async function predicted(op: Node, shape: readonly number[], weights: Readonly<Record<string, Weight>>) {
  const model = await modelOf(await graph([placeholder([-1, ...shape]), op], weights), shape);
  const size = shape.reduce((n, extent) => n * extent, 1);
  const data = Float32Array.from({ length: size }, (_, i) => i);
  const made = await model.predict({ shape: [1, ...shape], data });
  return { shape: made.shape, data: Array.from(made.data) };
}

describe('a part of an array', () => {
  const strided = (masks: Record<string, number>): Node => ({
    name: 'y',
    op: 'StridedSlice',
    input: ['x', 'begin', 'end', 'by'],
    attr: Object.fromEntries(Object.entries(masks).map(([mask, bits]) => [`${mask}_mask`, int(bits)])),
  });
  const at = (begin: number[], end: number[], by: number[]) => ({
    begin: whole(...begin),
    end: whole(...end),
    by: whole(...by),
  });
  test('x[:, 1:4:2]', async () => {
    const made = await predicted(strided({ begin: 1, end: 1 }), [5], at([0, 1], [0, 4], [1, 2]));
    expect(made).toEqual({ shape: [1, 2], data: [1, 3] });
  });
  test('x[:, ::-2]', async () => {
    const made = await predicted(strided({ begin: 3, end: 3 }), [5], at([0, 0], [0, 0], [1, -2]));
    expect(made).toEqual({ shape: [1, 3], data: [4, 2, 0] });
  });
  test('x[:, -2:100], past the end', async () => {
    const made = await predicted(strided({ begin: 1, end: 1 }), [5], at([0, -2], [0, 100], [1, 1]));
    expect(made).toEqual({ shape: [1, 2], data: [3, 4] });
  });
  test('x[..., 1, newaxis]', async () => {
    const masks = { ellipsis: 1, shrink_axis: 2, new_axis: 4 };
    const made = await predicted(strided(masks), [2, 3], at([0, 1, 0], [0, 2, 0], [1, 1, 1]));
    expect(made).toEqual({ shape: [1, 2, 1], data: [1, 4] });
  });
});

describe('places around', () => {
  const around: Weight = { shape: [2, 2], dtype: 'int32', data: [0, 0, 2, 1] };
  for (const [mode, data] of [
    ['REFLECT', [2, 1, 0, 1, 2, 1]],
    ['SYMMETRIC', [1, 0, 0, 1, 2, 2]],
  ] as const)
    test(`MirrorPad by ${mode}, as numpy.pad`, async () => {
      const node = { name: 'y', op: 'MirrorPad', input: ['x', 'around'], attr: { mode: word(mode) } };
      expect((await predicted(node, [3], { around })).data).toEqual(data);
    });
});

test('a fused convolution: SAME by steps of 2, a bias and relu', async () => {
  const node: Node = {
    name: 'y',
    op: '_FusedConv2D',
    input: ['x', 'kernel', 'bias'],
    attr: {
      strides: ints(1, 2, 2, 1),
      padding: word('SAME'),
      fused_ops: { list: { s: [btoa('BiasAdd'), btoa('Relu')] } },
    },
  };
  // Sums over 2 x 2 of 0 ... 8 in rows of 3, the last row and column by themselves, less 9.
  const made = await predicted(node, [3, 3, 1], {
    kernel: { shape: [2, 2, 1, 1], dtype: 'float32', data: [1, 1, 1, 1] },
    bias: { shape: [1], dtype: 'float32', data: [-9] },
  });
  expect(made).toEqual({ shape: [1, 2, 2, 1], data: [0, 0, 4, 0] });
});

test('pools: what is beyond the edge counts neither as a maximum nor in an average', async () => {
  const pool = (op: string): Node => ({
    name: 'y',
    op,
    input: ['x'],
    attr: { ksize: ints(1, 2, 2, 1), strides: ints(1, 2, 2, 1), padding: word('SAME') },
  });
  expect((await predicted(pool('MaxPool'), [3, 3, 1], {})).data).toEqual([4, 5, 7, 8]);
  expect((await predicted(pool('AvgPool'), [3, 3, 1], {})).data).toEqual([2, 3.5, 6.5, 8]);
});

test('a shape that follows from another, and outputs of a split', async () => {
  const opened = await graph(
    [
      placeholder([-1, 4]),
      { name: 'shape', op: 'Shape', input: ['x'] },
      {
        name: 'n',
        op: 'StridedSlice',
        input: ['shape', 'zero', 'one', 'one'],
        attr: { shrink_axis_mask: int(1) },
      },
      { name: 'to', op: 'Pack', input: ['n', 'two', 'two'], attr: { axis: int(0) } },
      { name: 'square', op: 'Reshape', input: ['x', 'to'] },
      { name: 'halves', op: 'Split', input: ['axis', 'square'], attr: { num_split: int(2) } },
      { name: 'y', op: 'Sub', input: ['halves:1', 'halves', '^n'] },
    ],
    {
      zero: whole(0),
      one: whole(1),
      two: { ...whole(2), shape: [] },
      axis: { ...whole(2), shape: [] },
    },
  );
  expect(opened.inputs).toEqual({ x: [4] });
  const model = await modelOf(opened, [4]);
  const made = await model.predict([[1, 2, 5, 9]]);
  expect([made.shape, Array.from(made.data)]).toEqual([
    [1, 2, 1],
    [1, 4],
  ]);
});

test('weights of a graph have the names of their nodes, and are trained', async () => {
  const opened = await graph(
    [placeholder([-1, 2]), { name: 'y', op: 'MatMul', input: ['x', 'dense/kernel'] }],
    { 'dense/kernel': { shape: [2, 1], dtype: 'float32', data: [3, 4] } },
  );
  const model = await modelOf(opened, [2]);
  expect(Array.from((await model.predict([[1, 10]])).data)).toEqual([43]);
  expect(Object.keys(await model.weights())).toEqual(['network/dense.kernel']);
  model.step({ x: [[1, 0]], y: [[2]] });
  // The slope of (3 - 2)^2 is 2, by a rate of 0.1.
  expect((await model.weights())['network/dense.kernel']?.data[0]).toBeCloseTo(2.8, 6);
});

test('channels first are refused wherever channels count, and text that is none', async () => {
  const channels = { shape: [2], dtype: 'float32', data: [1, 2] } as const;
  const all = { a: channels, b: channels, c: channels, d: channels };
  for (const [op, input] of [
    ['BiasAdd', ['x', 'a']],
    ['FusedBatchNormV3', ['x', 'a', 'b', 'c', 'd']],
    ['MaxPool', ['x']],
  ] as const) {
    const node = (s: unknown): Node => ({ name: 'y', op, input, attr: { data_format: { s } } });
    await expect(predicted(node(btoa('NCHW')), [2, 2, 2], all), op).rejects.toThrow(/channels first/);
    await expect(predicted(node('?'), [2, 2, 2], all), op).rejects.toThrow(CheckpointError);
  }
});

test('what is missing is told at once, and a damaged graph is refused', async () => {
  const y = (op: string, input: readonly string[]): Node => ({ name: 'y', op, input });
  await expect(
    graph([placeholder([-1, 2]), y('Roll', ['x']), { name: 'z', op: 'Bucketize' }]),
  ).rejects.toThrow(/ops that are missing: Roll, Bucketize/);
  await expect(graph([y('Roll', ['x'])])).rejects.toThrow(UnsupportedError);
  const circle = [
    y('Neg', ['z']),
    { name: 'z', op: 'Neg', input: ['y'] },
    { name: 'end', op: 'Neg', input: ['y'] },
  ];
  await expect(graph(circle)).rejects.toThrow(/circle/);
  await expect(graph([y('Neg', ['nobody'])])).rejects.toThrow(CheckpointError);
  await expect(
    graph([placeholder([-1, 2]), y('Add', ['x', 'c']), { name: 'c', op: 'Const' }]),
  ).rejects.toThrow(/no numbers of 'c'/);
});

test('sizes that no memory has are refused before anything is computed', async () => {
  const square = whole(65_536, 65_536);
  const fill: Node = { name: 'y', op: 'Fill', input: ['dims', 'one'] };
  const one: Weight = { shape: [], dtype: 'int32', data: [1] };
  await expect(predicted(fill, [2], { dims: square, one })).rejects.toThrow(/\[65536, 65536\] of 'y'/);
});
