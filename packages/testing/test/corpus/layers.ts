// Layers with a mistake in each, written from the public pages alone. What the report has to speak of stands beside it.
import {
  abs,
  add,
  broadcast,
  cast,
  constant,
  div,
  expandDims,
  fill,
  flip,
  iota,
  lastOf,
  less,
  matmul,
  max,
  mean,
  mul,
  pad,
  type Scope,
  select,
  slice,
  sub,
  tanh,
  uniform,
  type Value,
} from '@pullback/core';

import {
  blend,
  filled,
  kernelOf,
  layer,
  mixes,
  noise,
  random,
  samples,
  simple,
  spread,
  type WrongLayer,
} from './layer-of.ts';

export const wrongLayers: Readonly<Record<string, WrongLayer>> = {
  'a running mean that prediction moves, too': {
    make: simple('centered', (scope, x) => {
      const running = scope.state('mean', x.shape.slice(1), filled(0));
      if (!scope.training) {
        running.set(blend(running.value, mean(x, { axis: 0 })));
        return sub(x, running.value);
      }
      const batch = mean(x, { axis: 0 });
      running.set(blend(running.value, batch));
      return sub(x, batch);
    }),
    options: mixes,
    says: /state/,
  },
  'a running mean that nothing ever moves': {
    make: simple('centered', (scope, x) => {
      const running = scope.state('mean', x.shape.slice(1), filled(0));
      return sub(x, scope.training ? mean(x, { axis: 0 }) : running.value);
    }),
    options: mixes,
    says: /state/,
  },
  'a running mean with an axis too many': {
    make: simple('centered', (scope, x) => {
      const running = scope.state('mean', x.shape.slice(1), filled(0));
      if (!scope.training) return sub(x, running.value);
      const batch = mean(x, { axis: 0, keepAxis: true });
      running.set(blend(running.value, batch));
      return sub(x, batch);
    }),
    options: mixes,
    says: /state/,
  },
  'a running mean that becomes one number': {
    make: simple('centered', (scope, x) => {
      const running = scope.state('mean', x.shape.slice(1), filled(0));
      if (!scope.training) return sub(x, running.value);
      const batch = mean(x);
      running.set(add(mul(mean(running.value), 0.9), mul(batch, 0.1)));
      return sub(x, batch);
    }),
    options: mixes,
    says: /state/,
  },
  'a state as large as the batch': {
    make: simple('echo', (scope, x) => {
      const last = scope.state('last', x.shape, filled(0));
      if (scope.training) last.set(x);
      return add(x, mul(last.value, 0.1));
    }),
    says: /state|batch/,
  },
  'a state that training and prediction call by different names': {
    make: simple('centered', (scope, x) => {
      const running = scope.state(scope.training ? 'mean' : 'running', x.shape.slice(1), filled(0));
      if (!scope.training) return sub(x, running.value);
      const batch = mean(x, { axis: 0 });
      running.set(blend(running.value, batch));
      return sub(x, batch);
    }),
    options: mixes,
    says: /state/,
  },
  'noise in prediction': {
    make: simple('noise', (scope, x) => add(x, noise(scope, x))),
    options: random,
    says: /prediction/,
  },
  'dropout in prediction and none in training': {
    make: simple('dropout', (scope, x) =>
      scope.training
        ? x
        : select(
            less(uniform(scope.randomKey(), x.shape, { dtype: scope.dtype }), 0.5),
            fill(0, x.shape, x.dtype),
            mul(x, 2),
          ),
    ),
    options: random,
    says: /prediction|random/,
  },
  'dropout with a key of its own': {
    make: simple('dropout', (scope, x) =>
      scope.training ? add(x, noise(scope, x, constant([1, 2], { dtype: 'int32' }))) : x,
    ),
    options: random,
    says: /random|draw|step/,
  },
  'dropout with the numbers of the host': {
    make: simple('dropout', (scope, x) => (scope.training ? mul(x, Math.random()) : x)),
    options: random,
    says: /pure|same|twice|differ/,
  },
  'a key that is kept': {
    make: () => {
      let key: Value | undefined;
      return layer('noise', (scope, x) => {
        if (!scope.training) return x;
        key ??= scope.randomKey();
        return add(x, noise(scope, x, key));
      });
    },
    options: random,
    says: /kept|placeholder|use|given/,
  },
  'noise that was not declared': {
    make: simple('jitter', (scope, x) => (scope.training ? add(x, noise(scope, x)) : x)),
    says: /random/,
  },
  'twice as much while training': {
    make: simple('doubled', (scope, x) => {
      const y = matmul(x, kernelOf(scope, x));
      return scope.training ? mul(y, 2) : y;
    }),
    says: /training/,
  },
  'a constant of float32': {
    make: simple('tenth', (_, x) => add(x, cast(cast(fill(0.1, x.shape, x.dtype), 'float32'), x.dtype))),
    says: /dtype|float32|float64|precision/,
  },
  'everything by way of float32': {
    make: simple('narrow', (scope, x) => cast(tanh(cast(matmul(x, kernelOf(scope, x)), 'float32')), x.dtype)),
    says: /dtype|float32|float64|precision|differences/,
  },
  'float32 comes out, whatever goes in': {
    make: simple('narrow', (scope, x) => cast(matmul(x, kernelOf(scope, x)), 'float32')),
    says: /dtype|float32/,
  },
  'a bias for each sample': {
    make: simple('shifted', (scope, x) => add(x, scope.parameter('bias', x.shape, filled(0.5)))),
    says: /batch|samples|shape/,
  },
  'the mean of the batch is taken out': {
    make: simple('centered', (_, x) => sub(x, mean(x, { axis: 0 }))),
    says: /influence|sample/,
  },
  'divided by the largest of the batch': {
    make: simple('scaled', (_, x) => div(x, add(1, max(abs(x))))),
    says: /influence|sample/,
  },
  'a little of the neighbour': {
    make: simple('blurred', (_, x) => add(x, mul(0.01, flip(x, 0)))),
    says: /influence|sample/,
  },
  'a little of the sample before, only from the ninth on': {
    make: simple('leak', (_, x) => {
      const n = samples(x);
      if (n <= 8) return tanh(x);
      const width = x.shape.length;
      const before = slice(x, Array(width).fill(0) as number[], [n - 8, ...x.shape.slice(1)]);
      return add(tanh(x), mul(0.01, pad(before, { low: [8] })));
    }),
    says: /influence|sample/,
  },
  'the number of the sample is added': {
    make: simple('counted', (_, x) => {
      const rank = x.shape.length;
      let index = iota([samples(x)], { dtype: x.dtype });
      for (let i = 1; i < rank; i++) index = expandDims(index, -1);
      return add(x, mul(0.1, broadcast(index, x.shape)));
    }),
    says: /influence|sample|place|order/,
  },
  'a width that is kept from the first use': {
    make: () => {
      let width: number | undefined;
      return layer('fixed', (scope, x) => {
        width ??= lastOf(x.shape);
        return matmul(x, scope.parameter('kernel', [width, 2], spread));
      });
    },
    says: /use|kept|width|shape/i,
  },
  'a number that grows with each use': {
    make: () => {
      let uses = 0;
      return layer('grows', (_, x) => mul(x, 1 + uses++));
    },
    says: /pure|same|use/,
  },
  'a scope that is kept': {
    make: () => {
      let first: Scope | undefined;
      return layer('kept', (scope, x) => {
        first ??= scope;
        return matmul(x, kernelOf(first, x));
      });
    },
    says: /use|kept|given/,
  },
  'a parameter that is kept': {
    make: () => {
      let kernel: Value | undefined;
      return layer('kept', (scope, x) => {
        kernel ??= kernelOf(scope, x);
        return matmul(x, kernel);
      });
    },
    says: /use|kept|given/,
  },
};
