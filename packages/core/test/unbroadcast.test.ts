import {
  add,
  cast,
  constant,
  defineLoss,
  defineNode,
  equal,
  evaluate,
  less,
  mean,
  mul,
  ones,
  type Placement,
  placeholder,
  placementOf,
  reshape,
  type Shape,
  ShapeError,
  select,
  sigmoid,
  square,
  sub,
  sum,
  type Value,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';

type Formula = (prediction: Value, target: Value) => Value;
const squares = defineNode('squares', { forward: (x: Value, t: Value) => square(sub(x, t)) });

const lossOn = (formula: Formula, prediction: Shape, target: Shape) => {
  const loss = defineLoss('own', (x, t) => sum(formula(x, t)))();
  const [x, t] = [prediction, target].map((shape) => placeholder({ shape, dtype: 'float32' }, 'x'));
  if (x === undefined || t === undefined) throw new Error('two');
  return () => loss.forward(x, t, placementOf('row'));
};

describe('a loss of one’s own refuses to broadcast prediction and target against each other', () => {
  const shapes: readonly (readonly [Shape, Shape])[] = [
    [[3, 1], [3]],
    [
      [3, 2],
      [3, 1],
    ],
    [
      [3, 2],
      [1, 2],
    ],
    [[3, 2], [2]],
    [
      [3, 1],
      [3, 2],
    ],
    [[3], [3, 1]],
    [
      [2, 3, 1],
      [2, 1, 3],
    ],
  ];
  const formulas: Readonly<Record<string, Formula>> = {
    'a difference': (x, t) => sub(x, t),
    'made of others': (x, t) => mul(sigmoid(x), add(mul(t, 2), 1)),
    'inside a node': (x, t) => squares(x, t),
    'in a condition': (x, t) => select(less(t, 0.5), x, mul(x, 2)),
  };
  for (const [name, formula] of Object.entries(formulas))
    for (const [prediction, target] of shapes)
      test(`${name}: [${prediction}] and [${target}]`, () => {
        expect(lossOn(formula, prediction, target)).toThrow(ShapeError);
        expect(lossOn(formula, prediction, target)).toThrow(`[${target.join(', ')}]`);
      });

  test('a sum over components beside targets with an axis too many', () => {
    expect(lossOn((x, t) => sub(sum(x, { axis: 1 }), t), [3, 2], [3, 1])).toThrow(ShapeError);
  });
});

describe('what is meant is taken', () => {
  const taken: Readonly<Record<string, readonly [Formula, Shape, Shape]>> = {
    'one shape': [(x, t) => sub(x, t), [3, 2], [3, 2]],
    'a number for each sample': [(x, t) => sub(sum(x, { axis: 1 }), t), [3, 2], [3]],
    'a mean of the target': [(x, t) => sub(x, mean(t, { axis: 0, keepAxis: true })), [3, 2], [3, 2]],
    'quantiles of one target, repeated on purpose': [(x, t) => sub(x, mul(t, ones([1, 5]))), [3, 5], [3, 1]],
    'pairs of samples': [
      (x, t) =>
        mul(
          cast(less(reshape(t, [3, 1]), reshape(t, [1, 3])), 'float32'),
          sub(reshape(x, [3, 1]), reshape(x, [1, 3])),
        ),
      [3],
      [3],
    ],
    'bins of a prediction': [(x, t) => add(sum(square(sub(x, ones([1, 5])))), sum(t)), [3, 1], [3, 1]],
    'one sample': [(x, t) => sub(x, t), [1, 1], [1, 1]],
    'targets compared with themselves': [
      (x, t) => add(x, sum(cast(equal(t, sum(t)), 'float32'))),
      [3, 1],
      [3],
    ],
  };
  for (const [name, [formula, prediction, target]] of Object.entries(taken))
    test(name, () => {
      expect(lossOn(formula, prediction, target)().shape).toEqual([]);
    });
});

test('a loss of errors of samples is their sum, or their mean, in both layouts', () => {
  const per = {
    perSample: (x: Value, t: Value, { classAxis }: Placement) => sum(square(sub(x, t)), { axis: classAxis }),
  };
  const numbers = [
    constant([
      [1, 2],
      [3, 5],
    ]),
    constant([
      [0, 2],
      [1, 1],
    ]),
  ] as const;
  for (const layout of ['row', 'column'] as const)
    for (const [reduction, expected] of [
      ['sum', 21],
      ['mean', 10.5],
    ] as const) {
      const loss = defineLoss('own', per, { reduction })();
      expect(loss.reduction).toBe(reduction);
      const at = placementOf(layout);
      expect(evaluate(loss.forward(...numbers, at)).data).toEqual(Float32Array.of(expected));
      const errors = loss.perSample?.(...numbers, at);
      // 1 + 0 and 4 + 16, or 1 + 4 and 0 + 16.
      expect(errors && Array.from(evaluate(errors).data)).toEqual(layout === 'row' ? [1, 20] : [5, 16]);
      const narrow = constant([[0], [1]]);
      expect(() => loss.perSample?.(numbers[0], narrow, at)).toThrow(ShapeError);
    }
});
