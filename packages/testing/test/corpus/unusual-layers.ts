// Right, and unlike what is usual: the kit must pass every one.
import {
  add,
  broadcast,
  concatenate,
  constant,
  defineLayer,
  div,
  exp,
  fill,
  type Initializer,
  type Layer,
  lastOf,
  less,
  matmul,
  max,
  mean,
  mul,
  normal,
  type Scope,
  select,
  sigmoid,
  sizeOf,
  square,
  stopGradient,
  sub,
  sum,
  tanh,
  transpose,
  uniform,
  type Value,
} from '@pullback/core';
import type { conformLayer } from '@pullback/testing';

type Options = NonNullable<Parameters<typeof conformLayer>[1]>;
export interface RightLayer {
  readonly make: () => Layer<readonly Value[]>;
  readonly options?: Options;
}
const filled =
  (number: number): Initializer =>
  (shape) =>
    new Float64Array(sizeOf(shape)).fill(number);
const spread: Initializer = (shape, random) =>
  Float64Array.from({ length: sizeOf(shape) }, () => random.normal());
const simple = (name: string, forward: (scope: Scope, x: Value) => Value) => () =>
  defineLayer(name, (scope: Scope, x: Value) => forward(scope, x)) as Layer<readonly Value[]>;

export const rightLayers: Readonly<Record<string, RightLayer>> = {
  'a counter of steps as a state': {
    make: simple('counts', (scope, x) => {
      const steps = scope.state('steps', [], filled(0));
      if (scope.training) steps.set(add(steps.value, 1));
      return mul(x, div(1, add(1, mul(steps.value, 0.01))));
    }),
  },
  'the same weight twice, the second time turned over': {
    make: simple('tied', (scope, x) => {
      const kernel = scope.parameter('kernel', [lastOf(x.shape), 4], spread);
      return matmul(tanh(matmul(x, kernel)), transpose(kernel));
    }),
  },
  'asks for a weight twice': {
    make: simple('again', (scope, x) => {
      const ask = () => scope.parameter('gain', x.shape.slice(1), spread);
      return add(mul(x, ask()), square(ask()));
    }),
  },
  'a frozen random projection': {
    make: simple('projection', (scope, x) =>
      matmul(x, scope.parameter('kernel', [lastOf(x.shape), 3], spread, { trainable: false })),
    ),
  },
  'a weight with a regularizer and a constraint': {
    make: simple('kept', (scope, x) =>
      matmul(
        x,
        scope.parameter('kernel', [lastOf(x.shape), 3], spread, {
          regularizer: (w) => mul(sum(square(w)), 0.01),
          constraint: (w) => mul(w, div(1, add(1, mul(mean(square(w)), 0)))),
        }),
      ),
    ),
  },
  'a weight of one number': {
    make: simple('temperature', (scope, x) => mul(x, exp(scope.parameter('temperature', [], filled(0.3))))),
  },
  'other figures in training, as declared': {
    make: simple('centered', (scope, x) => {
      const running = scope.state('mean', x.shape.slice(1), filled(0));
      if (!scope.training) return sub(x, running.value);
      const batch = mean(x, { axis: 0 });
      running.set(add(mul(running.value, 0.9), mul(stopGradient(batch), 0.1)));
      return sub(x, batch);
    }),
    options: { mixesWhileTraining: true },
  },
  'a state that prediction does not look at': {
    make: simple('watches', (scope, x) => {
      const y = tanh(x);
      if (scope.training) {
        const peak = scope.state('peak', [], filled(0));
        peak.set(select(less(peak.value, max(y)), max(y), peak.value));
      }
      return y;
    }),
  },
  'one mask for all samples': {
    make: simple('locked', (scope, x) => {
      if (!scope.training) return x;
      const mask = less(uniform(scope.randomKey(), [1, ...x.shape.slice(1)], { dtype: scope.dtype }), 0.7);
      return select(broadcast(mask, x.shape), div(x, 0.7), fill(0, x.shape, scope.dtype));
    }),
    options: { random: true },
  },
  'two draws of noise': {
    make: simple('twice', (scope, x) => {
      if (!scope.training) return x;
      const draw = () => normal(scope.randomKey(), x.shape, { dtype: scope.dtype });
      return add(mul(x, add(1, mul(draw(), 0.1))), mul(draw(), 0.1));
    }),
    options: { random: true },
  },
  'no weight, and nothing of the input': {
    make: simple('flat', (scope, x) =>
      broadcast(scope.parameter('value', [2], spread), [x.shape[0] ?? 1, 2]),
    ),
  },
  'an inner layer that is used twice': {
    make: () => {
      const inner = simple('inner', (scope, x) =>
        tanh(matmul(x, scope.parameter('kernel', [lastOf(x.shape), lastOf(x.shape)], spread))),
      )();
      return defineLayer('iterated', (scope: Scope, x: Value) =>
        scope.apply(inner, scope.apply(inner, x)),
      ) as Layer<readonly Value[]>;
    },
  },
  'side by side with a constant': {
    make: simple('one more', (scope, x) =>
      matmul(
        concatenate([x, broadcast(constant([[1]], { dtype: scope.dtype }), [x.shape[0] ?? 1, 1])]),
        scope.parameter('kernel', [lastOf(x.shape) + 1, 2], spread),
      ),
    ),
  },
  'a straight-through step': {
    make: simple('gate', (_, x) => {
      const soft = sigmoid(x);
      return add(soft, stopGradient(sub(mul(soft, 1), soft)));
    }),
  },
};
