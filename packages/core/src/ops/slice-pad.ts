import { OptionError, ShapeError } from '../errors.ts';
import { partsPrimitive, viewPrimitive } from '../forms/moving.ts';
import { denseView } from '../forms/view.ts';
import { applyPrimitive } from '../graph/apply.ts';
import type { Value } from '../graph/value.ts';
import { checkOptions } from '../options/check-options.ts';
import { type FieldsOf, list, number, one } from '../options/field.ts';
import { roundTo } from '../tensors/dtype.ts';
import { formatShape, type Shape } from '../tensors/shape.ts';
import { held } from './leaves.ts';

// Cutting out and padding with zeros are each other's transpose; a step of s leaves s - 1 places between.

interface SliceAttributes extends Readonly<Record<string, readonly number[]>> {
  readonly start: readonly number[];
  readonly stop: readonly number[];
  readonly step: readonly number[];
}

const slicePrimitive = viewPrimitive<SliceAttributes>('slice', {
  infer: ([x], { start, stop, step }) => ({
    shape: x.shape.map((_, i) => Math.max(0, Math.ceil(((stop[i] ?? 0) - (start[i] ?? 0)) / (step[i] ?? 1)))),
    dtype: x.dtype,
  }),
  view: ({ offset, strides }, { start, step }, to) => ({
    offset: strides.reduce((sum, stride, i) => sum + stride * (start[i] ?? 0), offset),
    strides: strides.map((stride, i) => (to[i] === 1 ? 0 : stride * (step[i] ?? 1))),
  }),
  vjp: (gradient, { input: x, attributes: { start, step } }) => {
    const covered = gradient.shape.map((extent, i) => (extent === 0 ? 0 : (extent - 1) * (step[i] ?? 1) + 1));
    const high = x.shape.map((extent, i) => extent - (start[i] ?? 0) - (covered[i] ?? 0));
    return [pad(gradient, { low: start, high, between: step.map((s) => s - 1) })];
  },
  batch: ([x], { attributes: { start, stop, step }, size }) =>
    slice(x, [0, ...start], [size, ...stop], [1, ...step]),
});

/**
 * The elements from `start` up to but not including `stop`, every `step`-th, along the first axes; further axes are
 * left whole. Negative places count from the end.
 * @throws OptionError for a place outside of the axis or a step below 1.
 */
export function slice(
  x: Value,
  start: readonly number[],
  stop: readonly number[] = [],
  step: readonly number[] = [],
): Value {
  const place = (given: number | undefined, otherwise: number, extent: number): number => {
    const at = given === undefined ? otherwise : given < 0 ? given + extent : given;
    if (!Number.isInteger(at) || at < 0 || at > extent)
      throw new OptionError({ got: `place ${given}`, expected: `one from ${-extent} to ${extent}` });
    return at;
  };
  if (start.length > x.shape.length || stop.length > x.shape.length || step.length > x.shape.length)
    throw new ShapeError({
      got: `a slice of ${start.length} axes`,
      expected: `at most those of ${formatShape(x.shape)}`,
    });
  if (!step.every((s) => Number.isInteger(s) && s >= 1))
    throw new OptionError({
      got: `steps ${formatShape(step)}`,
      expected: 'whole numbers from 1 up',
      hint: 'flip turns an axis round.',
    });
  const from = x.shape.map((extent, i) => place(start[i], 0, extent));
  const to = x.shape.map((extent, i) => place(stop[i], extent, extent));
  const whole =
    from.every((at) => at === 0) && to.every((at, i) => at === x.shape[i]) && step.every((s) => s === 1);
  return whole
    ? x
    : applyPrimitive(slicePrimitive, [x], {
        start: from,
        stop: to,
        step: x.shape.map((_, i) => step[i] ?? 1),
      });
}

interface PadAttributes extends Readonly<Record<string, number | readonly number[]>> {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly between: readonly number[];
  readonly value: number;
}

const padPrimitive = partsPrimitive<readonly [Value], PadAttributes>('pad', {
  infer: ([x], { low, high, between }) => ({
    shape: x.shape.map(
      (extent, i) => (low[i] ?? 0) + (high[i] ?? 0) + extent + Math.max(0, extent - 1) * (between[i] ?? 0),
    ),
    dtype: x.dtype,
  }),
  parts: ([shape = []], { low, between }, to) => {
    const { strides } = denseView(to);
    return [
      {
        offset: strides.reduce((sum, stride, i) => sum + stride * (low[i] ?? 0), 0),
        strides: strides.map((stride, i) => (shape[i] === 1 ? 0 : stride * ((between[i] ?? 0) + 1))),
      },
    ];
  },
  fill: ({ value }) => value,
  vjp: (gradient, { input: x, attributes: { low, between } }) => {
    const step = between.map((n) => n + 1);
    const stop = x.shape.map((n, i) => (low[i] ?? 0) + (n === 0 ? 0 : (n - 1) * (step[i] ?? 1) + 1));
    return [slice(gradient, low, stop, step)];
  },
  batch: ([x], { attributes: { low, high, between, value } }) =>
    pad(x, { low: [0, ...low], high: [0, ...high], between: [0, ...between], value }),
});

export interface PadOptions {
  /** Places before each axis. */
  readonly low?: Shape;
  /** Places after each axis. */
  readonly high?: Shape;
  /** Places between neighbours. */
  readonly between?: Shape;
  /** The number in the new places; 0 when left out. */
  readonly value?: number;
}

const counts = list(number(), { words: 'an array of a whole number for each axis' });
const padFields = {
  low: counts,
  high: counts,
  between: counts,
  value: one<number>('a number', (x) => typeof x === 'number'),
} satisfies FieldsOf<PadOptions>;

/** `x` with new places around and between its elements. @throws OptionError for a negative number of places. */
export function pad(x: Value, options: PadOptions): Value {
  const { low = [], high = [], between = [], value = 0 } = checkOptions('pad', options, padFields);
  const places = (given: Shape) => x.shape.map((_, i) => given[i] ?? 0);
  const [before, after, inside] = [places(low), places(high), places(between)];
  const all = [...before, ...after, ...inside];
  if (!all.every((n) => Number.isInteger(n) && n >= 0))
    throw new OptionError({ got: `places ${formatShape(all)}`, expected: 'whole numbers from 0 up' });
  if (all.every((n) => n === 0)) return x;
  return applyPrimitive(padPrimitive, [x], {
    low: before,
    high: after,
    between: inside,
    value: roundTo(x.dtype, held(x.dtype, value, 'beside')),
  });
}
