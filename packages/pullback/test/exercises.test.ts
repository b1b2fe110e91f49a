import { exp, logSoftmax, matmul, mul, sub, sum, transpose } from 'pullback';
import { describe, expect, test } from 'vitest';
import { answers } from '../../../examples/exercises/src/answers.ts';
import { type Answer, type ExerciseName, exerciseNames } from '../../../examples/exercises/src/exercises.ts';
import { grade } from '../../../examples/exercises/src/grade.ts';
import { solutions } from '../../../examples/exercises/src/solutions.ts';

describe('exercises of the report', () => {
  test.each(exerciseNames)('%s: the solution is right, an open answer is not', async (name) => {
    expect(await grade(name, solutions[name])).toBeUndefined();
    expect(await grade(name, answers[name])).toContain('not answered yet');
  });

  // Mistakes that the report warns of.
  const wrong: readonly (readonly [ExerciseName, string, Answer])[] = [
    [
      'product',
      'W in the place of its transpose (4.2)',
      (g, { inputs: [x = g, w = g] }) => [matmul(g, w), matmul(transpose(x), g)],
    ],
    ['bias', 'a gradient that is not summed over the batch (2.10)', (g) => [g, g]],
    ['sigmoid', 'x for x (1 - x)', (g, { output: x }) => [mul(g, x)]],
    ['tanh', '1 - x for 1 - x^2', (g, { output: x }) => [mul(g, sub(1, x))]],
    ['softmax', 'a diagonal J (3.2)', (g, { output: y }) => [mul(g, mul(y, sub(1, y)))]],
    [
      'softmax',
      'a sum along the other axis (4.3)',
      (g, { output: y }) => [mul(y, sub(g, sum(mul(y, g), { axis: 0, keepAxis: true })))],
    ],
    ['squaredError', 't - x', (g, { inputs: [x = g, t = g] }) => [mul(g, sub(t, x))]],
    [
      'crossEntropy',
      'x - t, whatever the targets sum to (3.9)',
      (g, { inputs: [z = g, t = g] }) => [mul(g, sub(exp(logSoftmax(z, { axis: 1 })), t))],
    ],
    ['tanh', 'two Values where one is asked for', (g) => [g, g]],
  ];
  test.each(wrong)('%s is graded as wrong: %s', async (name, _, answer) => {
    expect(await grade(name, answer)).toBeDefined();
  });
});
