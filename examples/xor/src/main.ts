// XOR with one hidden unit and direct links from the inputs to the output, as the 1986 chapter draws it.
import {
  concatenate,
  defineLayer,
  dense,
  halfSquaredError,
  Model,
  momentum,
  sigmoid,
  uniformly,
  type Value,
} from 'pullback';

const start = { kernelInitializer: uniformly({ low: -0.5, high: 0.5 }) };
const hidden = dense(1, { name: 'hidden', ...start });
const output = dense(1, { name: 'output', ...start });

const model = await Model.create({
  network: defineLayer('xor', (scope, x: Value) => {
    const h = sigmoid(scope.apply(hidden, x));
    return sigmoid(scope.apply(output, concatenate([x, h])));
  }),
  input: [2],
  loss: halfSquaredError(),
  optimizer: momentum({ learningRate: 0.5, momentum: 0.9 }),
  dtype: 'float64',
  seed: 1,
});

const patterns = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const targets = [[0.1], [0.9], [0.9], [0.1]];
let sweeps = 0;
let outputs: number[] = [];
const solved = () =>
  outputs.length === 4 && outputs.every((y, i) => Math.abs(y - (targets[i]?.[0] ?? 0)) < 0.1);
while (!solved() && sweeps < 5000) {
  model.step({ x: patterns, y: targets }, { times: 10 });
  sweeps += 10;
  outputs = Array.from((await model.predict(patterns)).data);
}
patterns.forEach((pattern, i) => {
  console.log(`${pattern.join(' xor ')} -> ${outputs[i]?.toFixed(3)}`);
});
console.log(
  solved() ? `solved after ${sweeps} sweeps` : `not solved after ${sweeps} sweeps: a local minimum`,
);
