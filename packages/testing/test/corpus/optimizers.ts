// Optimizers with a mistake in each, written from the public pages alone. What the report has to speak of stands beside it.
import {
  abs,
  add,
  cast,
  div,
  fill,
  greaterEqual,
  less,
  maximum,
  mean,
  mul,
  select,
  slice,
  sqrt,
  square,
  sub,
  transpose,
  type Value,
} from '@pullback/core';
import { publishedUpdates as published } from '@pullback/testing';
import { asSgd, by, descend, need, type WrongOptimizer } from './optimizer-of.ts';

let updates = 0;

let remembered: Value | undefined;

export const wrongOptimizers: Readonly<Record<string, WrongOptimizer>> = {
  'a matrix is turned over': {
    make: by((weight, gradient, slots, { learningRate }) => {
      const [rows, columns] = weight.shape;
      const square = weight.shape.length === 2 && rows === columns;
      return { weight: sub(weight, mul(learningRate, square ? transpose(gradient) : gradient)), slots };
    }),
    options: asSgd,
    says: /matri|shape|component|independen|influence/i,
  },
  'matrices move twice as far': {
    make: by((weight, gradient, slots, { learningRate }) => ({
      weight: sub(weight, mul(learningRate, weight.shape.length > 1 ? mul(gradient, 2) : gradient)),
      slots,
    })),
    options: asSgd,
    says: /matri|shape|rank/i,
  },
  'matrices move by the mean of their rows': {
    make: descend((gradient) =>
      gradient.shape.length > 1 ? mean(gradient, { axis: -1, keepAxis: true }) : gradient,
    ),
    options: asSgd,
    says: /matri|shape|component|independen|influence/i,
  },
  'matrices do not move': {
    make: by((weight, gradient, slots, { learningRate }) => ({
      weight: weight.shape.length === 2 ? weight : sub(weight, mul(learningRate, gradient)),
      slots,
    })),
    says: /matri|shape|descen|move/i,
  },
  'only the first eight of a vector': {
    make: by((weight, gradient, slots, { learningRate }) => {
      const n = weight.shape.length === 1 ? (weight.shape[0] ?? 1) : 1;
      const step =
        n > 8
          ? mul(gradient, cast(less(cast(fill(0, [n], 'int32'), weight.dtype), 1), weight.dtype))
          : gradient;
      return {
        weight:
          n > 8
            ? sub(weight, mul(learningRate, mul(step, mean(slice(gradient, [0], [8])))))
            : sub(weight, mul(learningRate, step)),
        slots,
      };
    }),
    says: /component|independen|influence|size|long|shape/i,
  },
  'the first rate for ever': {
    make: by((weight, gradient, slots, { options }) => ({
      weight: sub(weight, mul(gradient, options.learningRate)),
      slots,
    })),
    says: /learning rate|rate/,
  },
  'the rate twice': {
    make: descend((gradient, _, { learningRate }) => mul(gradient, mul(learningRate, 10))),
    says: /rate/,
    options: asSgd,
  },
  'a velocity without the rate': {
    make: by(
      (weight, gradient, slots, { learningRate }) => {
        const velocity = add(mul(need(slots, 'velocity', weight), 0.9), gradient);
        return { weight: sub(weight, mul(learningRate, velocity)), slots: { velocity } };
      },
      { velocity: 0 },
    ),
    options: { reference: published.momentum() },
    says: /rate|momentum|step|published/,
  },
  'a rate of 0 still moves': {
    make: by((weight, gradient, slots, { learningRate }) => ({
      weight: sub(weight, mul(maximum(learningRate, 1e-3), gradient)),
      slots,
    })),
    says: /rate/,
  },
  'steps counted on the host': {
    make: by((weight, gradient, slots, { learningRate }) => ({
      weight: sub(weight, mul(learningRate, div(gradient, ++updates))),
      slots,
    })),
    says: /pure|same|twice/,
  },
  'a Value of the last update': {
    make: by((weight, gradient, slots, { learningRate }) => {
      const last = remembered ?? gradient;
      remembered = gradient;
      return { weight: sub(weight, mul(learningRate, mean(last))), slots };
    }),
    says: /given|kept|pure|use/,
  },
  'zero divided by zero': { make: descend((gradient) => div(gradient, abs(gradient))), says: /NaN/ },
  'a root without epsilon': {
    make: by(
      (weight, gradient, slots, { learningRate }) => {
        const s = add(mul(need(slots, 's', weight), 0.9), mul(square(gradient), 0.1));
        return { weight: sub(weight, mul(learningRate, div(gradient, sqrt(s)))), slots: { s } };
      },
      { s: 0 },
    ),
    says: /NaN/,
  },
  'no gradient moves, too': {
    make: descend((gradient) =>
      select(greaterEqual(gradient, 0), fill(1, gradient.shape, gradient.dtype), -1),
    ),
    says: /zero|gradient of 0|no gradient/,
  },
  'NaN of a huge gradient': {
    make: descend((gradient) => div(mul(gradient, square(gradient)), add(square(gradient), 1))),
    says: /NaN|huge/,
  },
};
