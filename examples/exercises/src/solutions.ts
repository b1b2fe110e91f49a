import { exp, logSoftmax, matmul, mul, sub, sum, transpose } from '@pullback/core';
import type { Answer, ExerciseName } from './exercises.ts';

const rows = { axis: 1, keepAxis: true };
const columns = { axis: 0, keepAxis: true };

/** One right answer to each. */
export const solutions: Readonly<Record<ExerciseName, Answer>> = {
  product: (g, { inputs: [x = g, w = g] }) => [matmul(g, transpose(w)), matmul(transpose(x), g)],
  bias: (g) => [g, sum(g, columns)],
  sigmoid: (g, { output: x }) => [mul(g, mul(x, sub(1, x)))],
  tanh: (g, { output: x }) => [mul(g, sub(1, mul(x, x)))],
  softmax: (g, { output: y }) => [mul(y, sub(g, sum(mul(y, g), rows)))],
  squaredError: (g, { inputs: [x = g, t = g] }) => [mul(g, sub(x, t))],
  crossEntropy: (g, { inputs: [z = g, t = g] }) => [
    mul(g, sub(mul(exp(logSoftmax(z, { axis: 1 })), sum(t, rows)), t)),
  ],
};
