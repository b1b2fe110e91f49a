import { wasm } from '@pullback/backend-wasm';
import { add, defineNode, matmul, mul, placeholder, relu, square, sum, type Value } from '@pullback/core';
import { expect, test } from 'vitest';
import type { FrameData, GraphData } from '../src/data.ts';
import { fold } from '../src/folding.ts';
import { look } from '../src/record.ts';
import { small, xor } from './graphs.ts';

const nodeOf = (graph: GraphData, path: string) => graph.nodes.findIndex((node) => node.path === path);
const placeOf = (graph: GraphData, path: string) => graph.nodes[nodeOf(graph, path)]?.outputs[0] ?? -1;
const between = (graph: GraphData, from: string, to: string) =>
  graph.edges.findIndex((edge) => edge.value === placeOf(graph, from) && edge.to === nodeOf(graph, to));
const along = (graph: GraphData, frame: FrameData, from: string, to: string) =>
  Array.from(frame.edges[between(graph, from, to)]?.sample ?? []);

test('(2.5) (2.6) the gradient of one weight, followed by hand through the drawing', async () => {
  const { model, recorder } = await small();
  const frame = await recorder.record();
  const { graph } = recorder;
  const weights = await model.weights();
  const w1 = weights['network/hidden/kernel']?.data ?? [];
  const w2 = weights['network/output/kernel']?.data ?? [];
  // Biases are 0 at first. In numbers alone: forward, then one J^T after the other, for the weight from input 0 to unit 1.
  let expected = 0;
  xor.x.forEach(([a = 0, b = 0], n) => {
    const x1 = [0, 1, 2].map((k) => Math.tanh(a * Number(w1[k]) + b * Number(w1[3 + k])));
    const z2 = x1.reduce((z, x, k) => z + x * Number(w2[k]), 0);
    const delta2 = (1 / (1 + Math.exp(-z2)) - (xor.y[n]?.[0] ?? 0)) / 4; // (3.7), mean of 4 samples
    const delta1 = (1 - (x1[1] ?? 0) ** 2) * Number(w2[1]) * delta2; // (3.2) W^2T
    expected += delta1 * a; // x^0T
  });
  const kernel = along(graph, frame, 'network/hidden/kernel', 'network/hidden/contract');
  expect(kernel[1]).toBeCloseTo(expected, 6);
});

test('what every node is, and what goes back along each edge, in formulas and equations', async () => {
  const { recorder } = await small();
  const { nodes, edges, values } = recorder.graph;
  const told = nodes
    .filter(({ path }) => path.startsWith('network'))
    .map(({ path, formula, equation }) => `${path} ${formula} ${equation}`);
  expect(told).toEqual([
    'network/hidden/kernel  ',
    'network/hidden/contract y = x kernel 4.2',
    'network/hidden/bias  ',
    'network/hidden/broadcast y = bias ',
    'network/hidden/add y = a + b (2.7)',
    'network/hidden/tanh y = tanh(x) (3.1)',
    'network/output/kernel  ',
    'network/output/contract y = x kernel 4.2',
    'network/output/bias  ',
    'network/output/broadcast y = bias ',
    'network/output/add y = a + b (2.7)',
    'network/output/sigmoid y = sigmoid(x) 3.1.1',
  ]);
  const back = edges
    .filter(({ to }) => nodes[to]?.path.startsWith('network/hidden'))
    .map(({ value, vjp, equation }) => `${nodes[values[value]?.node ?? -1]?.name}: ${vjp} ${equation}`);
  expect(back).toEqual([
    'x: g kernelᵀ (2.3), 4.1',
    'kernel: xᵀ g (2.6)',
    'bias: sum over axis 0 of (g) (2.10), 4.2',
    'contract: g (1.2)',
    'broadcast: g (1.2)',
    'add: g · (1 − y²) (3.2)',
  ]);
});

test('what came back along all edges of a value adds up to its gradient, as model.inspect has it', async () => {
  const { model, recorder } = await small();
  const { graph } = recorder;
  const frame = await recorder.record();
  const inspection = await model.inspect({ x: xor.x, target: xor.y });
  graph.values.forEach((_, value) => {
    const parts = graph.edges.flatMap((edge, i) => (edge.value === value ? (frame.edges[i] ?? []) : []));
    const whole = frame.gradients[value];
    if (parts.length === 0 || whole === undefined) return;
    const added = Array.from(whole.sample, (_x, k) =>
      parts.reduce((total, part) => total + (part.sample[k] ?? 0), 0),
    );
    added.forEach((x, k) => {
      expect(x).toBeCloseTo(whole.sample[k] ?? Number.NaN, 6);
    });
  });
  for (const path of ['network/hidden/kernel', 'network/output/bias'])
    Array.from(inspection.gradient(path).data).forEach((x, k) => {
      expect(frame.gradients[placeOf(graph, path)]?.sample[k]).toBeCloseTo(Number(x), 6);
    });
});

test('a model that is trained and moved is looked at as it is now; another recorder of it shows the same', async () => {
  const { model, recorder } = await small();
  const first = await recorder.record();
  model.step(xor, { times: 20 });
  await model.to(wasm());
  const next = await recorder.record();
  expect(next.step).toBe(20);
  expect(next.loss).toBeLessThan(first.loss);
  expect(next.loss).toBeCloseTo((await model.evaluate(xor.x, xor.y))['loss'] ?? 0, 5);
  expect((await recorder.record()).values).toEqual(next.values);
  recorder.dispose();
  recorder.dispose();
  expect((await recorder.record()).loss).toBe(next.loss);
});

test('large tensors are sampled, their norm is that of all', () => {
  const x = placeholder({ shape: [100, 50], dtype: 'float64' }, 'x');
  const numbers = Float64Array.from({ length: 5000 }, (_, i) => i + 1);
  const feeds = new Map([[x, { shape: [100, 50], data: numbers }]]);
  const leaves = new Map([[x, { kind: 'input' as const, path: 'x' }]]);
  const { frame } = look(sum(x), feeds, { leaves });
  const [shown] = frame.values;
  expect(shown).toMatchObject({ rows: 32, columns: 32, count: 5000 });
  // 1^2 + ... + n^2 = n (n + 1) (2 n + 1) / 6
  expect(shown?.norm).toBeCloseTo(Math.sqrt((5000 * 5001 * 10001) / 6), 3);
  // Row 3 of 100, column 1 of 50: the second of the rows and columns that are shown.
  expect(shown?.sample[33]).toBe(3 * 50 + 1 + 1);
});

test.each([[[0, 3]], [[1, 1]], [[0]]])('a graph over %j is drawn', (shape) => {
  const x = placeholder({ shape, dtype: 'float64' }, 'x');
  const count = shape.reduce((n, extent) => n * extent, 1);
  const feeds = new Map([[x, { shape, data: new Float64Array(count) }]]);
  const { graph, frame } = look(sum(square(x)), feeds, {
    leaves: new Map([[x, { kind: 'input', path: 'x' }]]),
  });
  expect(graph.nodes.map(({ name }) => name)).toEqual(['x', 'square', 'sum']);
  expect(frame.loss).toBe(0);
});

test('groups open: what is inside of a composite, two uses of one function are two groups', () => {
  const twice = defineNode('twice', { forward: (x: Value) => add(square(x), x) });
  const x = placeholder({ shape: [2], dtype: 'float64' }, 'x');
  const feeds = new Map([[x, [1, 2]]]);
  const leaves = new Map([[x, { kind: 'input' as const, path: 'x' }]]);
  const { graph } = look(sum(twice(twice(x))), feeds, { leaves });
  const folded = fold(graph, new Set());
  expect(
    folded.items.map(({ node, group }) =>
      node === undefined ? `+${graph.groups[group ?? -1]?.name}` : graph.nodes[node]?.name,
    ),
  ).toEqual(['x', '+twice', '+twice', 'sum']);
  expect(fold(graph, new Set([0, 1])).items).toHaveLength(6);
  expect(folded.edges.map(({ edges }) => edges.length)).toEqual([2, 2, 1]);
});

test('a vjp by hand is shown as it was written, and what forward is made of stays closed', () => {
  const own = defineNode('own', {
    forward: (x: Value) => relu(x),
    vjp: (g, { output: y }) => [mul(g, add(y, 1))],
  });
  const x = placeholder({ shape: [2, 2], dtype: 'float64' }, 'x');
  const w = placeholder({ shape: [2, 2], dtype: 'float64' }, 'w');
  const feeds = new Map(
    [x, w].map((value) => [
      value,
      [
        [1, 2],
        [3, 4],
      ],
    ]),
  );
  const leaves = new Map([
    [x, { kind: 'input' as const, path: 'x' }],
    [w, { kind: 'weight' as const, path: 'w' }],
  ]);
  const { graph } = look(sum(own(matmul(x, w))), feeds, { leaves });
  expect(graph.groups).toEqual([]);
  expect(graph.edges.map(({ vjp }) => vjp)).toEqual(['g wᵀ', 'xᵀ g', 'g · (y + 1)', 'g']);
});
