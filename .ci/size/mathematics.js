// A function and its gradient on the reference backend.
import { cpu } from '@pullback/backend-cpu';
import { compile, gradient, matmul, sum, tanh } from '@pullback/core';

const run = await compile((x, w) => [sum(tanh(matmul(w, x))), ...gradient(sum(tanh(matmul(w, x))), [w])], {
  inputs: [
    [3, 1],
    [2, 3],
  ],
  backend: cpu(),
});
console.log(
  await run(
    [[1], [2], [3]],
    [
      [1, 1, 1],
      [1, 1, 1],
    ],
  ),
);
