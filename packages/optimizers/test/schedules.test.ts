import { constant, evaluate, OptionError, type Schedule } from '@pullback/core';
import {
  constantRate,
  cosine,
  exponential,
  oneCycle,
  polynomial,
  product,
  sequence,
  stepDecay,
  warmup,
} from '@pullback/optimizers';
import { describe, expect, test } from 'vitest';

const at = (schedule: Schedule, step: number) =>
  evaluate(schedule(constant(step, { dtype: 'float64' }))).data[0];

const half = (s: number) => (1 + Math.cos(Math.PI * s)) / 2;
const cases: Record<string, [Schedule, (step: number) => number]> = {
  constant: [constantRate(0.3), () => 0.3],
  stepDecay: [stepDecay({ every: 10, factor: 0.5 }), (k) => 0.5 ** Math.floor(k / 10)],
  exponential: [exponential({ rate: 0.9, steps: 7 }), (k) => 0.9 ** (k / 7)],
  'polynomial, linear': [polynomial({ steps: 20, end: 0.1 }), (k) => (1 - Math.min(k / 20, 1)) * 0.9 + 0.1],
  'polynomial of power 2': [polynomial({ steps: 20, power: 2 }), (k) => (1 - Math.min(k / 20, 1)) ** 2],
  cosine: [cosine({ steps: 20, end: 0.1 }), (k) => half(Math.min(k / 20, 1)) * 0.9 + 0.1],
  'cosine with restarts': [cosine({ steps: 20, restarts: true }), (k) => half((k % 20) / 20)],
  warmup: [warmup({ steps: 4, start: 0.2 }), (k) => (k < 4 ? 0.2 + (0.8 * k) / 4 : 1)],
  'warmup, then cosine': [
    warmup({ steps: 4, after: cosine({ steps: 10 }) }),
    (k) => (k < 4 ? k / 4 : half(Math.min((k - 4) / 10, 1))),
  ],
  oneCycle: [
    oneCycle({ steps: 10, up: 0.3, divide: 10, finish: 100 }),
    (k) => (k < 3 ? 0.1 + 0.9 * (1 - half(k / 3)) : half(Math.min((k - 3) / 7, 1)) * (1 - 0.001) + 0.001),
  ],
  sequence: [
    sequence(
      [
        { steps: 3, schedule: constantRate(0.5) },
        { steps: 2, schedule: polynomial({ steps: 2 }) },
      ],
      constantRate(0.1),
    ),
    (k) => (k < 3 ? 0.5 : k < 5 ? 1 - (k - 3) / 2 : 0.1),
  ],
  product: [product(constantRate(0.5), polynomial({ steps: 10 })), (k) => 0.5 * (1 - Math.min(k / 10, 1))],
};

describe('every schedule is its formula at every step', () => {
  for (const [name, [schedule, formula]] of Object.entries(cases))
    test(name, () => {
      for (const step of [0, 1, 2, 3, 4, 5, 9, 10, 11, 19, 20, 21, 40, 1000])
        expect(at(schedule, step)).toBeCloseTo(formula(step), 13);
    });
});

test('numbers of steps that are not whole, and factors that are not above 0, are refused', () => {
  expect(() => cosine({ steps: 0 })).toThrow(OptionError);
  expect(() => warmup({ steps: 1.5 })).toThrow(OptionError);
  expect(() => at(stepDecay({ every: 3, factor: -1 }), 0)).toThrow(OptionError);
});
