import {
  constant,
  defineNode,
  evaluate,
  gradient,
  log,
  logSoftmax,
  mul,
  neg,
  placementOf,
  sigmoid,
  softmax,
  sub,
  sum,
  type Value,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { binaryCrossEntropy, categoricalCrossEntropy, kullbackLeibler } from '../src/index.ts';

const f64 = { dtype: 'float64' } as const;
const row = placementOf('row');
const read = (value: Value | undefined) => (value === undefined ? [] : Array.from(evaluate(value).data));
const add0 = (xs: readonly number[]) => xs.map((x) => x + 0);
const sigma = (z: number) => 1 / (1 + Math.exp(-z));

describe('at saturation, as functions', () => {
  const z = constant([[1000, -1000]], f64);
  const t = constant([[0, 1]], f64);
  // -sum t log s(z) + (1-t) log s(-z) = 1000 + 1000, with gradient s(z) - t; -sum t log softmax(z) = 2000 with softmax(z) - t.
  const forms: Record<string, () => Value> = {
    'sigmoid, binary cross entropy': () =>
      binaryCrossEntropy({ reduction: 'sum' }).forward(sigmoid(z), t, row),
    'softmax, categorical cross entropy': () =>
      categoricalCrossEntropy({ reduction: 'sum' }).forward(softmax(z), t, row),
    'softmax, Kullback-Leibler': () => kullbackLeibler({ reduction: 'sum' }).forward(softmax(z), t, row),
    'one own of log softmax': () => neg(sum(mul(t, log(softmax(z))))),
    'one own of log sigmoid': () => {
      const p = sigmoid(z);
      return neg(sum(sub(mul(t, log(p)), mul(sub(t, 1), log(sub(1, p))))));
    },
  };
  for (const [name, make] of Object.entries(forms))
    test(`${name}: 2000, with gradient [1, -1]`, () => {
      const loss = make();
      expect(read(loss)).toEqual([2000]);
      expect(read(gradient(loss, [z])[0])).toEqual([1, -1]);
    });
});

describe('the gradient at the probabilities, and both at once', () => {
  const z = constant([[0.3, -0.4, 1.2]], f64);
  const t = constant([[0.2, 0.7, 0.1]], f64);
  const [a, b, c] = [0.3, -0.4, 1.2];
  const total = Math.exp(a) + Math.exp(b) + Math.exp(c);
  const targets = [0.2, 0.7, 0.1];
  const close = (got: readonly number[], wanted: readonly number[]) => {
    expect(got.length).toBe(wanted.length);
    got.forEach((x, i) => {
      expect(x).toBeCloseTo(wanted[i] ?? Number.NaN, 13);
    });
  };

  test('binary cross entropy', () => {
    const p = sigmoid(z);
    const loss = binaryCrossEntropy({ reduction: 'sum' }).forward(p, t, row);
    const [atP, atZ] = gradient(loss, [p, z]).map(read);
    close(
      atP ?? [],
      [a, b, c].map((x, i) => (sigma(x) - (targets[i] ?? 0)) / (sigma(x) * (1 - sigma(x)))),
    );
    close(
      atZ ?? [],
      [a, b, c].map((x, i) => sigma(x) - (targets[i] ?? 0)),
    );
  });

  test('categorical cross entropy, log of softmax', () => {
    const p = softmax(z);
    for (const loss of [
      categoricalCrossEntropy({ reduction: 'sum' }).forward(p, t, row),
      neg(sum(mul(t, log(p)))),
    ]) {
      const [atP, atZ] = gradient(loss, [p, z]).map(read);
      close(
        atP ?? [],
        [a, b, c].map((x, i) => (-(targets[i] ?? 0) * total) / Math.exp(x)),
      );
      close(
        atZ ?? [],
        [a, b, c].map((x, i) => Math.exp(x) / total - (targets[i] ?? 0)),
      );
      const [alone] = gradient(loss, [p]);
      expect(read(alone)).toEqual(atP);
    }
  });

  test('probabilities used elsewhere too pass on what came from there', () => {
    const p = sigmoid(z);
    // d/dz (log p + 3 p) = 1 - p + 3 p (1 - p); d/dp = 1/p + 3
    const both = gradient(sum(log(p)), [z, p]).map(read);
    const [atZ, atP] = gradient(sum(sub(log(p), mul(p, -3))), [z, p]).map(read);
    close(
      atZ ?? [],
      [a, b, c].map((x) => (1 - sigma(x)) * (1 + 3 * sigma(x))),
    );
    close(
      atP ?? [],
      [a, b, c].map((x) => 1 / sigma(x) + 3),
    );
    close(
      both[1] ?? [],
      [a, b, c].map((x) => 1 / sigma(x)),
    );
  });

  test('log (1 - p): at p, at 1 - p and at z', () => {
    const p = sigmoid(z);
    const q = sub(1, p);
    const [atP, atQ, atZ] = gradient(sum(log(q)), [p, q, z]).map(read);
    close(
      atP ?? [],
      [a, b, c].map((x) => -1 / (1 - sigma(x))),
    );
    close(
      atQ ?? [],
      [a, b, c].map((x) => 1 / (1 - sigma(x))),
    );
    close(
      atZ ?? [],
      [a, b, c].map((x) => -sigma(x)),
    );
  });

  test('the second derivative of log softmax', () => {
    const loss = sum(mul(t, log(softmax(z))));
    const same = sum(mul(t, logSoftmax(z)));
    const second = (of: Value) => read(gradient(sum(mul(gradient(of, [z])[0] ?? z, t)), [z])[0]);
    close(second(loss), second(same));
    expect(add0(second(loss))).not.toEqual([0, 0, 0]);
  });
});

test('inside a node an input is given, whatever made it: nothing is captured, and its own vjp counts', () => {
  const z = constant([[0.5, -1]], f64);
  const logOf = defineNode('logOf', { forward: (p: Value) => log(p) });
  const [slope] = gradient(sum(logOf(sigmoid(z))), [z]);
  read(slope).forEach((x, i) => {
    expect(x).toBeCloseTo(1 - sigma([0.5, -1][i] ?? 0), 13);
  });
  // d/dz of p with a vjp that says 7 for the logarithm is 7 p (1 - p).
  const odd = defineNode('odd', { forward: (p: Value) => log(p), vjp: (g) => [mul(g, 7)] });
  const [strange] = gradient(sum(odd(sigmoid(z))), [z]);
  read(strange).forEach((x, i) => {
    const p = sigma([0.5, -1][i] ?? 0);
    expect(x).toBeCloseTo(7 * p * (1 - p), 13);
  });
});
