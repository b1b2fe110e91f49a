// Wrong numbers and gradients that users met in other libraries, each under the number of its issue.
import {
  abs,
  adam,
  add,
  broadcast,
  celu,
  clip,
  compile,
  constant,
  cpu,
  defineLayer,
  defineNode,
  dense,
  dropout,
  elu,
  evaluate,
  floor,
  gather,
  gelu,
  gradient,
  halfSquaredError,
  hardSwish,
  hardTanh,
  type Layer,
  leakyRelu,
  less,
  logSumExp,
  Model,
  matmul,
  max,
  meanAbsoluteError,
  meanSquaredError,
  min,
  mul,
  norm,
  OptionError,
  placementOf,
  pow,
  prelu,
  relu,
  reshape,
  ShapeError,
  select,
  selu,
  sequential,
  sgd,
  sigmoid,
  softmaxCrossEntropy,
  softplus,
  square,
  standardDeviation,
  sub,
  sum,
  tanh,
  type Value,
  wasm,
} from 'pullback';
import { describe, expect, test } from 'vitest';

const f64 = { dtype: 'float64' } as const;
const values = (value: Value | undefined) => (value === undefined ? [] : Array.from(evaluate(value).data));
const float = (...data: number[]) => constant(data, f64);
const slopes = (y: Value, ...at: Value[]) => gradient(sum(y), at).map((g) => values(g).map((x) => x + 0));
const row = placementOf('row');

describe('powers', () => {
  test('tfjs#6474: a base and an exponent that are broadcast have gradients of their own shapes', () => {
    const [base, exponent] = [constant([[2], [3]], f64), float(1, 2)];
    const [b = base, e = exponent] = gradient(sum(pow(base, exponent)), [base, exponent]);
    expect([b.shape, e.shape]).toEqual([[2, 1], [2]]);
    values(b).forEach((x, i) => {
      expect(x).toBeCloseTo([1 + 4, 1 + 6][i] ?? 0, 12);
    });
  });
  test('tfjs#346: at base 0 both gradients are numbers', () => {
    const [base, exponent] = [float(0), float(2)];
    expect(slopes(pow(base, exponent), base, exponent)).toEqual([[0], [0]]);
  });
  test('pytorch#27134: the gradient of 0^b at b is 0', () => {
    const b = float(1, 1);
    const [[at0, at2] = []] = slopes(pow(float(0, 2), b), b);
    expect(at0).toBe(0);
    expect(at2).toBeCloseTo(2 * Math.LN2, 12);
  });
  test('pytorch#95180: and the second one is no NaN', () => {
    const b = float(1);
    const [first = b] = gradient(sum(pow(float(0), b)), [b]);
    expect(slopes(first, b)).toEqual([[0]]);
  });
  test('tensorflow#2295: x^2.4 has the gradient 0 at 0', () => {
    const x = constant([0, 1]);
    const [[at0, at1] = []] = slopes(pow(clip(x, 0, 2), 2.4), x);
    expect(at0).toBe(0);
    expect(at1).toBeCloseTo(2.4, 5);
  });
  test('mlx#628: (a - b)^b where a = b', () => {
    const [a, b] = [float(1, 1), float(1, 1)];
    expect(slopes(mul(123, pow(sub(a, b), b)), a, b)).toEqual([
      [123, 123],
      [-123, -123],
    ]);
  });
});

describe('where a derivative does not exist', () => {
  test('pytorch#2421, jax#3058: the norm of zeros has the gradient 0', () => {
    const x = float(0, 0);
    expect(slopes(norm(x), x)).toEqual([[0, 0]]);
  });
  test('pytorch#4320, jax#11716: and so has the standard deviation of equal numbers', () => {
    const x = float(1, 1);
    expect(slopes(standardDeviation(x), x)).toEqual([[0, 0]]);
  });
  test('tensorflow#56830: and that of one number', () => {
    const x = float(-0.83);
    expect(slopes(standardDeviation(x, { axis: 0, keepAxis: true }), x)).toEqual([[0]]);
  });
  test('burn#2249: and |x| at 0', () => {
    const x = float(0, -2);
    expect(slopes(abs(x), x)).toEqual([[0, -1]]);
  });
  test('pytorch#184574: clip and hardTanh are one function, with one gradient at its ends', () => {
    const x = float(-1, 0, 1);
    expect(slopes(hardTanh(x), x)).toEqual(slopes(clip(x, -1, 1), x));
  });
  test('tinygrad#12296: 70,000 ties share a maximum, and none of it is lost', () => {
    const x = constant({ shape: [70_000], data: new Float32Array(70_000).fill(1) });
    const [shares = []] = slopes(max(x), x);
    expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
    expect(shares[0]).toBeCloseTo(1 / 70_000, 10);
  });
  test('jax#2107: the derivative of softplus at 0 is 1/2', () => {
    const x = constant([0]);
    expect(slopes(softplus(x), x)).toEqual([[0.5]]);
  });
});

describe('far from 0', () => {
  test('jax#777: sigmoid at -200 has a gradient of 0, not NaN', () => {
    const x = constant([-200, -133, 0]);
    expect(slopes(sigmoid(x), x)).toEqual([[0, expect.closeTo(0, 12), 0.25]]);
  });
  test('jax#764: tanh at 200', () => {
    const x = constant([190, 200]);
    expect(slopes(tanh(x), x)).toEqual([[0, 0]]);
  });
  test('AiDotNet.Tensors#355: gelu by tanh, where x^3 overflows', () => {
    const x = constant([1e20, -1e20]);
    const y = gelu(x, { approximate: 'tanh' });
    expect([values(y)[1], slopes(y, x)[0]]).toEqual([-0, [1, 0]]);
  });
  test('jax#23842: logSumExp of what is masked out by -Infinity', () => {
    const x = constant([0, 100]);
    const y = logSumExp(select(constant([true, false]), x, -Infinity));
    expect(slopes(y, x)).toEqual([[1, 0]]);
  });
  test('tensorflow#21271: soft labels with logits of +-5000', () => {
    const z = constant([[-4885.4614, 4878.027]]);
    const loss = softmaxCrossEntropy({ reduction: 'sum' }).forward(z, constant([[0.2, 0.8]]), row);
    expect(values(loss)[0]).toBeCloseTo(0.2 * (4885.4614 + 4878.027), 2);
    expect(slopes(loss, z)[0]?.map((x) => Number(x.toFixed(6)))).toEqual([-0.2, 0.2]);
  });
  for (const backend of [cpu(), wasm()])
    test(`pytorch#195075: a NaN has one gradient, whatever the length, on ${backend.name}`, async () => {
      for (const f of [hardTanh, (x: Value) => elu(x), (x: Value) => celu(x), hardSwish, selu, relu]) {
        const run = await compile((x) => gradient(sum(f(x)), [x]), { inputs: [[11]], backend });
        const [found] = await run(new Float32Array(11).fill(Number.NaN));
        expect(new Set(found?.data).size).toBe(1);
      }
    });
});

describe('shapes', () => {
  test('tfjs#4135, #677: the gradient of max and min along the middle axis', () => {
    const x = constant({ shape: [2, 3, 2], data: Float64Array.of(1, 8, 3, 2, 5, 4, 9, 1, 7, 6, 2, 3) });
    const top = [0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0];
    const bottom = [1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0];
    expect(slopes(max(x, { axis: 1 }), x)).toEqual([top]);
    expect(slopes(min(x, { axis: 1 }), x)).toEqual([bottom]);
  });
  test('tfjs#4151: the gradient of a vector is refused, not summed in silence', () => {
    const x = float(1);
    expect(() => gradient(mul(x, float(2, 3)), [x])).toThrow(ShapeError);
  });
  test('tfjs#8721: the gradient at a matrix that is shared by a batch of products', () => {
    const a = constant(
      [
        [
          [1, 2],
          [3, 4],
        ],
        [
          [5, 6],
          [7, 8],
        ],
      ],
      f64,
    );
    const b = constant(
      [
        [9, 10],
        [11, 12],
      ],
      f64,
    );
    const [g = b] = gradient(sum(matmul(a, b)), [b]);
    expect([g.shape, values(g)]).toEqual([
      [2, 2],
      [16, 16, 20, 20],
    ]);
  });
  test('mlx#610: a broadcast sum that is also compared', () => {
    const x = constant(
      [1, 2, 3].map(() => [1, 1, 1]),
      f64,
    );
    const all = add(broadcast(x, [3, 3, 3]), 1);
    values(less(all, 1));
    expect(slopes(square(all), x)[0]).toEqual(new Array(9).fill(12));
  });
  test('TensorFlow.NET#303: x x x has the gradient 3 x^2', () => {
    const x = float(7);
    expect(slopes(mul(mul(mul(x, x), x), 0.1), x)[0]?.[0]).toBeCloseTo(14.7, 12);
  });
  test('pytorch#1631: an index that is read twice gets both gradients', () => {
    const x = float(0.1);
    const y = mul(gather(x, constant(Int32Array.of(0, 0))), float(0.2, 0.3));
    expect(slopes(y, x)[0]?.[0]).toBeCloseTo(0.5, 12);
  });
  test('mxnet#9172: and so does an element', () => {
    const x = constant(
      [
        [0, 1],
        [2, 3],
      ],
      f64,
    );
    const flat = gather(reshape(x, [4]), constant(Int32Array.of(3, 3, 0)));
    expect(slopes(flat, x)).toEqual([[1, 0, 0, 2]]);
  });
  test('stan#857: the floor of a NaN is one', () => {
    expect(values(floor(float(Number.NaN)))).toEqual([Number.NaN]);
  });
});

describe('losses', () => {
  test('pytorch#16045, #19699, #4938: a target of [n] for a prediction of [n, 1] is refused', () => {
    const [prediction, target] = [constant([[1], [2], [3]]), constant([1, 2, 3])];
    for (const loss of [meanSquaredError(), halfSquaredError(), meanAbsoluteError()])
      expect(() => loss.forward(prediction, target, row)).toThrow(ShapeError);
  });
  test('pytorch#5007: as many elements in another shape are refused', () => {
    const [prediction, target] = [constant([[1, 2, 3]]), constant([[1], [2], [3]])];
    expect(() => meanAbsoluteError().forward(prediction, target, row)).toThrow(ShapeError);
  });
  test('tensorflow#2327, #60314: targets that are all 0 have no error and no gradient', () => {
    const z = constant([[0.1, 0.9]]);
    const loss = softmaxCrossEntropy({ reduction: 'sum' }).forward(z, constant([[0, 0]]), row);
    expect([values(loss).map((x) => x + 0), slopes(loss, z)]).toEqual([[0], [[0, 0]]]);
  });
});

describe('layers', () => {
  const x = [[1], [2], [3]];
  const y = [[2], [3], [1]];
  const options = (network: Layer<readonly [Value]>) => ({
    network,
    input: [1],
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    ...f64,
  });
  test('tfjs#1072: the gradient of prelu at its slope is the sum of x below 0', async () => {
    const model = await Model.create(options(prelu()));
    const { parameters, predictions, feeds } = await model.graph({ x: [[-2], [3], [-5]], target: y });
    const [slope] = parameters.map(({ value }) => value);
    const [prediction] = predictions;
    if (slope === undefined || prediction === undefined) throw new Error('prelu without a slope');
    expect(Array.from(evaluate(gradient(sum(prediction), [slope]), feeds)[0]?.data ?? [])).toEqual([-7]);
  });
  test('tfjs#4130: a gradient at the input of a model', async () => {
    const model = await Model.create(options(sequential(dense(1))));
    const { inputs, predictions, feeds } = await model.graph({ x, target: y });
    const { 'network/0/kernel': kernel } = await model.weights();
    const [input] = inputs;
    const [prediction] = predictions;
    if (input === undefined || prediction === undefined) throw new Error('a model without input');
    const [g] = evaluate(gradient(sum(prediction), [input]), feeds);
    const w = kernel?.data[0] ?? Number.NaN;
    expect(Array.from(g?.data ?? [])).toEqual([w, w, w]);
  });
  test('torch7-distro#156, keras#14388: a layer that is used twice gets both gradients, once', async () => {
    const twice = dense(1, { bias: false });
    const network = defineLayer('twice', (scope, a: Value) => scope.apply(twice, scope.apply(twice, a)));
    const model = await Model.create(options(network));
    const [path = ''] = Object.keys(await model.weights());
    const w = (await model.weights())[path]?.data[0] ?? Number.NaN;
    await model.step({ x: [[1]], y: [[0]] }).loss.read();
    // E = (w^2)^2, so w <- w - 0.1 * 4 w^3.
    expect((await model.weights())[path]?.data[0]).toBeCloseTo(w - 0.4 * w ** 3, 12);
  });
  test('pytorch-summary#37, tensorflow#30712: and is counted once', async () => {
    const twice = dense(1);
    const network = defineLayer('twice', (scope, a: Value) => scope.apply(twice, scope.apply(twice, a)));
    const model = await Model.create(options(network));
    expect(Object.keys(await model.weights())).toHaveLength(2);
    expect(model.summary()).toMatch(/\n2 weights$/);
  });
  test('flax#2055, axon#367, burn#2694: a dropout of 1, which would divide by 0, and one below 0 are refused', () => {
    for (const rate of [1, -10, Number.NaN]) expect(() => dropout(rate)).toThrow(OptionError);
  });
  test('tensorflow#38596, #27993, nolearn#247: the mean over samples, when the last batch is smaller', async () => {
    const model = await Model.create(options(dense(1, { bias: false })));
    const whole = await model.evaluate(x, y);
    for (const batchSize of [1, 2, 3])
      expect((await model.evaluate(x, y, { batchSize }))['loss']).toBeCloseTo(whole['loss'] ?? 0, 12);
    const still = { ...options(dense(1, { bias: false })), optimizer: sgd({ learningRate: 0 }) };
    const trained = await Model.create(still);
    const [record] = await trained.fit(x, y, {
      batchSize: 2,
      shuffle: false,
      validationData: [x, y],
      progress: false,
    });
    const truth = (await trained.evaluate(x, y))['loss'] ?? 0;
    expect([record?.['loss'], record?.['validation loss']]).toEqual([
      expect.closeTo(truth, 12),
      expect.closeTo(truth, 12),
    ]);
  });
  test("keras#12449: Adam's count of steps is saved, so the next step is what it would have been", async () => {
    const with_ = () => ({ ...options(dense(1)), optimizer: adam({ learningRate: 0.1 }) });
    const model = await Model.create(with_());
    for (let i = 0; i < 3; i++) await model.step({ x, y }).loss.read();
    const parts: Uint8Array<ArrayBuffer>[] = [];
    await model.save(
      new WritableStream<Uint8Array>({ write: (part) => void parts.push(new Uint8Array(part)) }),
    );
    const loaded = await Model.load(new Uint8Array(await new Blob(parts).arrayBuffer()), with_());
    for (const each of [model, loaded]) await each.step({ x, y }).loss.read();
    expect(await loaded.weights()).toEqual(await model.weights());
  });
  for (const [name, activation] of Object.entries({
    relu,
    tanh,
    sigmoid,
    leakyRelu: () => leakyRelu({ slope: 0.1 }),
  }))
    test(`brain.js#435, #256, #572: the network as a function is the network, with ${name}`, async () => {
      const model = await Model.create(options(sequential(dense(3), activation(), dense(1))));
      const { predictions, feeds } = await model.graph({ x, target: y });
      const [prediction] = predictions;
      const [numbers] = [await model.predict(x)];
      expect(prediction && evaluate(prediction, feeds).data).toEqual(numbers.data);
    });
  test('jax#5440: a function that reaches for a Value of another trace is refused, by name', () => {
    const outer = defineNode('outer', {
      forward: (a: Value, b: Value) => {
        const inner = defineNode('inner', { forward: (c: Value) => mul(c, a) });
        return inner(b);
      },
    });
    const run = compile((a, b) => outer(a, b), { inputs: [[1], [1]], backend: 'cpu' });
    return expect(run).rejects.toThrow(/'inner' uses .*which it was not given/);
  });
  test('jax#1945: a function that closes over another value each time is another function each time', async () => {
    const scaled = (factor: number) => defineNode('scaled', { forward: (a: Value) => mul(a, factor) });
    const run = await compile((a) => [scaled(4)(a), scaled(5)(a)], { inputs: [[1]], backend: 'cpu' });
    expect((await run([5])).map(({ data }) => data[0])).toEqual([20, 25]);
  });
});
