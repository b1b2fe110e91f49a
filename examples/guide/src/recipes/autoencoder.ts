// #region program
import { adam, dense, Model, meanSquaredError, RandomStream, sequential, tanh } from 'pullback';

// Signals of 16 numbers that two hidden numbers make: a phase and a height.
const random = RandomStream.of(1, 'signals');
const signals = Array.from({ length: 200 }, () => {
  const [phase, height] = [random.uniform(), 0.5 + random.uniform()];
  return Array.from({ length: 16 }, (_, i) => height * Math.sin(i / 3 + phase));
});

const encoder = sequential(dense(12), tanh(), dense(2));
const decoder = sequential(dense(12), tanh(), dense(16));
const model = await Model.create({
  network: sequential(encoder, decoder),
  input: [16],
  loss: meanSquaredError(),
  optimizer: adam({ learningRate: 0.01 }),
  backend: 'wasm',
  seed: 1,
});
await model.fit(signals, signals, { epochs: 60, batchSize: 20, progress: false });
const { loss = Number.NaN } = await model.evaluate(signals, signals);

// The encoder alone: the same layer in another model, with the weights under its path.
const coder = await Model.create({
  network: encoder,
  input: [16],
  loss: meanSquaredError(),
  optimizer: adam({ learningRate: 0.01 }),
  backend: 'wasm',
});
await coder.load(await model.weights(), { prefix: 'network', from: 'network/0' });
const codes = await coder.predict(signals); // { shape: [200, 2], ... }
console.log(loss, codes.shape);
// #endregion

const mean = signals[0]?.map((_, k) => signals.reduce((sum, each) => sum + (each[k] ?? 0), 0) / 200) ?? [];
const spread =
  signals.flatMap((each) => each.map((value, k) => (value - (mean[k] ?? 0)) ** 2)).reduce((a, b) => a + b) /
  3200;
if (!(loss < spread / 10)) throw new Error(`${loss} beside a variance of ${spread}`);
if (codes.shape.join() !== '200,2') throw new Error('codes of another shape');
for (const each of [model, coder]) each.dispose();
