// #region program
import {
  compile,
  constant,
  evaluate,
  gradient,
  matmul,
  mean,
  mul,
  square,
  sub,
  tanh,
  type Value,
  vmap,
} from 'pullback';

// grad(loss): gradient(loss(w), [w]). jit: compile, for the shapes that are given. There is no .ref and no dispose.
const errorOf = (w: Value, x: Value, t: Value) => mean(square(sub(tanh(matmul(x, w)), t)));
const step = await compile(
  (w, x, t) => {
    const error = errorOf(w, x, t);
    const [slope = w] = gradient(error, [w]);
    return [error, sub(w, mul(0.5, slope))];
  },
  {
    inputs: [
      [2, 1],
      [4, 2],
      [4, 1],
    ],
    backend: 'wasm',
  },
);
const x = [
  [0, 1],
  [1, 0],
  [1, 1],
  [0.5, -1],
];
const t = [[0.5], [-0.5], [0], [-0.6]];
let w: Parameters<typeof step>[number] = [[0], [0]];
let error = 1;
for (let i = 0; i < 200; i++) {
  const [loss, next] = await step(w, x, t);
  [error, w] = [Number(loss?.data[0]), next ?? w];
}
console.log(error, evaluate(vmap((row) => mul(row, 2))(constant(x))).shape); // vmap is as there
// #endregion

if (!(error < 0.01)) throw new Error(`an error of ${error}`);
