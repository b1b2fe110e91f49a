// Losses with a mistake in each, written from the public pages alone. What the report has to speak of stands beside it.
import { div, flip, mul, reshape, sqrt, square, stopGradient, sub, sum } from '@pullback/core';

import {
  bumped,
  bySample,
  count,
  crossEntropy,
  doubled,
  downhill,
  type Formula,
  hingeOfMine,
  largest,
  matched,
  of,
  reduced,
  rightRule,
  squared,
  type WrongLoss,
} from './loss-of.ts';

export const wrongLosses: Readonly<Record<string, WrongLoss>> = {
  'the root of a square': { make: of((x, t) => sqrt(square(sub(x, t)))), says: /NaN/ },
  'the length of the difference': {
    make: ({ reduction }) => {
      const perSample: Formula = (x, t, at) => {
        matched(x, t);
        return sqrt(bySample(square(sub(x, t)), at));
      };
      return {
        name: 'length',
        reduction,
        perSample,
        forward: (x, t, at) => reduced(reduction, sum(perSample(x, t, at)), count(x, at)),
      };
    },
    says: /NaN/,
  },
  'a gradient of 1 at the target': { make: of((x, t) => bumped(x, t)), says: /target/ },
  'a gradient twice too large': { make: of((x, t) => doubled(x, t)), says: /gradient|vjp/ },
  'a gradient that leads uphill': { make: of((x, t) => downhill(x, t)), says: /gradient|vjp/ },
  'twice the slope at the margin': {
    make: of((x, t) => hingeOfMine(x, t)),
    options: { targets: [-1, 1] },
    says: /gradient|vjp|kink|tie/,
  },
  'every one of equal scores is the largest': {
    make: ({ reduction }) => {
      const perSample: Formula = (x, t) => {
        matched(x, t);
        return sub(reshape(largest(x), [x.shape[0] ?? 1]), sum(mul(x, t), { axis: 1 }));
      };
      return {
        name: 'margin',
        reduction,
        perSample,
        forward: (x, t, at) => reduced(reduction, sum(perSample(x, t, at)), count(x, at)),
      };
    },
    options: { targets: [0, 1] },
    says: /tie|equal|gradient|vjp|layout|column/,
  },
  'the mean of a sample where the sum is meant': {
    make: of(squared, () => ({
      perSample: (x, t, at) => div(bySample(square(sub(x, t)), at), x.shape.at(at.classAxis) ?? 1),
    })),
    says: /perSample|sample/,
  },
  'errors of samples that were divided already': {
    make: of(squared, (reduction) => ({
      perSample: (x, t, at) => reduced(reduction, bySample(square(sub(x, t)), at), count(x, at)),
    })),
    says: /perSample|sample/,
  },
  'errors of samples without a gradient': {
    make: of(squared, () => ({ perSample: (x, t, at) => stopGradient(bySample(square(sub(x, t)), at)) })),
    says: /perSample.*gradient|gradient.*perSample|sample/,
  },
  'errors of samples with half a gradient': {
    make: of(squared, () => ({
      perSample: (x, t, at) => bySample(mul(sub(x, t), stopGradient(sub(x, t))), at),
    })),
    says: /perSample|sample/,
  },
  'errors of samples with another gradient': {
    make: of(
      (x, t) => rightRule(x, t),
      () => ({ perSample: (x, t, at) => bySample(doubled(x, t), at) }),
    ),
    says: /perSample|sample/,
  },
  'errors of samples along axis 1 in every layout': {
    make: of(squared, () => ({ perSample: (x, t) => sum(square(sub(x, t)), { axis: 1 }) })),
    says: /column|perSample|sample/,
  },
  'errors of samples with an axis too many': {
    make: of(squared, () => ({
      perSample: (x, t) => sum(square(sub(x, t)), { axis: 1, keepAxis: true }),
    })),
    says: /perSample|sample|shape/,
  },
  'one error for all samples': {
    make: of(squared, () => ({ perSample: (x, t) => sum(square(sub(x, t))) })),
    says: /perSample|sample|shape/,
  },
  'errors of samples in the other order': {
    make: of(squared, () => ({ perSample: (x, t, at) => flip(bySample(square(sub(x, t)), at), 0) })),
    says: /perSample|sample/,
  },
  'classes along the last axis in every layout': {
    make: crossEntropy(() => -1),
    options: { targets: [0, 1] },
    says: /column|sample/,
  },
  'labels from 1 on': {
    make: crossEntropy((at) => at.classAxis, -1),
    options: { targets: [0, 1] },
    says: /label|whole|one-hot|integer/,
  },
};
