// What people write, block by block: these are the examples that the documentation shows.
import {
  add,
  batches,
  compile,
  concatenate,
  constant,
  defineActivation,
  defineLayer,
  defineLoss,
  defineNode,
  defineOptimizer,
  dense,
  distance,
  div,
  evaluate,
  glorotUniform,
  gradient,
  halfSquaredError,
  hessianVectorProduct,
  jacobian,
  jvp,
  type Layer,
  lastOf,
  Model,
  matmul,
  momentum,
  mul,
  norm,
  ones,
  relu,
  type Scope,
  sequential,
  sgd,
  sigmoid,
  sign,
  softmaxCrossEntropy,
  sqrt,
  square,
  sub,
  sum,
  tanh,
  type Value,
  vjp,
  zeros,
} from 'pullback';
import { expect, test } from 'vitest';

const f64 = { dtype: 'float64' } as const;
const numbers = (value: Value | undefined) => (value === undefined ? [] : Array.from(evaluate(value).data));
const close = (a: Value | undefined, b: Value | undefined, digits = 12) => {
  const other = numbers(b);
  expect(numbers(a)).toHaveLength(other.length);
  numbers(a).forEach((x, i) => {
    expect(x).toBeCloseTo(other[i] ?? Number.NaN, digits);
  });
};

const xs = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const ys = [[0], [1], [1], [0]];

test('ten minutes in', async () => {
  const images = { shape: [40, 4], data: Float32Array.from({ length: 160 }, (_, i) => Math.sin(i)) };
  const labels = Uint8Array.from({ length: 40 }, (_, i) => i % 3);
  const model = await Model.create({
    network: sequential(dense(8), relu(), dense(3)),
    input: [4],
    loss: softmaxCrossEntropy(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: 'auto',
    seed: 1,
  });
  expect(model.summary()).toContain('67 weights');
  const [first, , last] = await model.fit(images, labels, {
    epochs: 3,
    batchSize: 8,
    validationSplit: 0.1,
    metrics: ['accuracy'],
    progress: false,
  });
  expect(last?.['loss']).toBeLessThan(first?.['loss'] ?? 0);
  expect(Object.keys(await model.evaluate(images, labels, { metrics: ['accuracy'] }))).toEqual([
    'loss',
    'accuracy',
  ]);
  expect((await model.predict(images)).shape).toEqual([40, 3]);
  const weights = await model.weights();
  expect(weights['network/0/kernel']?.shape).toEqual([4, 8]);
  await model.load(weights, { prefix: 'network/0' });
});

test('a custom activation: derived, written down, as a layer and as a function', async () => {
  const swish = defineActivation('swish', (x) => mul(x, sigmoid(x)));
  const swish2 = defineActivation('swish', {
    forward: (x) => mul(x, sigmoid(x)),
    vjp: (gradient, { input: x, output: y }) => mul(gradient, add(y, mul(sigmoid(x), sub(1, y)))),
  });
  const x = constant([-2, -0.3, 0, 1.5], f64);
  const y = swish(x);
  close(gradient(sum(y), [x])[0], gradient(sum(swish2(x)), [x])[0]);
  const model = await Model.create({
    network: sequential(dense(4), swish(), dense(1)),
    input: [2],
    loss: halfSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
  });
  expect(await model.step({ x: xs, y: ys }).loss.read()).toBeGreaterThan(0);
});

test('a node that is not elementwise, with its own J^T g', () => {
  const kept = { axis: -1, keepAxis: true };
  const normalize = defineNode('normalize', {
    forward: (x) => div(x, norm(x, kept)),
    vjp: (gradient, { inputs: [x], output: y }) => [
      div(sub(gradient, mul(y, sum(mul(y, gradient), kept))), norm(x, kept)),
    ],
  });
  const derived = defineNode('normalize', { forward: (x: Value) => div(x, norm(x, kept)) });
  const x = constant(
    [
      [1, 2],
      [3, -1],
    ],
    f64,
  );
  const g = constant(
    [
      [0.2, -1],
      [2, 0.5],
    ],
    f64,
  );
  close(vjp(normalize)(x)(g)[0], vjp(derived)(x)(g)[0]);
});

class Gate implements Layer<readonly [Value]> {
  readonly name = 'gate';
  constructor(readonly units: number) {}
  forward(scope: Scope, x: Value) {
    const kernel = scope.parameter('kernel', [lastOf(x.shape), this.units], glorotUniform());
    const bias = scope.parameter('bias', [this.units], zeros());
    return sigmoid(add(matmul(x, kernel), bias));
  }
}

test('a layer with weights, a loss, an optimizer', async () => {
  const huberized = defineLoss('huberized', (prediction, target) =>
    sum(sub(sqrt(add(1, square(sub(prediction, target)))), 1)),
  );
  const signSgd = defineOptimizer('signSgd', {
    update: (weight, gradient, slots, { learningRate }) => ({
      weight: sub(weight, mul(learningRate, sign(gradient))),
      slots,
    }),
  });
  const model = await Model.create({
    network: sequential(new Gate(3), dense(1)),
    input: [2],
    loss: huberized(),
    optimizer: signSgd({ learningRate: 0.01 }),
    dtype: 'float64',
  });
  const before = await model.weights();
  model.step({ x: xs, y: ys });
  const after = await model.weights();
  expect(Object.keys(after)).toEqual([
    'network/0/kernel',
    'network/0/bias',
    'network/1/kernel',
    'network/1/bias',
  ]);
  const changes = Array.from(after['network/0/kernel']?.data ?? [], (w, i) =>
    Math.abs(w - (before['network/0/kernel']?.data[i] ?? 0)),
  );
  for (const change of changes) expect(change).toBeCloseTo(0.01, 14);
});

test('any graph from reusable nodes: skip links and shared weights', async () => {
  const [hidden, output] = [dense(1), dense(1)];
  const xor = defineLayer('xor', (scope, x) => {
    const h = sigmoid(scope.apply(hidden, x));
    return sigmoid(scope.apply(output, concatenate([x, h])));
  });
  const encoder = sequential(dense(3), tanh());
  const twins = defineLayer('twins', (scope, a, b) =>
    distance(scope.apply(encoder, a), scope.apply(encoder, b)),
  );
  const common = { loss: halfSquaredError(), optimizer: momentum({ learningRate: 0.1 }) };
  const one = await Model.create({ network: xor, input: [2], ...common });
  expect((await one.weights())['network/1/kernel']?.shape).toEqual([3, 1]);
  const two = await Model.create({ network: twins, input: { left: [2], right: [2] }, ...common });
  expect(Object.keys(await two.weights())).toEqual(['network/0/0/kernel', 'network/0/0/bias']);
  const apart = await two.predict({ left: xs, right: xs });
  expect(Array.from(apart.data)).toEqual([0, 0, 0, 0]);
});

test('the mathematics itself', async () => {
  const f = (x: Value, w: Value) => sum(tanh(matmul(w, x)));
  const run = await compile((x, w) => [f(x, w), ...gradient(f(x, w), [x, w])], {
    inputs: [
      [3, 1],
      [2, 3],
    ],
    dtype: 'float64',
    backend: 'cpu',
  });
  const single = await evaluate(f(constant([[1], [2], [3]]), ones([2, 3])));
  expect(single.data[0]).toBeCloseTo(2 * Math.tanh(6), 6);
  const [x, w] = [
    [[0.1], [0.2], [0.3]],
    [
      [1, 2, 3],
      [-1, 0, 1],
    ],
  ];
  const [value, dx, dw] = await run(x, w);
  expect(value?.data[0]).toBeCloseTo(Math.tanh(1.4) + Math.tanh(0.2), 14);
  expect([dx?.shape, dw?.shape]).toEqual([
    [3, 1],
    [2, 3],
  ]);

  const g = (v: Value) => sum(mul(v, mul(v, v)));
  const at = constant([1, -2], f64);
  const direction = constant([3, 5], f64);
  expect(numbers(jacobian(g)(at))).toEqual([3, 12]);
  expect(numbers(jvp(g)(at)(direction))).toEqual([9 + 60]);
  expect(numbers(vjp(g)(at)(constant(2, f64))[0])).toEqual([6, 24]);
  expect(numbers(hessianVectorProduct(g)(at)(direction)[0])).toEqual([18, -60]);
});

test("the report's network with every gradient at hand", async () => {
  const model = await Model.create({
    network: sequential(
      dense(3, { name: 'hidden' }),
      sigmoid({ name: 'x1' }),
      dense(1, { name: 'output' }),
      sigmoid({ name: 'x2' }),
    ),
    input: [2],
    loss: halfSquaredError(),
    optimizer: sgd({ learningRate: 0.5 }),
    layout: 'column',
    dtype: 'float64',
  });
  const X0 = [
    [0, 0, 1, 1],
    [0, 1, 0, 1],
  ];
  const report = await model.inspect({ x: X0, target: [[0, 1, 1, 0]] });
  expect(report.gradient('hidden/kernel').shape).toEqual([3, 2]);
  expect(report.gradient('x1').shape).toEqual([3, 4]);
  expect(report.value('x2').shape).toEqual([1, 4]);
  expect(report.toString()).toMatch(/network\/hidden {2,}dense {2,}\(2\.7\) {2,}\[3, 4\]/);
});

test("one's own loop", async () => {
  const model = await Model.create({
    network: sequential(dense(3), sigmoid(), dense(1)),
    input: [2],
    loss: halfSquaredError(),
    optimizer: momentum({ learningRate: 0.05 }),
  });
  const losses: number[] = [];
  for (let epoch = 0; epoch < 3; epoch++)
    for (const batch of batches({ x: xs, y: ys }, { size: 2, shuffle: true, seed: epoch })) {
      const { loss } = model.step(batch);
      if (model.stepCount % 2 === 0) losses.push(await loss.read());
    }
  expect(losses).toHaveLength(3);
  const first = await model.evaluate(xs, ys);
  model.step({ x: xs, y: ys }, { times: 1000 });
  expect((await model.evaluate(xs, ys))['loss']).toBeLessThan(first['loss'] ?? 0);
  expect(model.stepCount).toBe(1006);
});

test('swapping the backend while training', async () => {
  const model = await Model.create({
    network: sequential(dense(3), sigmoid(), dense(1)),
    input: [2],
    loss: halfSquaredError(),
    optimizer: momentum({ learningRate: 0.05 }),
  });
  await model.fit(xs, ys, { epochs: 2, progress: false });
  await model.to('cpu', { dtype: 'float64' });
  await model.fit(xs, ys, { epochs: 2, progress: false });
  expect([model.stepCount, model.dtype]).toEqual([4, 'float64']);
});

test('a wrong name lists what there is and the nearest match', async () => {
  const [wrong]: string[] = ['gpu'];
  const model = await Model.create({
    network: sequential(dense(1)),
    input: [2],
    loss: halfSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
  });
  // @ts-expect-error: the compiler refuses the name; JavaScript gets the message.
  await expect(model.to(wrong)).rejects.toThrow(/no backend is called 'gpu'. Did you mean 'webgpu'/);
});
