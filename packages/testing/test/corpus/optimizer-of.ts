// What the corpus of optimizers is made of.
import {
  add,
  cast,
  defineOptimizer,
  div,
  fill,
  isFloat,
  mul,
  type OptimizedParameter,
  type Optimizer,
  type OptimizerOptions,
  pow,
  type StepInputs,
  sqrt,
  square,
  sub,
  type TensorSpec,
  type Value,
} from '@pullback/core';
import { type conformOptimizer, publishedUpdates as published } from '@pullback/testing';

export type Options = NonNullable<Parameters<typeof conformOptimizer>[1]>;
export interface WrongOptimizer {
  readonly make: (options: OptimizerOptions) => Optimizer;
  readonly options?: Options;
  readonly says: RegExp;
}
export type Own = Readonly<Record<string, Value>>;
export type Rule = (
  weight: Value,
  gradient: Value,
  slots: Own,
  at: StepInputs & { readonly options: OptimizerOptions },
) => { readonly weight: Value; readonly slots: Own };

export const by = (update: Rule, slots: Readonly<Record<string, number>> = {}) =>
  defineOptimizer<OptimizerOptions, string>('mine', { slots, update });
export const descend = (direction: (gradient: Value, weight: Value, at: StepInputs) => Value) =>
  by((weight, gradient, slots, at) => ({
    weight: sub(weight, mul(at.learningRate, direction(gradient, weight, at))),
    slots,
  }));
/** One that sees all parameters, made of the rule for each. */
export const seeing =
  (
    update: (all: readonly OptimizedParameter[], at: StepInputs) => readonly { weight: Value; slots: Own }[],
    slots: Readonly<Record<string, number>> = {},
  ) =>
  ({ learningRate }: OptimizerOptions): Optimizer => ({
    name: 'mine',
    learningRate,
    slots: (spec: TensorSpec) =>
      Object.fromEntries(Object.entries(slots).map(([name, initial]) => [name, { spec, initial }])),
    update,
  });
export const sgd = ({ weight, gradient, slots }: OptimizedParameter, { learningRate }: StepInputs) => ({
  weight: sub(weight, mul(learningRate, gradient)),
  slots,
});
export const asSgd: Options = { reference: published.sgd() };
export const need = (slots: Own, name: string, like: Value): Value =>
  slots[name] ?? fill(0, like.shape, like.dtype);
export const zerosLike = (x: Value) => fill(0, x.shape, x.dtype);
export const floatOf = (step: Value, like: Value) => cast(step, isFloat(like.dtype) ? like.dtype : 'float32');

export interface AdamChanges {
  readonly count?: (step: Value, like: Value) => Value;
  readonly root?: (v: Value) => Value;
  readonly start?: number;
  readonly end?: (weight: Value, at: StepInputs) => Value;
  readonly correct?: boolean;
  readonly kept?: (m: Value, next: Value) => Value;
}
export const adamLike = ({
  count = (step, like) => add(floatOf(step, like), 1),
  root = (v) => add(sqrt(v), 1e-8),
  start = 0,
  end = (w) => w,
  kept = (_, next) => next,
}: AdamChanges) =>
  by(
    (weight, gradient, slots, at) => {
      const [m0, v0] = [need(slots, 'm', weight), need(slots, 'v', weight)];
      const m = add(mul(m0, 0.9), mul(gradient, 0.1));
      const v = add(mul(v0, 0.999), mul(square(gradient), 0.001));
      const t = count(at.step, weight);
      const [first, second] = [
        sub(1, pow(fill(0.9, [], weight.dtype), t as never)),
        sub(1, pow(fill(0.999, [], weight.dtype), t as never)),
      ];
      const step = div(div(m, first), root(div(v, second)));
      return { weight: sub(end(weight, at), mul(at.learningRate, step)), slots: { m: kept(m0, m), v } };
    },
    { m: 0, v: start },
  );
export const asAdam: Options = { reference: published.adam() };
