// #region program
import {
  adamw,
  add,
  batches,
  clipByGlobalNorm,
  cosine,
  glorotUniform,
  type Layer,
  lastOf,
  Model,
  matmul,
  type Scope,
  sequential,
  softmaxCrossEntropy,
  tanh,
  type Value,
} from 'pullback';

/** nn.Linear. There is no __init__ with sizes: forward asks its scope for weights of the shape that it sees. */
class Linear implements Layer<[Value]> {
  readonly name = 'linear';
  constructor(readonly units: number) {}
  forward(scope: Scope, x: Value): Value {
    const kernel = scope.parameter('kernel', [lastOf(x.shape), this.units], glorotUniform());
    const bias = scope.parameter('bias', [this.units], () => new Float64Array(this.units));
    return add(matmul(x, kernel), bias);
  }
}

const x = Array.from({ length: 300 }, (_, i) => [Math.sin(i), Math.cos(2 * i)]);
const y = x.map(([a = 0, b = 0]) => (a > b ? 1 : 0));

const model = await Model.create({
  network: sequential(new Linear(16), tanh(), new Linear(2)),
  input: [2],
  loss: softmaxCrossEntropy(), // F.cross_entropy: logits and whole numbers
  optimizer: clipByGlobalNorm(adamw({ learningRate: 0.02, schedule: cosine({ steps: 200 }) }), 1),
  backend: 'wasm',
  seed: 1,
});
for (let epoch = 0; epoch < 10; epoch++)
  for (const batch of batches({ x, y }, { size: 20, shuffle: true, seed: epoch })) model.step(batch); // zero_grad, backward and step in one
console.log(await model.evaluate(x, y, { metrics: ['accuracy'] })); // eval() and no_grad(): prediction is a Program of its own
// #endregion

const { accuracy = 0 } = await model.evaluate(x, y, { metrics: ['accuracy'] });
if (!(accuracy > 0.93)) throw new Error(`accuracy ${accuracy}`);
model.dispose();
