// #region program
import { adam, dense, lstm, Model, meanSquaredError, sequential } from 'pullback';

// A series, as windows of 12 values and the value that comes next.
const series = Array.from({ length: 212 }, (_, t) => Math.sin(t / 3) * Math.cos(t / 11));
const length = 12;
const x = series.slice(length).map((_, i) => series.slice(i, i + length).map((value) => [value])); // [200, 12, 1]
const y = series.slice(length).map((value) => [value]);

const model = await Model.create({
  network: sequential(lstm(12, { returns: 'last' }), dense(1)),
  input: [length, 1],
  loss: meanSquaredError(),
  optimizer: adam({ learningRate: 0.02 }),
  backend: 'wasm',
  seed: 1,
});
await model.fit(x.slice(0, 160), y.slice(0, 160), { epochs: 30, batchSize: 20, progress: false });

const { loss = Number.NaN } = await model.evaluate(x.slice(160), y.slice(160)); // the end of the series, in order
const same = y.slice(160).map(([next = 0], i) => (next - (series[length + 159 + i] ?? 0)) ** 2);
const naive = same.reduce((sum, each) => sum + each, 0) / same.length; // the last value, said again
console.log({ loss, naive });
// #endregion

if (!(loss < naive / 4)) throw new Error(`${loss} beside ${naive}`);
model.dispose();
