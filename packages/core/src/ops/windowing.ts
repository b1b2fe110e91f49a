import { OptionError, ShapeError } from '../errors.ts';
import type { Value } from '../graph/value.ts';
import { either, list, one, oneOf, whole } from '../options/field.ts';
import { formatShape, type Shape } from '../tensors/shape.ts';
import { pad, slice } from './slice-pad.ts';

/** Places around each windowed axis: none, as many as make the result ceil(extent / step) long, or [before, after] for each. */
export type Padding = 'valid' | 'same' | readonly (readonly [number, number])[];

/** One number for all axes, or one for each. */
export const countsField = either(whole({ from: 1 }), list(whole({ from: 1 })));
/** Options of whatever moves windows: one number or one for each axis, and the places around. */
export const paddingField = either(
  oneOf<'valid' | 'same'>('valid', 'same'),
  list(one<readonly [number, number]>('[before, after]', isPair)),
);
function isPair(given: unknown): boolean {
  return Array.isArray(given) && given.length === 2 && given.every((n) => Number.isInteger(n) && n >= 0);
}

/** How windows lie along some axes, a number for each. */
export interface Windowing {
  readonly size: Shape;
  readonly step: Shape;
  readonly dilation: Shape;
  /** Places before and after the axis; less than 0 where elements are left out. */
  readonly low: Shape;
  readonly high: Shape;
}

interface Unplaced {
  readonly size: number | readonly number[];
  readonly step?: number | readonly number[] | undefined;
  readonly dilation?: number | readonly number[] | undefined;
  readonly padding?: Padding | undefined;
  readonly extents: Shape;
}

/** The windows along axes of `extents`, with one number for each axis. @throws ShapeError, OptionError */
export function windowing({ extents, size, step = 1, dilation = 1, padding = 'valid' }: Unplaced): Windowing {
  const each = (given: number | readonly number[], name: string): Shape => {
    const all = typeof given === 'number' ? extents.map(() => given) : given;
    if (all.length === extents.length) return all;
    throw new OptionError({
      got: `${all.length} numbers as '${name}'`,
      expected: `one, or one for each of ${extents.length} axes`,
    });
  };
  const [sizes, steps, dilations] = [each(size, 'size'), each(step, 'step'), each(dilation, 'dilation')];
  const around = extents.map((extent, i): readonly [number, number] => {
    if (padding === 'valid') return [0, 0];
    if (padding !== 'same') return padding[i] ?? [0, 0];
    const [s = 1, reach] = [steps[i], ((sizes[i] ?? 1) - 1) * (dilations[i] ?? 1) + 1];
    const total = Math.max(0, (Math.ceil(extent / s) - 1) * s + reach - extent);
    return [total >> 1, total - (total >> 1)];
  });
  if (typeof padding !== 'string' && padding.length !== extents.length)
    throw new OptionError({
      got: `padding of ${padding.length} axes`,
      expected: `[before, after] for each of ${extents.length}`,
    });
  return {
    size: sizes,
    step: steps,
    dilation: dilations,
    low: around.map(([before]) => before),
    high: around.map(([, after]) => after),
  };
}

/** How many windows there are along each axis. @throws ShapeError for a window that is larger than its axis with padding. */
export function windowCounts(extents: Shape, { size, step, dilation, low, high }: Windowing): number[] {
  return extents.map((extent, i) => {
    const reach = ((size[i] ?? 1) - 1) * (dilation[i] ?? 1) + 1;
    const length = extent + (low[i] ?? 0) + (high[i] ?? 0);
    if (length < reach)
      throw new ShapeError({
        got: `a window of ${reach} over ${extent}${length === extent ? '' : ` (${length} with padding)`} along axis ${i} of ${formatShape(extents)}`,
        expected: 'windows no larger than what they move over',
        hint: "padding: 'same' makes room around it.",
      });
    return Math.floor((length - reach) / (step[i] ?? 1)) + 1;
  });
}

/** `x` with places around some axes, before and after them and between neighbours; negative numbers leave out. */
export function padded(
  x: Value,
  axes: readonly number[],
  { low, high, between = [], value = 0 }: PaddedOptions,
): Value {
  const spread = (numbers: Shape, f: (n: number) => number) =>
    x.shape.map((_, axis) => f(numbers[axes.indexOf(axis)] ?? 0));
  const more = (n: number) => Math.max(0, n);
  const wide = pad(x, {
    low: spread(low, more),
    high: spread(high, more),
    between: spread(between, more),
    value,
  });
  const less = (n: number) => Math.max(0, -n);
  const stop = spread(high, less).map((n, axis) => (wide.shape[axis] ?? 0) - n);
  return slice(wide, spread(low, less), stop);
}

interface PaddedOptions {
  readonly low: Shape;
  readonly high: Shape;
  readonly between?: Shape;
  readonly value?: number;
}
