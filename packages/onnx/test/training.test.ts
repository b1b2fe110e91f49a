import { CpuBackend } from '@pullback/backend-cpu';
import { div, type Tensor } from '@pullback/core';
import { dense, frozen, sequential } from '@pullback/layers';
import { meanSquaredError } from '@pullback/losses';
import { elementTypes, type GraphParts, onnx, onnxBytes, onnxOutputs, readOnnx } from '@pullback/onnx';
import { operatorPlugin, readOnnxWith } from '@pullback/onnx/plugin';
import { sgd } from '@pullback/optimizers';
import { createContainer, fork } from '@pullback/plugin';
import { Model } from '@pullback/train';
import { describe, expect, test } from 'vitest';

const float = (shape: readonly number[], numbers: readonly number[]): Tensor => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from(numbers),
});

/** tanh((x - mean) / sqrt(variance)) W + b, as a file says it. */
const parts: GraphParts = {
  inputs: [{ name: 'x', shape: ['n', 2] }],
  outputs: [{ name: 'y', shape: ['n', 1] }],
  nodes: [
    { operator: 'BatchNormalization', inputs: ['x', 'one', 'zero', 'mean', 'var'], outputs: ['norm'] },
    { operator: 'Tanh', inputs: ['norm'], outputs: ['features'] },
    { operator: 'Gemm', inputs: ['features', 'head/w', 'head/b'], outputs: ['y'] },
  ],
  numbers: {
    one: float([2], [1, 1]),
    zero: float([2], [0, 0]),
    mean: float([2], [1, 2]),
    var: float([2], [4, 4]),
    'head/w': float([2, 1], [1, -1]),
    'head/b': float([1], [0.5]),
  },
};
const x = { shape: [4, 2], data: Float32Array.of(0, 1, 1, 2, 2, 0, 3, 3) };
const y = { shape: [4, 1], data: Float32Array.of(1, -1, 2, 0) };
const options = {
  loss: meanSquaredError(),
  optimizer: sgd({ learningRate: 0.1 }),
  backend: new CpuBackend(),
};

describe('a file as a layer', () => {
  test('its numbers are weights by name, and its output is that of the file', async () => {
    const network = onnx(readOnnx(onnxBytes(parts)));
    expect(network.input()).toEqual({ x: [2] });
    const model = await Model.create({ network, input: network.input(), ...options });
    expect(Object.keys(await model.weights())).toEqual([
      'network/one',
      'network/zero',
      'network/mean',
      'network/var',
      'network/head.w',
      'network/head.b',
    ]);
    const { data } = await model.predict({ x });
    const f = (a: number, b: number) =>
      Math.tanh((a - 1) / Math.sqrt(4 + 1e-5)) - Math.tanh((b - 2) / Math.sqrt(4 + 1e-5)) + 0.5;
    const expected = [f(0, 1), f(1, 2), f(2, 0), f(3, 3)];
    expected.forEach((value, i) => {
      expect(data[i]).toBeCloseTo(value, 6);
    });
  });

  test('training changes weights, and leaves the statistics of a normalization', async () => {
    const network = onnx(readOnnx(onnxBytes(parts)));
    const model = await Model.create({ network, input: [2], ...options });
    const before = await model.weights();
    const records = await model.fit(x, y, { epochs: 20, progress: false });
    expect(records.at(-1)?.['loss']).toBeLessThan((records[0]?.['loss'] ?? 0) * 0.7);
    const after = await model.weights();
    for (const name of ['mean', 'var'])
      expect(after[`network/${name}`]?.data).toEqual(before[`network/${name}`]?.data);
    for (const name of ['head.w', 'head.b', 'one'])
      expect(after[`network/${name}`]?.data).not.toEqual(before[`network/${name}`]?.data);
  });

  test('a graph is cut at a name inside, frozen, and gets another head', async () => {
    const features = onnx(readOnnx(onnxBytes(parts)), { outputs: ['features'], name: 'features' });
    const network = sequential(frozen(features), dense(3));
    const model = await Model.create({ network, input: [2], ...options });
    const before = await model.weights();
    expect(Object.keys(before)).not.toContain('network/features/head.w');
    await model.fit(x, { shape: [4, 3], data: new Float32Array(12) }, { epochs: 2, progress: false });
    const after = await model.weights();
    expect(after['network/features/one']?.data).toEqual(before['network/features/one']?.data);
    expect(after['network/1/kernel']?.data).not.toEqual(before['network/1/kernel']?.data);
  });

  test('inputs come as floats and are cast, several outputs have names, symbolic dimensions are named', async () => {
    const graph: GraphParts = {
      inputs: [{ name: 'tokens', shape: ['n', 'length'], type: elementTypes.int64 }],
      outputs: [
        { name: 'rows', shape: ['n', 'length', 2] },
        { name: 'mean', shape: ['n', 2] },
      ],
      nodes: [
        { operator: 'Gather', inputs: ['table', 'tokens'], outputs: ['rows'] },
        { operator: 'ReduceMean', inputs: ['rows', 'axis'], outputs: ['mean'], attributes: { keepdims: 0 } },
      ],
      numbers: {
        table: float([3, 2], [0, 1, 2, 3, 4, 5]),
        axis: { shape: [1], dtype: 'int32', data: Int32Array.of(1), type: elementTypes.int64 },
      },
    };
    const network = onnxOutputs(readOnnx(onnxBytes(graph)));
    expect(() => onnx(readOnnx(onnxBytes(graph)))).toThrow(/one output/);
    expect(network.input({ length: 2 })).toEqual({ tokens: [2] });
    expect(() => network.input()).toThrow(/'length'/);
    const loss = { rows: meanSquaredError(), mean: meanSquaredError() };
    const model = await Model.create({ ...options, network, input: network.input({ length: 2 }), loss });
    const made = await model.predictAll({ tokens: [[2, 1]] });
    expect(Array.from(made['rows']?.data ?? [])).toEqual([4, 5, 2, 3]);
    expect(Array.from(made['mean']?.data ?? [])).toEqual([3, 4]);
  });

  test('the same in float64', async () => {
    const network = onnx(readOnnx(onnxBytes(parts)));
    const model = await Model.create({ network, input: [2], dtype: 'float64', ...options });
    const { data } = await model.predict(x);
    expect(data[1]).toBe(0.5);
  });
});

test('operators of a plugin are those of a container, and of its forks', () => {
  const bytes = onnxBytes({
    inputs: [{ name: 'x' }],
    outputs: [{ name: 'y' }],
    nodes: [{ operator: 'Half', domain: 'com.acme', inputs: ['x'], outputs: ['y'] }],
  });
  const container = createContainer(operatorPlugin({ 'com.acme:Half': (node) => div(node.x(0), 2) }));
  expect(readOnnx(bytes).unsupported).toHaveLength(1);
  expect(readOnnxWith(container, bytes).unsupported).toEqual([]);
  expect(readOnnxWith(fork(container), bytes).unsupported).toEqual([]);
  expect(() => onnx(readOnnxWith(createContainer(), bytes))).toThrow(/com\.acme:Half/);
});
