// #region program
import {
  adam,
  concatenate,
  defineLayer,
  dense,
  earlyStopping,
  Model,
  meanSquaredError,
  relu,
  type Value,
} from 'pullback';

const size = Array.from({ length: 120 }, (_, i) => [(i % 10) / 10, (i % 7) / 7]);
const age = size.map((_, i) => [(i % 5) / 5]);
const price = size.map(([a = 0, b = 0], i) => [a + 2 * b - (age[i]?.[0] ?? 0)]);

// The functional API: layers are objects, scope.apply calls them, and a layer that is applied twice shares its weights.
const [first, second, head] = [dense(16), dense(16), dense(1)];
const network = defineLayer('prices', (scope, x: Value, y: Value) => {
  const a = relu(scope.apply(first, x));
  const b = relu(scope.apply(second, y));
  return scope.apply(head, concatenate([a, b]));
});

const model = await Model.create({
  network,
  input: { size: [2], age: [1] },
  loss: meanSquaredError(),
  optimizer: adam({ learningRate: 0.02 }),
  backend: 'wasm',
  seed: 1,
});
const history = await model.fit({ size, age }, price, {
  epochs: 60,
  batchSize: 20,
  validationSplit: 0.2,
  callbacks: [earlyStopping({ patience: 10, monitor: 'validation loss' })],
  progress: false,
});
console.log(history.at(-1)); // one object for each epoch, no History
// #endregion

if (!((history.at(-1)?.['validation loss'] ?? 1) < 0.05)) throw new Error(JSON.stringify(history.at(-1)));
model.dispose();
