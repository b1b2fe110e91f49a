import {
  add,
  div,
  exp,
  formatShape,
  logSoftmax,
  matmul,
  max,
  mul,
  neg,
  type Shape,
  ShapeError,
  sigmoid,
  square,
  sub,
  sum,
  tanh,
  type Value,
} from '@pullback/core';

/** J^T g for the operands that are asked for. */
export type Answer = (
  gradient: Value,
  at: { readonly inputs: readonly Value[]; readonly output: Value },
) => Value[];

export interface Exercise {
  /** Of the report. */
  readonly equation: string;
  readonly forward: (...inputs: Value[]) => Value;
  /** For how many of the operands J^T g is asked; the chain rule gives the others. */
  readonly asked: number;
  readonly shapes: (a: number, b: number, c: number) => readonly Shape[];
  /** Where the kit takes its numbers from; all when left out. */
  readonly domain?: readonly [number, number];
}

const one = (a: number, b: number): Shape[] => [[a, b]];
const two = (a: number, b: number): Shape[] => [
  [a, b],
  [a, b],
];
const rows = { axis: 1, keepAxis: true };
const [x, t] = [0, 1];
/** An operand, which is a matrix. @throws ShapeError */
function of(inputs: readonly Value[], place: number): Value {
  const found = inputs[place];
  if (found?.shape.length !== 2)
    throw new ShapeError({
      got: found === undefined ? 'nothing' : formatShape(found.shape),
      expected: 'a matrix',
      at: `operand ${place}`,
    });
  return found;
}

/** Samples lie in rows, as in 4.2 of the report. */
export const exercises = {
  product: {
    equation: '(2.5), 4.2',
    forward: (...inputs) => matmul(of(inputs, x), of(inputs, t)),
    asked: 2,
    shapes: (a, b, c) => [
      [a, b],
      [b, c],
    ],
  },
  bias: {
    equation: '(2.9), 4.2',
    forward: (...inputs) => add(of(inputs, x), of(inputs, t)),
    asked: 2,
    shapes: (a, b) => [
      [a, b],
      [1, b],
    ],
  },
  sigmoid: { equation: '(3.3)', forward: (...inputs) => sigmoid(of(inputs, x)), asked: 1, shapes: one },
  tanh: { equation: '3.1.2', forward: (...inputs) => tanh(of(inputs, x)), asked: 1, shapes: one },
  softmax: {
    equation: '(3.5), 4.3',
    forward: (...inputs) => {
      const z = of(inputs, x);
      const e = exp(sub(z, max(z, rows)));
      return div(e, sum(e, rows));
    },
    asked: 1,
    shapes: one,
  },
  squaredError: {
    equation: '3.2.1',
    forward: (...inputs) => mul(0.5, sum(square(sub(of(inputs, t), of(inputs, x))))),
    asked: 1,
    shapes: two,
  },
  crossEntropy: {
    equation: '(3.9)',
    forward: (...inputs) => neg(sum(mul(of(inputs, t), logSoftmax(of(inputs, x), { axis: 1 })))),
    asked: 1,
    shapes: two,
    domain: [-20, 20],
  },
} satisfies Readonly<Record<string, Exercise>>;

export type ExerciseName = keyof typeof exercises;
export const exerciseNames = Object.keys(exercises) as readonly ExerciseName[];
