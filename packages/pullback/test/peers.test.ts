// Faults that users met in other libraries, each under the number of its issue, or "measured" where it was seen by running them.
import {
  adam,
  builtins,
  compile,
  constant,
  cpu,
  createContainer,
  createModel,
  DTypeError,
  defineActivation,
  defineLayer,
  defineNode,
  dense,
  elu,
  evaluate,
  exp,
  gradient,
  halfSquaredError,
  logSigmoid,
  Model,
  type ModelSpec,
  mean,
  mish,
  momentum,
  mul,
  relu,
  selu,
  sequential,
  sigmoid,
  silu,
  softmax,
  softplus,
  square,
  sum,
  tanh,
  uniformly,
  type Value,
  VjpError,
} from 'pullback';
import { describe, expect, test } from 'vitest';

const at = (x: number, dtype: 'float32' | 'float64' = 'float32') => constant([x], { dtype });
const slopeOf = (f: (x: Value) => Value, x: number, dtype: 'float32' | 'float64' = 'float32') => {
  const value = at(x, dtype);
  const [slope = value] = gradient(sum(f(value)), [value]);
  return evaluate(slope).data[0];
};
const resultOf = (f: (x: Value) => Value, x: number) => evaluate(f(at(x))).data[0];
const options = (network: ReturnType<typeof dense>) => ({
  network,
  input: [2],
  loss: halfSquaredError(),
  optimizer: adam({ learningRate: 0.01 }),
  dtype: 'float64' as const,
});
const x = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const y = [[0], [1], [1], [0]];
const quiet = { progress: false } as const;

describe('numbers', () => {
  const far: [string, (v: Value) => Value, number, number][] = [
    ['sigmoid at -100', sigmoid, -100, 0],
    ['silu at -100', silu, -100, 0],
    ['logSigmoid at -100', logSigmoid, -100, 1],
    ['softplus at 100', (v) => softplus(v), 100, 1],
    ['elu at 100', (v) => elu(v), 100, 1],
    ['selu at 100', (v) => selu(v), 100, Math.fround(1.0507009873554805)],
    ['mish at 100', (v) => mish(v), 100, 1],
  ];
  for (const [name, f, place, slope] of far)
    test(`jax-js, measured: the gradient of ${name} is no NaN`, () => {
      expect(slopeOf(f, place)).toBeCloseTo(slope, 6);
    });
  test('jax-js, measured: softplus(100) is 100, not infinity', () => {
    expect(resultOf((v) => softplus(v), 100)).toBe(100);
  });
  test('jax-js, measured: the derivative of relu at 0 is 0', () => {
    expect(slopeOf(relu, 0)).toBe(0);
  });
  test('jax-js, measured: the sum of 2^20 times 0.1 is right to float32', () => {
    const many = constant({ shape: [2 ** 20], data: new Float32Array(2 ** 20).fill(0.1) });
    expect(Math.abs((evaluate(sum(many)).data[0] ?? 0) / (2 ** 20 * Math.fround(0.1)) - 1)).toBeLessThan(
      2 ** -23,
    );
  });
  test('jax-js#186: the mean of integers is not cut off in silence', () => {
    expect(() => mean(constant(Int32Array.of(1, 2)))).toThrow(DTypeError);
  });
  test('webdnn#525: tanh of a large number is 1, and no quotient of infinities', () => {
    expect([resultOf((v) => tanh(v), 1000), resultOf((v) => tanh(v), -1000)]).toEqual([1, -1]);
  });
  for (const [name, f] of [
    ['tanh', (v) => tanh(v)],
    ['sigmoid', sigmoid],
    ['exp', exp],
    ['softmax', (v) => softmax(v)],
  ] as const satisfies readonly (readonly [string, (v: Value) => Value])[])
    test(`tfjs#227, #3252: the second derivative of ${name} exists`, () => {
      const v = constant([0.3, -0.7], { dtype: 'float64' });
      const [first = v] = gradient(sum(square(f(v))), [v]);
      const [second = v] = gradient(sum(square(first)), [v]);
      expect(Array.from(evaluate(second).data).every((z) => Number.isFinite(z) && z !== 0)).toBe(true);
    });
});

describe("gradients of one's own", () => {
  const tripled = defineNode('tripled', {
    forward: (v: Value) => square(v),
    vjp: (g, { inputs: [v] }) => [mul(g, mul(3, v))],
  });
  test('tfjs#338, #2659: a gradient can be written for any function, and it is used', () => {
    expect(slopeOf(tripled, 2)).toBe(6);
  });
  test('pytorch#193279, #91469: compiling keeps it', async () => {
    const run = await compile((v) => gradient(sum(tripled(v)), [v]), { inputs: [[2]], backend: 'cpu' });
    expect((await run([2, 5]))[0]?.data).toEqual(Float32Array.of(6, 15));
  });
  test('pytorch#101937: inside another function too', () => {
    expect(slopeOf((v) => mul(2, tripled(mul(v, 1))), 2)).toBe(12);
  });
  test('mlx#3347: two functions of one name are two', async () => {
    const [one, other] = [
      defineActivation('same', (v) => mul(v, 2)),
      defineActivation('same', (v) => mul(v, 3)),
    ];
    const run = await compile((v) => [one(v), other(v)], { inputs: [[1]], backend: 'cpu' });
    expect((await run([5])).map(({ data }) => data[0])).toEqual([10, 15]);
  });
  test('jax#5571, #12611: a vjp that gives too few gradients, or one of another shape, is named', () => {
    const few = defineNode('few', { forward: (a: Value, b: Value) => mul(a, b), vjp: (g) => [g] });
    const shape = defineNode('shape', { forward: (a: Value) => square(a), vjp: (g) => [sum(g)] });
    const v = at(1);
    expect(() => gradient(sum(few(v, v)), [v])).toThrow(VjpError);
    expect(() => gradient(sum(few(v, v)), [v])).toThrow(/1 gradients from the vjp of 'few'/);
    expect(() => gradient(sum(shape(constant([1, 2]))), [v])).not.toThrow();
    const w = constant([1, 2]);
    expect(() => gradient(sum(shape(w)), [w])).toThrow(/'shape'/);
  });
  test('brain.js#163, #27: an activation is a function that one writes, with nothing to register', async () => {
    const model = await Model.create(
      options(sequential(dense(3), defineActivation('cube', (v) => mul(v, square(v)))(), dense(1))),
    );
    const history = await model.fit(x, y, { ...quiet, epochs: 5 });
    expect(history).toHaveLength(5);
  });
});

describe('layers and names', () => {
  test('gpt-tfjs#3: weights of layers inside layers are tracked, trained and saved', async () => {
    const inner = dense(2, { name: 'inner' });
    const block = defineLayer('block', (scope, v: Value) => tanh(scope.apply(inner, v)));
    const model = await Model.create(options(sequential(sequential(block), dense(1))));
    const before = await model.weights();
    await model.fit(x, y, quiet);
    const path = 'network/0/0/inner/kernel';
    expect(before[path]?.shape).toEqual([2, 2]);
    expect((await model.weights())[path]?.data).not.toEqual(before[path]?.data);
  });
  test('transformer-tfjs#2: an unknown activation is named, with the nearest', async () => {
    const spec: unknown = {
      input: [2],
      layers: [{ type: 'dense', units: 1, activation: 'sigmoyd' }],
      loss: 'halfSquaredError',
      optimizer: { type: 'sgd', learningRate: 1 },
    };
    await expect(createModel(createContainer(builtins), spec as ModelSpec)).rejects.toThrow(
      /'sigmoyd'.*Did you mean 'sigmoid'/s,
    );
  });
});

describe('training', () => {
  test('tfjs#5138: the state of the optimizer is saved with the weights', async () => {
    const model = await Model.create(options(dense(1)));
    await model.fit(x, y, quiet);
    const parts: Uint8Array[] = [];
    await model.save(
      new WritableStream<Uint8Array>({ write: (part) => void parts.push(new Uint8Array(part)) }),
    );
    const loaded = await Model.load(Buffer.concat(parts), options(dense(1)));
    for (const slot of ['first', 'second']) expect(await loaded.slots(slot)).toEqual(await model.slots(slot));
  });
  test('tfjs#2837: XOR trains', async () => {
    const start = { kernelInitializer: uniformly({ low: -1, high: 1 }) };
    const model = await Model.create({
      ...options(sequential(dense(3, start), sigmoid(), dense(1, start), sigmoid())),
      optimizer: momentum({ learningRate: 0.5 }),
      seed: 3,
    });
    for (let i = 0; i < 15; i++) model.step({ x, y }, { times: 100 });
    expect((await model.evaluate(x, y))['loss']).toBeLessThan(0.02);
  });
  test('tfjs#5831: moving there and back works in either order, in the middle of training', async () => {
    for (const [first, second] of [
      ['float32', 'float64'],
      ['float64', 'float32'],
    ] as const) {
      const model = await Model.create({ ...options(dense(1)), dtype: first });
      await model.fit(x, y, quiet);
      const steps = model.stepCount;
      await model.to(cpu(), { dtype: second });
      await model.fit(x, y, quiet);
      await model.to('cpu', { dtype: first });
      await model.fit(x, y, quiet);
      expect([model.dtype, model.stepCount]).toEqual([first, 3 * steps]);
    }
  });
  test('tfjs#5092: moving waits for the steps that are under way', async () => {
    const [moved, stayed] = [await Model.create(options(dense(1))), await Model.create(options(dense(1)))];
    for (const model of [moved, stayed]) for (let i = 0; i < 5; i++) model.step({ x, y });
    await moved.to(cpu());
    expect(await moved.weights()).toEqual(await stayed.weights());
  });
  test('tfjs#200, #4647, #8570: no step allocates on the backend after the first', async () => {
    const backend = cpu();
    let made = 0;
    const allocate = backend.allocate.bind(backend);
    backend.allocate = (spec) => {
      made++;
      return allocate(spec);
    };
    const model = await Model.create({ ...options(sequential(dense(4), tanh(), dense(1))), backend });
    await model.step({ x, y }).loss.read();
    const before = made;
    for (let i = 0; i < 200; i++) model.step({ x, y });
    await model.weights();
    expect(made).toBe(before);
  });
  test('tfjs#5980: dispose gives everything back, and nobody has to call it', async () => {
    const backend = cpu();
    const held = new Set<object>();
    const [allocate, free] = [backend.allocate.bind(backend), backend.free.bind(backend)];
    backend.allocate = (spec) => {
      const buffer = allocate(spec);
      held.add(buffer);
      return buffer;
    };
    backend.free = (buffer) => {
      held.delete(buffer);
      free(buffer);
    };
    const model = await Model.create({ ...options(dense(1)), backend });
    await model.fit(x, y, { ...quiet, metrics: ['r2'] });
    await model.predict(x);
    expect(held.size).toBeGreaterThan(0);
    model.dispose();
    expect(held.size).toBe(0);
  });
  test('tfjs#5842: others get a turn while fit runs', async () => {
    const model = await Model.create(options(sequential(dense(32), tanh(), dense(1))));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await model.fit(x, y, { ...quiet, epochs: 10_000 });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });
});
