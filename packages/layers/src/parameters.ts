import {
  abs,
  add,
  checkCall,
  checkOptions,
  clip,
  div,
  equal,
  field,
  type Layer,
  maximum,
  mul,
  nearest,
  norm,
  OptionError,
  type ParameterOptions,
  parts,
  rescoped,
  select,
  square,
  sum,
  UnknownNameError,
  type Value,
} from '@pullback/core';

/** A number that training adds to the error, for a weight. */
export type Regularizer = (weight: Value) => Value;
/** A function that makes of an updated weight another one. */
export type Constraint = (weight: Value) => Value;

/** For the parameters of those names, such as `{ kernel: l2(1e-4) }`; a function is for all parameters. */
export type ForParameters<F> = F | Readonly<Record<string, F>>;

export const wrappedField = { layer: field.needed(parts.layer) };

/** The same layer, whose weights are penalised: training adds the regulariser of each to the error. */
export function regularized<In extends readonly Value[], Out>(
  layer: Layer<In, Out>,
  regularizer: ForParameters<Regularizer>,
): Layer<In, Out> {
  return withOption(layer, 'regularizer', regularizer);
}

/** The same layer, whose weights are constrained: each step ends with the constraint of each. */
export function constrained<In extends readonly Value[], Out>(
  layer: Layer<In, Out>,
  constraint: ForParameters<Constraint>,
): Layer<In, Out> {
  return withOption(layer, 'constraint', constraint);
}

function withOption<In extends readonly Value[], Out>(
  layer: Layer<In, Out>,
  option: 'regularizer' | 'constraint',
  given: ForParameters<(weight: Value) => Value>,
): Layer<In, Out> {
  const where = option === 'regularizer' ? 'regularized' : 'constrained';
  const change = field.callable(`a ${option}`);
  checkOptions(
    where,
    { layer, [option]: given },
    {
      ...wrappedField,
      [option]: field.needed(field.either(change, field.named(change))),
    },
  );
  // One function for each that is there already: a parameter counts those of its uses once, by reference.
  const both = new WeakMap<Regularizer | Constraint, Regularizer | Constraint>();
  const after = (own: Regularizer | Constraint, f: Regularizer | Constraint) => {
    const made = both.get(own) ?? combinations[option](own, f);
    both.set(own, made);
    return made;
  };
  const names = new Set<string>();
  const changed = rescoped(layer, (scope) => ({
    parameter: (name, shape, initializer, options: ParameterOptions = {}) => {
      names.add(name);
      const f = typeof given === 'function' ? given : Object.hasOwn(given, name) ? given[name] : undefined;
      const own = options[option];
      const all = f !== undefined && own !== undefined ? after(own, f) : (f ?? own);
      return scope.parameter(name, shape, initializer, { ...options, [option]: all });
    },
  }));
  if (typeof given === 'function') return changed;
  return {
    ...changed,
    forward: (scope, ...inputs) => {
      const output = changed.forward(scope, ...inputs);
      // A name that no parameter has is for other layers with the same options; one that is nearly a parameter's is a mistake.
      for (const name of Object.keys(given))
        if (!names.has(name) && nearest(name, [...names]) !== undefined)
          throw new UnknownNameError(`parameter of ${layer.name}`, name, names);
      return output;
    },
  };
}

/** The combination of two of them, the inner one first: penalties are added, constraints come one after the other. */
const combinations = {
  regularizer:
    (inner: Regularizer, outer: Regularizer): Regularizer =>
    (weight) =>
      add(inner(weight), outer(weight)),
  constraint:
    (inner: Constraint, outer: Constraint): Constraint =>
    (weight) =>
      outer(inner(weight)),
};

const from0 = field.number({ from: 0 });
const axes = field.either(field.whole(), field.list(field.whole()));
const norms = { axis: axes, low: from0, high: from0 };

/** The factors of penalties. */
export const penaltyFields = { l1: from0, l2: from0 };

/** The options of `constrained` as data. */
export const constraintFields = {
  constraint: field.needed(field.oneOf('nonNegative', 'unitNorm', 'maxNorm', 'minMaxNorm')),
  ...norms,
};

/** factor sum |w| */
export function l1(factor: number): Regularizer {
  checkOptions('l1', { factor }, { factor: field.needed(from0) });
  return (weight) => mul(sum(abs(weight)), factor);
}

/** factor sum w^2 */
export function l2(factor: number): Regularizer {
  checkOptions('l2', { factor }, { factor: field.needed(from0) });
  return (weight) => mul(sum(square(weight)), factor);
}

/** l1 sum |w| + l2 sum w^2. Source: Zou and Hastie 2005. */
export function l1l2(factors: { readonly l1: number; readonly l2: number }): Regularizer {
  checkOptions('l1l2', factors, { l1: field.needed(from0), l2: field.needed(from0) });
  const [first, second] = [l1(factors.l1), l2(factors.l2)];
  return (weight) => add(first(weight), second(weight));
}

export interface NormOptions {
  /** The axes along which a norm is taken: the first, one norm for each unit of a row-layout kernel, when left out. */
  readonly axis?: number | readonly number[];
}

/** max(w, 0) */
export function nonNegative(): Constraint {
  return (weight) => maximum(weight, 0);
}

/** w / |w|; w = 0 stays. */
export function unitNorm(options: NormOptions = {}): Constraint {
  const { axis = 0 } = checkOptions('unitNorm', options, { axis: axes });
  return minMaxNorm({ low: 1, high: 1, axis });
}

/** w scaled down to the norm `limit` where it is longer. Source: Srebro and Shraibman 2005. */
export function maxNorm(limit: number, options: NormOptions = {}): Constraint {
  const fields = { axis: axes, limit: field.needed(from0) };
  const { axis = 0 } = checkCall('maxNorm', { limit }, options, fields);
  return minMaxNorm({ low: 0, high: limit, axis });
}

/** w scaled to a norm within [low, high]; w = 0 stays. */
export function minMaxNorm(
  options: NormOptions & { readonly low: number; readonly high: number },
): Constraint {
  const fields = { axis: axes, low: field.needed(from0), high: field.needed(from0) };
  const { low, high, axis = 0 } = checkOptions('minMaxNorm', options, fields);
  if (low > high)
    throw new OptionError({ got: `norms from ${low} to ${high}`, expected: 'low at most high' });
  return (weight) => {
    const length = norm(weight, { axis, keepAxis: true });
    return mul(weight, div(clip(length, low, high), select(equal(length, 0), 1, length)));
  };
}
