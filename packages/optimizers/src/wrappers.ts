import {
  add,
  and,
  cast,
  checkCall,
  checkOptions,
  clip,
  div,
  equal,
  field,
  fill,
  floor,
  globalNorm,
  less,
  maximum,
  mod,
  mul,
  norm,
  type OptimizedParameter,
  type Optimizer,
  OptionError,
  type Paths,
  parts,
  pathFilter,
  pathsField,
  select,
  sub,
  type Value,
} from '@pullback/core';
import { correction } from './moments.ts';
import { from0, share as shareField } from './shares.ts';

type Change = (parameters: readonly OptimizedParameter[]) => readonly OptimizedParameter[];

/** The optimizer on changed gradients. */
function before(name: string, optimizer: Optimizer, change: Change): Optimizer {
  return {
    ...optimizer,
    name: `${name}(${optimizer.name})`,
    update: (parameters, at) => optimizer.update(change(parameters), at),
  };
}

const { optimizer: inner } = parts;

/** The arguments of wrappers that shorten gradients. */
export const clipFields = { optimizer: field.needed(inner), limit: field.needed(field.number({ above: 0 })) };
export const weightDecayFields = {
  optimizer: field.needed(inner),
  rate: field.needed(from0),
  except: pathsField,
};
export const averagedFields = { optimizer: field.needed(inner), decay: shareField };
export const accumulatedFields = {
  optimizer: field.needed(inner),
  steps: field.needed(field.whole({ from: 1 })),
};

/** Every component of every gradient kept within +-`limit`. */
export function clipByValue(optimizer: Optimizer, limit: number): Optimizer {
  checkOptions('clipByValue', { optimizer, limit }, clipFields);
  return before('clipByValue', optimizer, (parameters) =>
    parameters.map((parameter) => ({ ...parameter, gradient: clip(parameter.gradient, -limit, limit) })),
  );
}

/** g limit / max(|g|, limit): every gradient shortened to `limit` where it is longer. */
export function clipByNorm(optimizer: Optimizer, limit: number): Optimizer {
  checkOptions('clipByNorm', { optimizer, limit }, clipFields);
  return before('clipByNorm', optimizer, (parameters) =>
    parameters.map((parameter) => ({
      ...parameter,
      gradient: shortened(parameter.gradient, norm(parameter.gradient), limit),
    })),
  );
}

/** All gradients shortened by one factor, so that together they are no longer than `limit`. Source: Pascanu et al. 2013. */
export function clipByGlobalNorm(optimizer: Optimizer, limit: number): Optimizer {
  checkOptions('clipByGlobalNorm', { optimizer, limit }, clipFields);
  return before('clipByGlobalNorm', optimizer, (parameters) => {
    if (parameters.length === 0) return parameters;
    const length = globalNorm(parameters.map(({ gradient }) => gradient));
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
 * Takes eta rate W off every weight, beside the optimizer's change: W <- W' - eta rate W. Weights of `except`, such as
 * `**.bias`, are left alone.
 */
export function weightDecay(
  optimizer: Optimizer,
  options: { readonly rate: number; readonly except?: Paths },
): Optimizer {
  const given = checkCall('weightDecay', { optimizer }, options, weightDecayFields);
  const { rate, except = [] } = given;
  const isExcept = pathFilter(except);
  return {
    ...optimizer,
    name: `weightDecay(${optimizer.name})`,
    update: (parameters, at) =>
      optimizer.update(parameters, at).map((updated, i) => {
        const parameter = parameters[i];
        if (parameter === undefined || isExcept(parameter.path)) return updated;
        const decay = mul(mul(at.learningRate, rate), parameter.weight);
        const { now } = optimizer.updates?.(at.step, parameter.path) ?? {};
        return { ...updated, weight: sub(updated.weight, now === undefined ? decay : select(now, decay, 0)) };
      }),
  };
}

/**
 * An average of the weights, a <- decay a + (1 - decay) W, kept beside them as the slot `average`, in which the start at 0 is made
 * good: after t steps it is the average itself, not 1 - decay^t of it. `model.slots('average')` reads it.
 */
export function averaged(optimizer: Optimizer, options: { readonly decay?: number } = {}): Optimizer {
  const { decay = 0.999 } = checkCall('averaged', { optimizer }, options, averagedFields);
  const own = freeSlot('average', optimizer);
  return {
    ...optimizer,
    name: `averaged(${optimizer.name})`,
    slots: (spec) => ({ ...optimizer.slots(spec), [own]: { spec, initial: 0 } }),
    update: (parameters, at) => {
      const inner = parameters.map((parameter) => ({
        ...parameter,
        slots: without(parameter.slots, own),
      }));
      return optimizer.update(inner, at).map(({ weight, slots }, i) => {
        const { path = '', slots: before } = parameters[i] ?? {};
        const old = before?.[own] ?? weight;
        const updates = optimizer.updates?.(at.step, path);
        // (1 - decay) / (1 - decay^t) weighs the newest so that all weights sum to 1.
        const share = div(1 - decay, correction(updates?.before ?? at.step, decay, weight));
        const next = add(old, mul(share, sub(weight, old)));
        return {
          weight,
          slots: { ...slots, [own]: updates === undefined ? next : select(updates.now, next, old) },
        };
      });
    },
  };
}

function without(slots: OptimizedParameter['slots'], ...names: readonly string[]) {
  return Object.fromEntries(Object.entries(slots).filter(([name]) => !names.includes(name)));
}

/** The name, made longer where the optimizer has a slot of that name. */
function freeSlot(name: string, optimizer: Optimizer): string {
  const taken = Object.keys(optimizer.slots({ shape: [], dtype: 'float32' }));
  let free = name;
  for (let i = 2; taken.includes(free); i++) free = `${name}${i}`;
  return free;
}

/**
 * Gradients of `steps` steps averaged before one update, sum n_i g_i / sum n_i with the n_i samples of each for errors that are means: as one
 * step on all samples together. Weights and slots change every `steps`-th step only; the optimizer, its schedule, decay and averages count updates.
 */
export function accumulated(optimizer: Optimizer, options: { readonly steps: number }): Optimizer {
  const { steps } = checkCall('accumulated', { optimizer }, options, accumulatedFields);
  const { schedule } = optimizer;
  const gradientSlot = freeSlot('accumulated', optimizer);
  const samplesSlot = freeSlot('accumulatedSamples', optimizer);
  const isLast = (step: Value) => equal(mod(step, steps), steps - 1);
  return {
    ...optimizer,
    name: `accumulated(${optimizer.name})`,
    schedule: schedule && ((step) => schedule(floor(div(step, steps)))),
    updates: (step, path) => {
      const [before, last] = [div(step, steps), isLast(step)];
      const inner = optimizer.updates?.(before, path);
      return inner === undefined
        ? { now: last, before }
        : { now: and(last, inner.now), before: inner.before };
    },
    slots: (spec) => ({
      ...optimizer.slots(spec),
      [gradientSlot]: { spec, initial: 0 },
      [samplesSlot]: { spec: { shape: [], dtype: spec.dtype }, initial: 0, optional: true },
    }),
    update: (parameters, { learningRate, step, samples }) => {
      const last = isLast(step);
      const parts = parameters.map(({ slots, gradient, ...parameter }) => {
        const count = cast(samples ?? fill(1, [], gradient.dtype), gradient.dtype);
        const before = slots[samplesSlot] ?? fill(0, [], gradient.dtype);
        // Of a checkpoint without that slot the sum is that of g_i / steps, in steps of as many samples as this one.
        const begun = mod(step, steps);
        const isOld = and(equal(before, 0), less(0, begun));
        const unit = select(isOld, mul(count, steps), fill(1, [], gradient.dtype));
        const sum = add(mul(slots[gradientSlot] ?? 0, unit), mul(gradient, count));
        const counted = add(select(isOld, mul(count, cast(begun, gradient.dtype)), before), count);
        const inner = { ...parameter, slots: without(slots, gradientSlot, samplesSlot) };
        return { sum, counted, inner: { ...inner, gradient: div(sum, counted) } };
      });
      const at = { learningRate, step: div(step, steps), samples: parts[0]?.counted };
      const updated = optimizer.update(
        parts.map(({ inner }) => inner),
        at,
      );
      return updated.map(({ weight, slots }, i) => {
        const part = parts[i];
        if (part === undefined) return { weight, slots };
        const kept = Object.entries(slots).map(([name, slot]) => [
          name,
          select(last, slot, part.inner.slots[name] ?? slot),
        ]);
        return {
          weight: select(last, weight, part.inner.weight),
          slots: {
            ...Object.fromEntries(kept),
            [gradientSlot]: select(last, 0, part.sum),
            [samplesSlot]: select(last, 0, part.counted),
          },
        };
      });
    },
  };
}

export interface ParameterGroup {
  /** Which parameters, by path. */
  readonly where: Paths;
  readonly optimizer: Optimizer;
}

const groupFields = {
  groups: field.needed(
    field.list(field.object({ where: field.needed(pathsField), optimizer: field.needed(inner) })),
  ),
  otherwise: field.needed(inner),
};

/**
 * An optimizer for each group of parameters, the first that fits, and one for all others. The groups' learning rates keep their
 * ratio to that of `otherwise` when a callback changes the rate; each group keeps its own schedule.
 */
export function parameterGroups(groups: readonly ParameterGroup[], otherwise: Optimizer): Optimizer {
  checkOptions('parameterGroups', { groups, otherwise }, groupFields);
  const filters = groups.map(({ where }) => pathFilter(where));
  const optimizers = [...groups.map(({ optimizer }) => optimizer), otherwise];
  const groupOf = (path: string): number => {
    const found = filters.findIndex((fits) => fits(path));
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
    updates: (step, path) => optimizers[groupOf(path)]?.updates?.(step, path),
    update: (parameters, at) => {
      const { learningRate, step } = at;
      const updated = new Map<string, ReturnType<Optimizer['update']>[number]>();
      optimizers.forEach((optimizer, group) => {
        const own = parameters.filter(({ path }) => groupOf(path) === group);
        const base = mul(learningRate, optimizer.learningRate / otherwise.learningRate);
        const factor = optimizer.schedule?.(cast(step, base.dtype));
        const rate = factor === undefined ? base : mul(base, factor);
        const inner = own.map((parameter) => ({ ...parameter, slots: slotsOf(parameter.slots, group) }));
        optimizer.update(inner, { ...at, learningRate: rate }).forEach(({ weight, slots }, i) => {
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
