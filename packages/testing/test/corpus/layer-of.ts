// What the corpus of layers is made of.
import {
  add,
  defineLayer,
  defineNode,
  type Initializer,
  type Layer,
  lastOf,
  mul,
  normal,
  type Scope,
  sizeOf,
  sub,
  tanh,
  type Value,
} from '@pullback/core';
import type { conformLayer } from '@pullback/testing';

export type Options = NonNullable<Parameters<typeof conformLayer>[1]>;
export interface WrongLayer {
  readonly make: () => Layer<readonly Value[]>;
  readonly options?: Options;
  readonly says: RegExp;
}

export const filled =
  (number: number): Initializer =>
  (shape) =>
    new Float64Array(sizeOf(shape)).fill(number);
export const spread: Initializer = (shape, random) =>
  Float64Array.from({ length: sizeOf(shape) }, () => random.normal());
export const layer = (name: string, forward: (scope: Scope, x: Value) => Value): Layer<readonly Value[]> =>
  defineLayer(name, (scope: Scope, x: Value) => forward(scope, x)) as Layer<readonly Value[]>;
export const simple = (name: string, forward: (scope: Scope, x: Value) => Value) => () =>
  layer(name, forward);
export const kernelOf = (scope: Scope, x: Value, name = 'kernel', units = 2) =>
  scope.parameter(name, [lastOf(x.shape), units], spread);
export const biasOf = (scope: Scope, units = 2) => scope.parameter('bias', [units], filled(0.1));
export const blend = (old: Value, next: Value) => add(mul(old, 0.9), mul(next, 0.1));
export const samples = (x: Value) => x.shape[0] ?? 1;
export const noise = (scope: Scope, x: Value, key = scope.randomKey()) =>
  mul(normal(key, x.shape, { dtype: scope.dtype }), 0.3);
export const mixes: Options = { mixesWhileTraining: true };
export const random: Options = { random: true };

export const wrongTanh = defineNode('tanhOfMine', {
  forward: (x: Value) => tanh(x),
  vjp: (gradient, { output: y }) => [mul(gradient, sub(1, y))],
});
