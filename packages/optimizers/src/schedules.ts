import {
  add,
  checkOptions,
  cos,
  div,
  exp,
  field,
  fill,
  floor,
  less,
  maximum,
  minimum,
  mod,
  mul,
  parts,
  pow,
  type Schedule,
  select,
  sub,
  type Value,
} from '@pullback/core';

const steps = field.needed(field.whole({ from: 1 }));
const factor = field.number({ above: 0 });
const from0 = field.number({ from: 0 });

/** The options of each schedule. */
export const scheduleFields = {
  constant: { factor: from0 },
  stepDecay: { every: steps, factor: field.needed(factor) },
  exponential: { rate: field.needed(factor), steps },
  polynomial: { steps, power: from0, end: from0 },
  cosine: { steps, end: from0, restarts: field.flag() },
  warmup: { steps, start: from0, after: parts.schedule },
  oneCycle: { steps, up: field.number({ from: 0, to: 1 }), divide: factor, finish: factor },
};

/** How far a step is on the way of `steps`, from 0 to 1. */
function way(step: Value, steps: number): Value {
  return minimum(div(step, steps), 1);
}

/** The factor 1, or another, for ever. */
export function constantRate(factor = 1): Schedule {
  checkOptions('constantRate', { factor }, scheduleFields.constant);
  return (step) => fill(factor, [], step.dtype);
}

/** factor^k after k times `every` steps: 1, factor, factor^2, ... */
export function stepDecay(options: { readonly every: number; readonly factor: number }): Schedule {
  const { every, factor } = checkOptions('stepDecay', options, scheduleFields.stepDecay);
  return (step) => powerOf(factor, floor(div(step, every)));
}

/** rate^(step / steps): falls by `rate` every `steps` steps, smoothly. */
export function exponential(options: { readonly rate: number; readonly steps: number }): Schedule {
  const { rate, steps } = checkOptions('exponential', options, scheduleFields.exponential);
  return (step) => powerOf(rate, div(step, steps));
}

/** From 1 to `end` (0) over `steps` steps, as (1 - s)^power; then `end`. */
export function polynomial(options: {
  readonly steps: number;
  readonly power?: number;
  readonly end?: number;
}): Schedule {
  const { steps, power = 1, end = 0 } = checkOptions('polynomial', options, scheduleFields.polynomial);
  return (step) => add(mul(pow(sub(1, way(step, steps)), power), 1 - end), end);
}

/**
 * From 1 to `end` (0) over `steps` steps, as (1 + cos(pi s)) / 2; then `end`, or with `restarts` from 1 again.
 * Source: Loshchilov and Hutter 2017.
 */
export function cosine(options: {
  readonly steps: number;
  readonly end?: number;
  readonly restarts?: boolean;
}): Schedule {
  const { steps, end = 0, restarts = false } = checkOptions('cosine', options, scheduleFields.cosine);
  return (step) => {
    const s = restarts ? div(mod(step, steps), steps) : way(step, steps);
    return add(mul(add(cos(mul(s, Math.PI)), 1), (1 - end) / 2), end);
  };
}

/** From `start` (0) to 1 in a line over `steps` steps; then what `after` says of the steps after, or 1. */
export function warmup(options: {
  readonly steps: number;
  readonly start?: number;
  readonly after?: Schedule;
}): Schedule {
  const { steps, start = 0, after = constantRate() } = checkOptions('warmup', options, scheduleFields.warmup);
  return sequence([{ steps, schedule: (step) => add(mul(div(step, steps), 1 - start), start) }], after);
}

/**
 * From 1 / `divide` (25) up to 1 over the first `up` (0.3) of the steps, then down to 1 / `divide` / `finish` (1e4), both as a
 * cosine. Source: Smith and Topin 2018.
 */
export function oneCycle(options: {
  readonly steps: number;
  readonly up?: number;
  readonly divide?: number;
  readonly finish?: number;
}): Schedule {
  const given = checkOptions('oneCycle', options, scheduleFields.oneCycle);
  const { steps, up = 0.3, divide = 25, finish = 1e4 } = given;
  const rise = Math.max(1, Math.round(steps * up));
  const fall = Math.max(1, steps - rise);
  const low = 1 / divide;
  const swing = cosine({ steps: rise });
  return sequence(
    [{ steps: rise, schedule: (step) => sub(1, mul(swing(step), 1 - low)) }],
    cosine({ steps: fall, end: low / finish }),
  );
}

const pieceFields = { steps, schedule: field.needed(parts.schedule) };

/** Schedules one after the other, each for its steps and counted from 0; the last goes on for ever. */
export function sequence(
  pieces: readonly { readonly steps: number; readonly schedule: Schedule }[],
  last: Schedule = constantRate(),
): Schedule {
  for (const each of pieces) checkOptions('a part of a sequence', each, pieceFields);
  return (step) => {
    const ends = pieces.map((_, i) => pieces.slice(0, i + 1).reduce((sum, { steps }) => sum + steps, 0));
    const final = last(maximum(sub(step, ends.at(-1) ?? 0), 0));
    return pieces.reduceRight((later, { steps, schedule }, i) => {
      const end = ends[i] ?? 0;
      const local = maximum(minimum(sub(step, end - steps), steps), 0);
      return select(less(step, end), schedule(local), later);
    }, final);
  };
}

/** The product of schedules. */
export function product(...schedules: readonly Schedule[]): Schedule {
  return (step) => schedules.reduce((all, schedule) => mul(all, schedule(step)), fill(1, [], step.dtype));
}

/** base^x for a number from 0 up. */
function powerOf(base: number, x: Value): Value {
  return exp(mul(x, Math.log(base)));
}
