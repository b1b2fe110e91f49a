// What a target, a weight or a certain probability leaves out is 0 in the loss and in its gradient, whatever stands there.

import {
  constant,
  evaluate,
  gradient,
  type Loss,
  mul,
  placementOf,
  sum,
  type Value,
  weigh,
} from '@pullback/core';
import {
  categoricalCrossEntropy,
  categoricalHinge,
  cosineDistance,
  huber,
  kullbackLeibler,
  poisson,
  sigmoidFocal,
  softmaxCrossEntropy,
  softmaxFocal,
} from '@pullback/losses';
import { describe, expect, test } from 'vitest';

const f64 = { dtype: 'float64' } as const;
const row = placementOf('row');
const { NaN: nan, NEGATIVE_INFINITY: minusInfinity } = Number;
const values = (value: Value | undefined) => (value === undefined ? [] : [...evaluate(value).data]);

function lossAndSlope(
  loss: Loss,
  x: readonly number[][],
  t: readonly number[][],
  weights?: readonly number[],
) {
  const [at, target] = [constant(x, f64), constant(t, f64)];
  const errors = loss.perSample?.(at, target, row) ?? loss.forward(at, target, row);
  const y = sum(weights === undefined ? errors : weigh(errors, constant([...weights], f64)));
  return { loss: values(y)[0] ?? nan, slope: values(gradient(y, [at])[0]).map((x) => x + 0) };
}

const losses: Readonly<Record<string, Loss>> = {
  softmaxCrossEntropy: softmaxCrossEntropy(),
  'softmaxCrossEntropy with class weights': softmaxCrossEntropy({ classWeights: [2, 0.5] }),
  'softmaxFocal, gamma 0.5': softmaxFocal({ gamma: 0.5 }),
  'sigmoidFocal, gamma 0.5': sigmoidFocal({ gamma: 0.5 }),
  categoricalHinge: categoricalHinge(),
  huber: huber(),
  kullbackLeibler: kullbackLeibler(),
  categoricalCrossEntropy: categoricalCrossEntropy(),
};

describe('a sample of weight 0 counts nothing, whatever its target and prediction are', () => {
  for (const [name, loss] of Object.entries(losses))
    test(name, () => {
      const alone = lossAndSlope(loss, [[0.3, 0.7]], [[0, 1]], [2]);
      for (const bad of [nan, Infinity, minusInfinity])
        for (const [x, t] of [
          [
            [0.3, 0.7],
            [bad, 1],
          ],
          [
            [bad, 0.7],
            [0, 1],
          ],
        ] as const) {
          const both = lossAndSlope(loss, [[...x], [0.3, 0.7]], [[...t], [0, 1]], [0, 2]);
          expect(both.loss).toBeCloseTo(alone.loss, 12);
          expect(both.slope.slice(0, 2)).toEqual([0, 0]);
          expect(both.slope.slice(2)).toEqual(alone.slope);
        }
    });
});

describe('a class of target 0 or weight 0 counts nothing', () => {
  test('beside a logit of -Infinity or a probability of 0', () => {
    expect(lossAndSlope(softmaxCrossEntropy(), [[minusInfinity, 2]], [[0, 1]])).toEqual({
      loss: 0,
      slope: [0, 0],
    });
    expect(lossAndSlope(softmaxFocal({ gamma: 0.5 }), [[minusInfinity, 2]], [[0, 1]])).toEqual({
      loss: 0,
      slope: [0, 0],
    });
    expect(lossAndSlope(kullbackLeibler(), [[0, 1]], [[0, 1]])).toEqual({ loss: 0, slope: [0, -1] });
    expect(lossAndSlope(categoricalCrossEntropy(), [[nan, 1]], [[0, 1]])).toEqual({
      loss: 0,
      slope: [0, -1],
    });
    expect(lossAndSlope(poisson(), [[2, 0]], [[2, 0]]).slope).toEqual([0, 1]);
  });
  test('of class weight 0', () => {
    const { loss, slope } = lossAndSlope(
      categoricalCrossEntropy({ classWeights: [0, 1] }),
      [[nan, 0.5]],
      [[1, 1]],
    );
    expect([loss, ...slope]).toEqual([Math.log(2), 0, -2]);
  });
});

test('the cosine distance of vectors whose squares overflow or underflow', () => {
  for (const size of [1e-200, 1, 1e200]) {
    const { loss, slope } = lossAndSlope(cosineDistance(), [[3 * size, 4 * size]], [[5 * size, 0]]);
    expect(loss).toBeCloseTo(0.4, 12);
    // -(t/|t| - cos x/|x|) / |x|
    expect((slope[0] ?? nan) * size).toBeCloseTo(-(1 - 0.36) / 5, 12);
    expect((slope[1] ?? nan) * size).toBeCloseTo(0.48 / 5, 12);
  }
});

describe('focal losses of a certain prediction', () => {
  // -(1-p)^gamma log p of p = e^l: its slope at l by its closed form, for p from far away to 1.
  for (const gamma of [0, 0.25, 0.5, 1, 2, 3.5])
    test(`gamma ${gamma}`, () => {
      for (const z of [0.5, 3, 20, 40, 100, 800]) {
        const { loss, slope } = lossAndSlope(softmaxFocal({ gamma }), [[z, 0]], [[1, 0]]);
        const rest = Math.exp(-z) / (1 + Math.exp(-z));
        const l = -Math.log1p(Math.exp(-z));
        const wanted = gamma === 0 ? -l : rest ** gamma * -l;
        expect(Math.abs(loss - wanted)).toBeLessThanOrEqual(1e-13 * wanted + 1e-15);
        // dl/dz = 1 - p
        const ratio = rest === 0 ? 1 : -l / rest;
        const wantedSlope = -(rest ** gamma) * (1 + gamma * (1 - rest) * ratio) * rest;
        // The slope of a log softmax is a difference from 1.
        expect(Math.abs((slope[0] ?? nan) - wantedSlope)).toBeLessThanOrEqual(1e-15);
        const sigmoid = lossAndSlope(sigmoidFocal({ gamma }), [[z]], [[1]]);
        expect(Math.abs((sigmoid.slope[0] ?? nan) - wantedSlope)).toBeLessThanOrEqual(
          1e-12 * Math.abs(wantedSlope),
        );
      }
    });
  test('slopes of slopes, by central differences where it is not certain, and 0 where it is', () => {
    const slopeAt = (loss: Loss, z: number) => lossAndSlope(loss, [[z, 0]], [[1, 0]]).slope[0] ?? nan;
    for (const gamma of [0, 0.25, 0.5, 1, 2])
      for (const z of [-2, 0.5, 3, 40, 800]) {
        const loss = softmaxFocal({ gamma });
        const x = constant([[z, 0]], f64);
        const [slope = x] = gradient(loss.forward(x, constant([[1, 0]], f64), row), [x]);
        const [found = nan] = values(gradient(sum(mul(slope, constant([[1, 0]], f64))), [x])[0]);
        const wanted = (slopeAt(loss, z + 1e-5) - slopeAt(loss, z - 1e-5)) / 2e-5;
        expect(Math.abs(found - wanted)).toBeLessThan(1e-8);
      }
  });
});
