// #region program
import { binaryCrossEntropy, dense, Model, momentum, sequential, sigmoid } from 'pullback';

// net.train([{ input: [0, 0], output: [0] }, ...]): inputs and outputs are two lists.
const inputs = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const outputs = [[0], [1], [1], [0]];

const net = await Model.create({
  network: sequential(dense(3, { activation: sigmoid }), dense(1, { activation: sigmoid })), // hiddenLayers: [3]
  input: [2],
  loss: binaryCrossEntropy({ reduction: 'sum' }),
  optimizer: momentum({ learningRate: 0.3, momentum: 0.9 }),
  seed: 2,
});
let error = Infinity;
while (error > 0.05 && net.stepCount < 5000)
  error = await net.step({ x: inputs, y: outputs }, { times: 100 }).loss.read();
const [run] = (await net.predict([[1, 0]])).data; // net.run([1, 0])
console.log(error, run);
// #endregion

if (!(Number(run) > 0.9)) throw new Error(`${run} after ${net.stepCount} steps`);
net.dispose();
