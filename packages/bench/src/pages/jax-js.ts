import { defaultDevice, init, jit, nn, numpy as np, random, tree, valueAndGrad } from '@jax-js/jax';

await init('wasm');
defaultDevice('wasm');
type Weights = { w1: np.Array; b1: np.Array; w2: np.Array; b2: np.Array };
const forward = ({ w1, b1, w2, b2 }: Weights, x: np.Array) =>
  nn.sigmoid(np.matmul(nn.sigmoid(np.matmul(x, w1).add(b1)), w2).add(b2));
const loss = (weights: Weights, x: np.Array, y: np.Array) =>
  np.square(forward(weights, x).sub(y)).sum().mul(0.5);
const step = jit((weights: Weights, x: np.Array, y: np.Array) => {
  const [error, gradients] = valueAndGrad(loss)(tree.ref(weights), x, y);
  const next = tree.map((p: np.Array, g: np.Array) => p.sub(g.mul(0.5)), weights, gradients);
  return { error, next };
});
let weights: Weights = {
  w1: random.normal(random.key(1), [2, 2]),
  b1: np.zeros([2]),
  w2: random.normal(random.key(2), [2, 1]),
  b2: np.zeros([1]),
};
const x = np.array([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const y = np.array([[0], [1], [1], [0]]);
for (let i = 0; i < 1000; i++) {
  const { error, next } = step(weights, x.ref, y.ref);
  await error.data();
  weights = next;
}
document.title = String(await forward(weights, x).data());
