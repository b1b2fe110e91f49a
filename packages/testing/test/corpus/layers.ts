// Layers with a mistake in each, written from the public pages alone. What the report has to speak of stands beside it.
import {
  abs,
  add,
  broadcast,
  cast,
  concatenate,
  constant,
  defineLayer,
  defineNode,
  div,
  expandDims,
  fill,
  flip,
  type Initializer,
  iota,
  type Layer,
  lastOf,
  less,
  matmul,
  max,
  mean,
  mul,
  neg,
  norm,
  normal,
  pad,
  type Scope,
  select,
  sizeOf,
  slice,
  square,
  stopGradient,
  sub,
  sum,
  tanh,
  uniform,
  type Value,
  variance,
} from '@pullback/core';
import type { conformLayer } from '@pullback/testing';

type Options = NonNullable<Parameters<typeof conformLayer>[1]>;
export interface WrongLayer {
  readonly make: () => Layer<readonly Value[]>;
  readonly options?: Options;
  readonly says: RegExp;
}

const filled =
  (number: number): Initializer =>
  (shape) =>
    new Float64Array(sizeOf(shape)).fill(number);
const spread: Initializer = (shape, random) =>
  Float64Array.from({ length: sizeOf(shape) }, () => random.normal());
const layer = (name: string, forward: (scope: Scope, x: Value) => Value): Layer<readonly Value[]> =>
  defineLayer(name, (scope: Scope, x: Value) => forward(scope, x)) as Layer<readonly Value[]>;
const simple = (name: string, forward: (scope: Scope, x: Value) => Value) => () => layer(name, forward);
const kernelOf = (scope: Scope, x: Value, name = 'kernel', units = 2) =>
  scope.parameter(name, [lastOf(x.shape), units], spread);
const biasOf = (scope: Scope, units = 2) => scope.parameter('bias', [units], filled(0.1));
const blend = (old: Value, next: Value) => add(mul(old, 0.9), mul(next, 0.1));
const samples = (x: Value) => x.shape[0] ?? 1;
const noise = (scope: Scope, x: Value, key = scope.randomKey()) =>
  mul(normal(key, x.shape, { dtype: scope.dtype }), 0.3);
const mixes: Options = { mixesWhileTraining: true };
const random: Options = { random: true };

const wrongTanh = defineNode('tanhOfMine', {
  forward: (x: Value) => tanh(x),
  vjp: (gradient, { output: y }) => [mul(gradient, sub(1, y))],
});

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
