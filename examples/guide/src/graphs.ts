import assert from 'node:assert/strict';
import {
  adam,
  concatenate,
  constrained,
  defineLayer,
  dense,
  distance,
  dropout,
  frozen,
  halfSquaredError,
  l2,
  Model,
  maxNorm,
  meanSquaredError,
  regularized,
  relu,
  reshape,
  residual,
  sequential,
  sgd,
  sigmoid,
  softmaxCrossEntropy,
  tanh,
  type Value,
} from 'pullback';

// #region skip
const hidden = dense(1, { name: 'hidden' });
const output = dense(1, { name: 'output' });
const xor = defineLayer('xor', (scope, x: Value) => {
  const h = sigmoid(scope.apply(hidden, x)); // links past the hidden unit: the inputs reach the output too
  return sigmoid(scope.apply(output, concatenate([x, h])));
});
// #endregion

// #region shared
const encoder = sequential(dense(8), tanh());
const twins = defineLayer(
  'twins',
  (scope, a: Value, b: Value) => distance(scope.apply(encoder, a), scope.apply(encoder, b)), // one encoder, one set of weights
);
// #endregion

// #region outputs
const trunk = dense(8, { name: 'trunk' });
const [priceHead, kindHead] = [dense(1, { name: 'price' }), dense(3, { name: 'kind' })];
const both = await Model.create({
  network: defineLayer('both', (scope, size: Value, age: Value) => {
    const h = relu(scope.apply(trunk, concatenate([size, age])));
    return { price: scope.apply(priceHead, h), kind: scope.apply(kindHead, h) };
  }),
  input: { size: [2], age: [1] },
  loss: { price: meanSquaredError(), kind: softmaxCrossEntropy() },
  lossWeights: { price: 0.5 },
  optimizer: adam({ learningRate: 0.01 }),
});
const houses = {
  size: [
    [50, 2],
    [120, 4],
  ],
  age: [[30], [5]],
};
await both.fit(houses, { price: [[1.2], [3.4]], kind: [0, 2] }, { epochs: 2, progress: false });
const { price, kind } = await both.predictAll(houses);
// #endregion
assert.deepEqual(
  [price?.shape, kind?.shape],
  [
    [2, 1],
    [2, 3],
  ],
);

// #region parts
const network = sequential(
  reshape([4]),
  regularized(dense(16), { kernel: l2(1e-4) }), // adds 1e-4 sum w^2 to the error
  constrained(dense(16), { kernel: maxNorm(3) }), // holds after every step
  residual(dense(16), relu(), dropout(0.2)), // x + f(x)
  dense(1),
);
// #endregion

// #region surgery
const autoencoder = await Model.create({
  network: sequential(encoder, dense(4)),
  input: [4],
  loss: halfSquaredError(),
  optimizer: adam({ learningRate: 0.01 }),
});
const signals = Array.from({ length: 20 }, (_, i) => [0, 1, 2, 3].map((k) => Math.sin(i + k)));
await autoencoder.fit(signals, signals, { epochs: 5, progress: false });

const classifier = await Model.create({
  network: sequential(frozen(encoder), dense(1)), // no gradient is computed for it
  input: [4],
  loss: halfSquaredError(),
  optimizer: sgd({ learningRate: 0.1 }),
});
await classifier.load(await autoencoder.weights(), { prefix: 'network/0', from: 'network/0' });
// #endregion
const before = (await classifier.weights())['network/0/0/kernel'];
await classifier.fit(
  signals,
  signals.map(([a = 0]) => [a]),
  { progress: false },
);
assert.deepEqual((await classifier.weights())['network/0/0/kernel'], before);
assert.deepEqual((await autoencoder.weights())['network/0/0/kernel'], before);

const common = { loss: halfSquaredError(), optimizer: sgd({ learningRate: 0.1 }) };
const xorModel = await Model.create({ network: xor, input: [2], ...common });
assert.deepEqual(Object.keys(await xorModel.weights()), [
  'network/hidden/kernel',
  'network/hidden/bias',
  'network/output/kernel',
  'network/output/bias',
]);
const pair = await Model.create({ network: twins, input: { a: [4], b: [4] }, ...common });
assert.equal(Object.keys(await pair.weights()).length, 2);
const parts = await Model.create({ network, input: [2, 2], ...common });
assert.deepEqual(
  (
    await parts.predict([
      [
        [1, 2],
        [3, 4],
      ],
    ])
  ).shape,
  [1, 1],
);
