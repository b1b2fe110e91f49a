import {
  add,
  cast,
  clip,
  div,
  equal,
  maximum,
  mod,
  mul,
  norm,
  type OptimizedParameter,
  type Optimizer,
  OptionError,
  select,
  sqrt,
  square,
  sub,
  sum,
  type Value,
} from '@pullback/core';
import { correction } from './moments.ts';
import { checkRange } from './options.ts';

type Change = (parameters: readonly OptimizedParameter[]) => readonly OptimizedParameter[];

/** The optimizer on changed gradients. */
function before(name: string, optimizer: Optimizer, change: Change): Optimizer {
  return {
    ...optimizer,
    name: `${name}(${optimizer.name})`,
    update: (parameters, at) => optimizer.update(change(parameters), at),
  };
}

function above0(what: string, value: number): void {
  if (!(value > 0)) throw new OptionError({ got: `${what} ${value}`, expected: 'a number above 0' });
}

/** Every component of every gradient kept within +-`limit`. */
export function clipByValue(optimizer: Optimizer, limit: number): Optimizer {
  above0('a limit of', limit);
  return before('clipByValue', optimizer, (parameters) =>
    parameters.map((parameter) => ({ ...parameter, gradient: clip(parameter.gradient, -limit, limit) })),
  );
}

/** g limit / max(|g|, limit): every gradient shortened to `limit` where it is longer. */
export function clipByNorm(optimizer: Optimizer, limit: number): Optimizer {
  above0('a limit of', limit);
  return before('clipByNorm', optimizer, (parameters) =>
    parameters.map((parameter) => ({
      ...parameter,
      gradient: shortened(parameter.gradient, norm(parameter.gradient), limit),
    })),
  );
}

/** All gradients shortened by one factor, so that together they are no longer than `limit`. Source: Pascanu et al. 2013. */
export function clipByGlobalNorm(optimizer: Optimizer, limit: number): Optimizer {
  above0('a limit of', limit);
  return before('clipByGlobalNorm', optimizer, (parameters) => {
    const squares = parameters.map(({ gradient }) => sum(square(gradient)));
    const [first, ...others] = squares;
    if (first === undefined) return parameters;
    const length = sqrt(others.reduce(add, first));
    return parameters.map((parameter) => ({
      ...parameter,
      gradient: shortened(parameter.gradient, length, limit),
    }));
  });
}

function shortened(gradient: Value, length: Value, limit: number): Value {
  return mul(gradient, div(limit, maximum(length, limit)));
}

/**
 * Takes eta rate W off every weight, beside the optimizer's change: W <- W' - eta rate W. Weights whose path `except` accepts, such
 * as biases, are left alone.
 */
export function weightDecay(
  optimizer: Optimizer,
  { rate, except = () => false }: { readonly rate: number; readonly except?: (path: string) => boolean },
): Optimizer {
  checkRange('a weight decay of', rate, 0, Infinity);
  return {
    ...optimizer,
    name: `weightDecay(${optimizer.name})`,
    update: (parameters, at) =>
      optimizer.update(parameters, at).map((updated, i) => {
        const parameter = parameters[i];
        if (parameter === undefined || except(parameter.path)) return updated;
        return { ...updated, weight: sub(updated.weight, mul(mul(at.learningRate, rate), parameter.weight)) };
      }),
  };
}

/**
 * An average of the weights, a <- decay a + (1 - decay) W, kept beside them as the slot `average`, in which the start at 0 is made
 * good: after t steps it is the average itself, not 1 - decay^t of it. `model.slots('average')` reads it.
 */
export function averaged(
  optimizer: Optimizer,
  { decay = 0.999 }: { readonly decay?: number } = {},
): Optimizer {
  checkRange('a decay of', decay, 0, 1);
  return {
    ...optimizer,
    name: `averaged(${optimizer.name})`,
    slots: (spec) => ({ ...optimizer.slots(spec), average: { spec, initial: 0 } }),
    update: (parameters, at) => {
      const inner = parameters.map(({ slots: { average: _, ...slots }, ...parameter }) => ({
        ...parameter,
        slots,
      }));
      return optimizer.update(inner, at).map(({ weight, slots }, i) => {
        const old = parameters[i]?.slots['average'] ?? weight;
        // (1 - decay) / (1 - decay^t) weighs the newest so that all weights sum to 1.
        const share = div(1 - decay, correction(at.step, decay, weight));
        return { weight, slots: { ...slots, average: add(old, mul(share, sub(weight, old))) } };
      });
    },
  };
}

/**
 * Gradients of `steps` steps averaged before one update: weights and slots change every `steps`-th step only, and the
 * optimizer counts updates. As one step on a batch that is `steps` times as large, for losses that are means.
 */
export function accumulated(optimizer: Optimizer, { steps }: { readonly steps: number }): Optimizer {
  if (!Number.isInteger(steps) || steps < 1)
    throw new OptionError({ got: `${steps} steps to accumulate`, expected: 'a whole number from 1 up' });
  return {
    ...optimizer,
    name: `accumulated(${optimizer.name})`,
    slots: (spec) => ({ ...optimizer.slots(spec), accumulated: { spec, initial: 0 } }),
    update: (parameters, { learningRate, step }) => {
      const last = equal(mod(step, steps), steps - 1);
      const inner = parameters.map(({ slots: { accumulated: sum, ...slots }, gradient, ...parameter }) => ({
        ...parameter,
        slots,
        gradient: add(sum ?? gradient, div(gradient, steps)),
      }));
      return optimizer.update(inner, { learningRate, step: div(step, steps) }).map(({ weight, slots }, i) => {
        const old = inner[i];
        if (old === undefined) return { weight, slots };
        const kept = Object.entries(slots).map(([name, slot]) => [
          name,
          select(last, slot, old.slots[name] ?? slot),
        ]);
        return {
          weight: select(last, weight, old.weight),
          slots: { ...Object.fromEntries(kept), accumulated: select(last, 0, old.gradient) },
        };
      });
    },
  };
}

export interface ParameterGroup {
  /** Which parameters, by path. */
  readonly where: (path: string) => boolean;
  readonly optimizer: Optimizer;
}

/**
 * An optimizer for each group of parameters, the first that fits, and one for all others. The groups' learning rates keep their
 * ratio to that of `otherwise` when a callback changes the rate; each group keeps its own schedule.
 */
export function parameterGroups(groups: readonly ParameterGroup[], otherwise: Optimizer): Optimizer {
  const optimizers = [...groups.map(({ optimizer }) => optimizer), otherwise];
  const groupOf = (path: string): number => {
    const found = groups.findIndex(({ where }) => where(path));
    return found < 0 ? groups.length : found;
  };
  if (!(otherwise.learningRate > 0))
    throw new OptionError({
      got: `a learning rate of ${otherwise.learningRate} for all others`,
      expected: 'one above 0',
    });
  const prefixed = (group: number, slot: string) => `${group}.${slot}`;
  return {
    name: `parameterGroups(${optimizers.map(({ name }) => name).join(', ')})`,
    learningRate: otherwise.learningRate,
    slots: (spec) =>
      Object.fromEntries(
        optimizers.flatMap((optimizer, group) =>
          Object.entries(optimizer.slots(spec)).map(([slot, made]) => [prefixed(group, slot), made]),
        ),
      ),
    update: (parameters, { learningRate, step }) => {
      const updated = new Map<string, ReturnType<Optimizer['update']>[number]>();
      optimizers.forEach((optimizer, group) => {
        const own = parameters.filter(({ path }) => groupOf(path) === group);
        const base = mul(learningRate, optimizer.learningRate / otherwise.learningRate);
        const factor = optimizer.schedule?.(cast(step, base.dtype));
        const rate = factor === undefined ? base : mul(base, factor);
        const inner = own.map((parameter) => ({ ...parameter, slots: slotsOf(parameter.slots, group) }));
        optimizer.update(inner, { learningRate: rate, step }).forEach(({ weight, slots }, i) => {
          const parameter = own[i];
          if (parameter === undefined) return;
          const named = Object.entries(slots).map(([slot, value]) => [prefixed(group, slot), value]);
          updated.set(parameter.path, {
            weight,
            slots: { ...parameter.slots, ...Object.fromEntries(named) },
          });
        });
      });
      return parameters.map(({ path, weight, slots }) => updated.get(path) ?? { weight, slots });
    },
  };
}

/** The slots of one group, without its prefix. */
function slotsOf(slots: Readonly<Record<string, Value>>, group: number): Readonly<Record<string, Value>> {
  const start = `${group}.`;
  const own = Object.entries(slots).filter(([name]) => name.startsWith(start));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(start.length), value]));
}
