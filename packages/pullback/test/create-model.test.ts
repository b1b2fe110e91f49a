import {
  builtins,
  createContainer,
  createModel,
  defineActivation,
  fork,
  type Layer,
  lastOf,
  type ModelSpec,
  matmul,
  mul,
  plugin,
  relu,
  type Scope,
  sigmoid,
  UnknownNameError,
  type Value,
  zeros,
} from 'pullback';
import { describe, expect, test } from 'vitest';

class Gate implements Layer<readonly [Value]> {
  readonly name = 'gate';
  constructor(readonly units: number) {}
  forward(scope: Scope, x: Value) {
    return sigmoid(matmul(x, scope.parameter('kernel', [lastOf(x.shape), this.units], zeros())));
  }
}
const swish = defineActivation('swish', (x) => mul(x, sigmoid(x)));
const gating = plugin(({ layer, activation }) => {
  layer('gate', ({ units }: { units: number }) => new Gate(units));
  activation('swish', swish);
});
declare module 'pullback' {
  interface LayerSpecs {
    gate: { units: number };
  }
  interface ActivationSpecs {
    swish: object;
  }
}

const spec: ModelSpec = {
  input: [4],
  layers: [
    { type: 'dense', units: 6, activation: 'swish' },
    { type: 'gate', units: 3 },
    'relu',
    { type: 'dense', units: 2, kernelInitializer: { type: 'normal', deviation: 0.1 } },
  ],
  loss: 'softmaxCrossEntropy',
  optimizer: { type: 'momentum', learningRate: 0.1 },
  backend: 'cpu',
  seed: 3,
};

test('a model from a JSON spec, and back to the same spec', async () => {
  const model = await createModel(createContainer(builtins, gating), spec);
  expect(Object.keys(await model.weights())).toEqual([
    'network/0/kernel',
    'network/0/bias',
    'network/1/kernel',
    'network/3/kernel',
    'network/3/bias',
  ]);
  expect(model.spec()).toEqual(spec);
  const again = await createModel(
    createContainer(builtins, gating),
    JSON.parse(JSON.stringify(model.spec())),
  );
  expect(await again.weights()).toEqual(await model.weights());
  const [record] = await model.fit(
    [
      [1, 2, 3, 4],
      [4, 3, 2, 1],
    ],
    [0, 1],
    { metrics: ['accuracy'], progress: false },
  );
  expect(Object.keys(record ?? {})).toEqual(['loss', 'accuracy']);
});

describe('errors name the place in the spec', () => {
  const container = createContainer(builtins, gating);
  const first = { type: 'dense', units: 6 } as const;
  const cases: readonly [string, object, RegExp][] = [
    [
      'an activation',
      { layers: [first, { type: 'dense', units: 6, activation: 'swihs' }] },
      /Did you mean 'swish'\?\n {2}at 'layers\[1\]\.activation'/,
    ],
    [
      'a layer',
      { layers: [{ type: 'desne', units: 6 }] },
      /no layer is called 'desne'. Did you mean 'dense'/,
    ],
    [
      'an option',
      { layers: [{ type: 'dense', unit: 6 }] },
      /layer 'dense' has no option 'unit'. Did you mean 'units'\?.*at 'layers\[0\]'/s,
    ],
    ['a loss', { loss: 'softmax' }, /no loss is called 'softmax'/],
    ['an optimizer', { optimizer: 'adma' }, /no optimizer is called 'adma'/],
    ['no layers', { layers: [] }, /at least one layer/],
  ];
  for (const [name, wrong, message] of cases)
    test(name, async () => {
      await expect(createModel(container, { ...spec, ...wrong })).rejects.toThrow(message);
    });
});

test('two containers with different plugins live side by side, and a fork changes neither', async () => {
  const [plain, extended] = [createContainer(builtins), createContainer(builtins, gating)];
  await expect(createModel(plain, spec)).rejects.toThrow(UnknownNameError);
  const tenant = fork(plain, gating);
  expect((await createModel(tenant, spec)).summary()).toBe((await createModel(extended, spec)).summary());
  await expect(createModel(plain, spec)).rejects.toThrow(UnknownNameError);
});

test('a plugin can bring a backend, and the builtins have no privilege', async () => {
  const { cpu } = await import('@pullback/backend-cpu');
  const mine = Object.assign(cpu(), { name: 'mine' });
  const container = fork(
    createContainer(builtins),
    plugin(({ backend, activation }) => {
      backend('cpu', () => mine);
      activation(
        'relu',
        defineActivation('relu', (x) => relu(x)),
      );
    }),
  );
  const model = await createModel(container, {
    ...spec,
    layers: [{ type: 'dense', units: 2, activation: 'relu' }],
  });
  expect(model.backend).toBe(mine);
});

test('a model made from objects has no spec to give', async () => {
  const { Model, dense, halfSquaredError, sgd } = await import('pullback');
  const model = await Model.create({
    network: dense(1),
    input: [2],
    loss: halfSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
  });
  expect(() => model.spec()).toThrow(/made from objects/);
});

test('optimizers, wrappers and schedules as data', async () => {
  const nested: ModelSpec = {
    ...spec,
    optimizer: {
      type: 'clipByGlobalNorm',
      limit: 1,
      optimizer: {
        type: 'adam',
        learningRate: 0.1,
        schedule: { type: 'warmup', steps: 2, after: { type: 'cosine', steps: 10 } },
      },
    },
  };
  const model = await createModel(createContainer(builtins, gating), nested);
  const before = await model.weights();
  model.step({ x: [[1, 2, 3, 4]], y: [1] });
  // The warm-up starts from 0, so the first step changes nothing.
  expect(await model.weights()).toEqual(before);
  model.step({ x: [[1, 2, 3, 4]], y: [1] });
  expect(await model.weights()).not.toEqual(before);
  expect(model.spec()).toEqual(nested);
});
