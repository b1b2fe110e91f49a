import type { Value } from '../graph/value.ts';
import { checkOptions } from '../options/check-options.ts';
import { type FieldsOf, text } from '../options/field.ts';
import type { FloatDType, Tensor } from '../tensors/dtype.ts';
import type { Shape } from '../tensors/shape.ts';
import type { Initializer } from './initializer.ts';

/** Where the samples of a batch lie: in rows, at the first axis, or in columns, at the last. (4.1, 4.2) */
export type Layout = 'row' | 'column';

/** Something that is kept between steps and is no parameter, such as a running mean. */
export interface State {
  readonly value: Value;
  /** Sets the value that it will have after this step. */
  set(next: Value): void;
}

/** Sequences that are made place by place. */
export interface Decoding {
  /** How many places there were before those that come: int32. */
  readonly position: Value;
  /** How many there may be in all. */
  readonly capacity: number;
  /** Numbers that the layer keeps between steps, zeros at first. */
  cache(name: string, shape: Shape): State;
}

/** Options of a parameter, for training beside the optimizer's update. */
export interface ParameterOptions {
  /** Whether it is learned; false computes no gradient for it. True when left out. */
  readonly trainable?: boolean | undefined;
  /** One number that training adds to the error: the figures that are reported are without it. */
  readonly regularizer?: ((weight: Value) => Value) | undefined;
  /** Makes of an updated weight another one of the same shape. */
  readonly constraint?: ((weight: Value) => Value) | undefined;
}

/** A layer makes its parameters with the scope that it is given. The scope knows the layer's path and which Program is being built. */
export interface Scope {
  /** The layer's path, such as `network/0`. */
  readonly path: string;
  readonly dtype: FloatDType;
  readonly layout: Layout;
  /** Whether the training Program is being built: there are two Programs, not a flag at run time. */
  readonly training: boolean;
  /** A weight that is learned. Asking again for the same name gives the same Value. @throws ShapeError for another shape. */
  parameter(name: string, shape: Shape, initializer: Initializer, options?: ParameterOptions): Value;
  state(name: string, shape: Shape, initializer: Initializer): State;
  /** A key of its own for this layer, this place in it and this step: int32[2]. */
  randomKey(): Value;
  /** Refuses numbers that `check` refuses, before anything is computed, where `x` is an input of the model as it came; else nothing. */
  check(x: Value, check: (numbers: Tensor) => void): void;
  /** Set where sequences go on from step to step: only the places that are new come, and layers keep what they need of those before. */
  readonly decoding?: Decoding | undefined;
  /**
   * Tells training that the samples of the batch were mixed with others: the error of each becomes share e(y, t) + (1 - share) e(y, partner(t)).
   * @param shares one for each sample, [n].
   * @param partner the other samples, of a batch whose samples lie along `axis`.
   * @throws OptionError where they were mixed before.
   */
  mixed(shares: Value, partner: (batch: Value, axis: number) => Value): void;
  /**
   * Applies an inner layer. Its name is its label, or the number of layers that were applied here before it;
   * the same Layer object keeps its first name and its parameters.
   */
  apply<In extends readonly Value[], Out>(layer: Layer<In, Out>, ...inputs: In): Out;
}

/** Makes parameters and state in a Scope and applies nodes to them. Used twice, it shares its weights. */
export interface Layer<In extends readonly Value[] = readonly Value[], Out = Value> {
  /** The kind of layer, such as `dense`. */
  readonly name: string;
  /** The name of this one in paths. */
  readonly label?: string | undefined;
  /** The equation or paper that it implements. */
  readonly source?: string | undefined;
  /** The layer whose parameters and states this one has too, under other rules; itself when left out. */
  readonly origin?: object | undefined;
  forward(scope: Scope, ...inputs: In): Out;
}

/** The options of every layer factory. */
export interface LayerOptions {
  /** The name in paths, instead of a number. */
  readonly name?: string;
}

/** The options of every layer. */
export const layerFields = { name: text() } satisfies FieldsOf<LayerOptions>;

/** A layer of one's own, as a function. */
export function defineLayer<In extends readonly Value[], Out = Value>(
  name: string,
  forward: (scope: Scope, ...inputs: In) => Out,
  options: LayerOptions = {},
): Layer<In, Out> {
  checkOptions(name, options, layerFields);
  return { name, label: options.name, forward };
}

/** The members that a scope is changed in: the rest stays. */
export type ScopeChange = Partial<Pick<Scope, 'parameter' | 'training'>>;

/**
 * The same layer, and all layers inside it, with scopes that `change` has altered: the same paths, parameters and states. The layer itself is
 * not touched: applied beside this one it is as it was.
 */
export function rescoped<In extends readonly Value[], Out>(
  layer: Layer<In, Out>,
  change: (scope: Scope) => ScopeChange,
): Layer<In, Out> {
  const known = new WeakMap<object, unknown>();
  const adapt = <I extends readonly Value[], O>(inner: Layer<I, O>): Layer<I, O> => {
    const made = known.get(inner) as Layer<I, O> | undefined;
    if (made !== undefined) return made;
    const { name, label, source } = inner;
    const adapted: Layer<I, O> = {
      name,
      label,
      source,
      origin: inner.origin ?? inner,
      forward: (scope, ...inputs) =>
        inner.forward(
          {
            path: scope.path,
            dtype: scope.dtype,
            layout: scope.layout,
            training: scope.training,
            parameter: (...asked) => scope.parameter(...asked),
            state: (...asked) => scope.state(...asked),
            randomKey: () => scope.randomKey(),
            check: (...given) => scope.check(...given),
            decoding: scope.decoding,
            mixed: (...told) => scope.mixed(...told),
            apply: (next, ...values) => scope.apply(adapt(next), ...values),
            ...change(scope),
          },
          ...inputs,
        ),
    };
    known.set(inner, adapted);
    return adapted;
  };
  return adapt(layer);
}
