// Layers with a mistake in each, written from the public pages alone. What the report has to speak of stands beside it.
import {
  add,
  concatenate,
  div,
  lastOf,
  matmul,
  mean,
  mul,
  neg,
  norm,
  sizeOf,
  slice,
  square,
  stopGradient,
  sub,
  sum,
  tanh,
  variance,
} from '@pullback/core';

import {
  biasOf,
  blend,
  filled,
  kernelOf,
  layer,
  mixes,
  samples,
  simple,
  spread,
  type WrongLayer,
  wrongTanh,
} from './layer-of.ts';

export const wrongKeepers: Readonly<Record<string, WrongLayer>> = {
  'two weights of one name': {
    make: simple('collides', (scope, x) => {
      const gain = scope.parameter('w', x.shape.slice(1), filled(1));
      const shift = scope.parameter('w', x.shape.slice(1), filled(0));
      return add(mul(x, gain), shift);
    }),
    says: /name|'w'/,
  },
  'a state and a parameter of one name': {
    make: simple('collides', (scope, x) => {
      const gain = scope.parameter('mean', x.shape.slice(1), filled(1));
      const running = scope.state('mean', x.shape.slice(1), filled(0));
      const y = mul(x, gain);
      if (!scope.training) return sub(y, running.value);
      const batch = mean(y, { axis: 0 });
      running.set(blend(running.value, batch));
      return sub(y, batch);
    }),
    options: mixes,
    says: /name|'mean'/,
  },
  'a new name at each use': {
    make: () => {
      let uses = 0;
      return layer('fresh', (scope, x) => matmul(x, kernelOf(scope, x, `kernel${uses++}`)));
    },
    says: /share|name|use|parameter/,
  },
  'a new inner layer at each use': {
    make: simple('outer', (scope, x) =>
      scope.apply(
        layer('inner', (inner, y) => matmul(y, kernelOf(inner, y))),
        x,
      ),
    ),
    says: /share|name|use|parameter/,
  },
  'other weights in prediction': {
    make: simple('split', (scope, x) => matmul(x, kernelOf(scope, x, scope.training ? 'kernel' : 'weights'))),
    says: /parameter|prediction/,
  },
  'a bias in training alone': {
    make: simple('biased', (scope, x) => {
      const y = matmul(x, kernelOf(scope, x));
      return scope.training ? add(y, biasOf(scope)) : y;
    }),
    says: /parameter|prediction/,
  },
  'a weight that nothing uses': {
    make: simple('spare', (scope, x) => {
      biasOf(scope);
      return matmul(x, kernelOf(scope, x));
    }),
    says: /bias/,
  },
  'a weight that counts nothing': {
    make: simple('nought', (scope, x) => {
      const bias = biasOf(scope);
      return add(matmul(x, kernelOf(scope, x)), mul(bias, 0));
    }),
    says: /bias/,
  },
  'a weight whose gradient is stopped': {
    make: simple('stopped', (scope, x) => matmul(x, stopGradient(kernelOf(scope, x)))),
    says: /gradient|kernel/,
  },
  'an input whose gradient is stopped': {
    make: simple('stopped', (scope, x) => matmul(stopGradient(x), kernelOf(scope, x))),
    says: /gradient|input/,
  },
  'a wrong derivative inside': {
    make: simple('wrong', (scope, x) => wrongTanh(matmul(x, kernelOf(scope, x)))),
    says: /gradient|vjp|differences/,
  },
  'rows where columns are meant': {
    make: simple('rows', (scope, x) => {
      const width = scope.layout === 'row' ? lastOf(x.shape) : (x.shape[0] ?? 1);
      return mul(x, scope.parameter('gain', [width], spread));
    }),
    options: { layouts: ['row', 'column'] },
    says: /column|layout|Shape|sample/,
  },
  'an initializer of one number': {
    make: simple('short', (scope, x) =>
      add(
        x,
        scope.parameter('bias', x.shape.slice(1), () => new Float64Array(1)),
      ),
    ),
    says: /initial/,
  },
  'an initializer of the host': {
    make: simple('host', (scope, x) =>
      matmul(
        x,
        scope.parameter('kernel', [lastOf(x.shape), 2], (shape) =>
          Float64Array.from({ length: sizeOf(shape) }, () => Math.random()),
        ),
      ),
    ),
    says: /initial|seed/,
  },
  'an initializer of NaN': {
    make: simple('log', (scope, x) =>
      add(x, scope.parameter('bias', x.shape.slice(1), filled(Math.log(-1)))),
    ),
    says: /NaN/,
  },
  'a regularizer of many numbers': {
    make: simple('dense', (scope, x) =>
      matmul(x, scope.parameter('kernel', [lastOf(x.shape), 2], spread, { regularizer: (w) => square(w) })),
    ),
    says: /regularizer/,
  },
  'a constraint of another shape': {
    make: simple('dense', (scope, x) =>
      matmul(
        x,
        scope.parameter('kernel', [lastOf(x.shape), 2], spread, { constraint: (w) => sum(w, { axis: 0 }) }),
      ),
    ),
    says: /constraint/,
  },
  'trained at the first use, frozen at the second': {
    make: () => {
      let uses = 0;
      return layer('thaws', (scope, x) =>
        matmul(x, scope.parameter('kernel', [lastOf(x.shape), 2], spread, { trainable: uses++ % 2 === 0 })),
      );
    },
    says: /trainable|options/,
  },
  'a regularizer in prediction alone': {
    make: simple('dense', (scope, x) =>
      matmul(
        x,
        scope.parameter(
          'kernel',
          [lastOf(x.shape), 2],
          spread,
          scope.training ? {} : { regularizer: (w) => sum(square(w)) },
        ),
      ),
    ),
    says: /regularizer|options/,
  },
  'NaN for a sample of zeros': {
    make: simple('direction', (_, x) => div(x, norm(x, { axis: -1, keepAxis: true }))),
    says: /NaN/,
  },
  'NaN for a batch of one': {
    make: simple('standard', (scope, x) => {
      const running = scope.state('variance', x.shape.slice(1), filled(1));
      if (!scope.training) return div(x, running.value);
      const n = samples(x);
      const width = mul(variance(x, { axis: 0 }), n / (n - 1));
      running.set(blend(running.value, width));
      return div(x, add(1, width));
    }),
    options: mixes,
    says: /NaN/,
  },
  'something else behind one path': {
    make: simple('path', (scope, x) => (scope.path.includes('/') ? neg(x) : x)),
    says: /path|name/,
  },
  'the sample axis is lost': {
    make: simple('lost', (scope, x) => sum(matmul(x, kernelOf(scope, x)), { axis: 0, keepAxis: true })),
    says: /sample/,
  },
  'the eighth sample is the last': {
    make: simple('cut', (_, x) => {
      const n = Math.min(8, samples(x));
      const kept = slice(
        tanh(x),
        x.shape.map(() => 0),
        [n, ...x.shape.slice(1)],
      );
      return n === samples(x)
        ? kept
        : concatenate(
            [
              kept,
              mul(slice(x, [n, ...x.shape.slice(1).map(() => 0)], [samples(x) - n, ...x.shape.slice(1)]), 0),
            ],
            { axis: 0 },
          );
    }),
    says: /sample|gradient|batch/,
  },
};
