import { OptionError, ShapeError } from '../errors.ts';
import { viewPrimitive } from '../forms/moving.ts';
import { apply, applyPrimitive } from '../graph/apply.ts';
import type { Value } from '../graph/value.ts';
import { checkOptions } from '../options/check-options.ts';
import { either, type FieldsOf, list, needed, one, oneOf, whole } from '../options/field.ts';
import { formatShape, normalizeAxis, type Shape, sameShape } from '../tensors/shape.ts';
import { add } from './arithmetic.ts';
import { squeeze } from './reshape.ts';
import { pad, slice } from './slice-pad.ts';
import { moveAxis } from './transpose.ts';

// Windows and fold are each other's transpose, so each one's vjp is the other.

/** Places around each windowed axis: none, as many as make the result ceil(extent / step) long, or [before, after] for each. */
export type Padding = 'valid' | 'same' | readonly (readonly [number, number])[];

export interface WindowOptions {
  /** The axes along which windows move. */
  readonly axes: readonly number[];
  /** The extent of a window along each of them; one number counts for all. */
  readonly size: number | readonly number[];
  /** Places from one window to the next; 1 when left out. */
  readonly step?: number | readonly number[];
  /** Places from one element of a window to the next; 1 when left out. */
  readonly dilation?: number | readonly number[];
  /** 'valid' when left out. */
  readonly padding?: Padding;
  /** What stands in the padding; 0 when left out. */
  readonly value?: number;
}

export interface FoldOptions extends Omit<WindowOptions, 'value'> {
  /** The extents of the result along `axes`. */
  readonly extents: readonly number[];
}

const counts = either(whole({ from: 1 }), list(whole({ from: 1 })));
/** Options of whatever moves windows: one number or one for each axis, and the places around. */
export const paddingField = either(
  oneOf<'valid' | 'same'>('valid', 'same'),
  list(one<readonly [number, number]>('[before, after]', isPair)),
);
const placing = {
  axes: needed(list(whole())),
  size: needed(counts),
  step: counts,
  dilation: counts,
  padding: paddingField,
};
const windowFields = {
  ...placing,
  value: one<number>('a number', (x) => typeof x === 'number'),
} satisfies FieldsOf<WindowOptions>;
const foldFields = {
  ...placing,
  extents: needed(list(whole({ from: 0 }))),
} satisfies FieldsOf<FoldOptions>;
export const countsField = counts;

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

interface Unplaced extends Pick<WindowOptions, 'size' | 'step' | 'dilation' | 'padding'> {
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

interface WindowsAttributes extends Readonly<Record<string, readonly number[]>> {
  readonly axes: readonly number[];
  readonly size: readonly number[];
  readonly step: readonly number[];
  readonly dilation: readonly number[];
}

const windowsPrimitive = viewPrimitive<WindowsAttributes>('windows', {
  infer: ([x], { axes, size, step, dilation }) => {
    const zeros = axes.map(() => 0);
    const found = windowCounts(
      axes.map((axis) => x.shape[axis] ?? 0),
      { size, step, dilation, low: zeros, high: zeros },
    );
    const shape = x.shape.map((extent, axis) => found[axes.indexOf(axis)] ?? extent);
    return { shape: [...shape, ...size], dtype: x.dtype };
  },
  view: ({ offset, strides }, { axes, step, dilation }, to) => {
    const all = [
      ...strides.map((stride, axis) => stride * (step[axes.indexOf(axis)] ?? 1)),
      ...axes.map((axis, i) => (strides[axis] ?? 0) * (dilation[i] ?? 1)),
    ];
    return { offset, strides: all.map((stride, axis) => (to[axis] === 1 ? 0 : stride)) };
  },
  vjp: (gradient, { input: x, attributes: { axes, size, step, dilation } }) => [
    fold(gradient, { axes, size, step, dilation, extents: axes.map((axis) => x.shape[axis] ?? 0) }),
  ],
  batch: ([x], { attributes: { axes, size, step, dilation } }) =>
    windows(x, { axes: axes.map((axis) => axis + 1), size, step, dilation }),
});

/**
 * All windows of `x`, as a view: y[.., i, .., k] = x[.., i step + k dilation - before, ..]. Each of `axes` becomes the axis of windows i, and
 * the places k within a window are new last axes, in the order of `axes`.
 * @throws ShapeError for a window larger than its axis; OptionError.
 */
export function windows(x: Value, options: WindowOptions): Value {
  const { value = 0, ...given } = checkOptions('windows', options, windowFields);
  const { axes, size, step, dilation, low, high } = placed(x.shape, given);
  return windowsPrimitiveOn(padded(x, axes, { low, high, value }), { axes, size, step, dilation });
}

function windowsPrimitiveOn(
  x: Value,
  { axes, size, step, dilation }: Pick<Windowing, 'size' | 'step' | 'dilation'> & { readonly axes: Shape },
): Value {
  return applyPrimitive(windowsPrimitive, [x], { axes, size, step, dilation });
}

/** The windows of `x` along `axes` as they are, with negative padding where elements are left out. */
export function windowsAlong(x: Value, axes: readonly number[], along: Windowing): Value {
  return windowsPrimitiveOn(padded(x, axes, along), { axes, ...along });
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

function placed(
  shape: Shape,
  { axes: given, ...options }: Omit<WindowOptions, 'value'>,
): Windowing & { readonly axes: number[] } {
  const axes = given.map((axis) => normalizeAxis(axis, shape.length));
  if (new Set(axes).size !== axes.length)
    throw new OptionError({ got: `axes ${formatShape(given)}`, expected: 'every axis once' });
  return { axes, ...windowing({ ...options, extents: axes.map((axis) => shape[axis] ?? 0) }) };
}

/**
 * The transpose of `windows` with the same options: each element of `y` added to the place of `x` that it was read from. What lies in the padding
 * is left out; `extents` are those of x along `axes`.
 * @throws ShapeError where `y` are not the windows of such an x; OptionError.
 */
export function fold(y: Value, options: FoldOptions): Value {
  const { extents, ...given } = checkOptions('fold', options, foldFields);
  const rank = y.shape.length - given.axes.length;
  const own = y.shape.slice(0, Math.max(0, rank));
  const axes = given.axes.map((axis) => normalizeAxis(axis, own.length));
  const shape = own.map((extent, axis) =>
    axes.includes(axis) ? (extents[axes.indexOf(axis)] ?? 0) : extent,
  );
  const { size, step, dilation, low, high } = placed(shape, given);
  const around = extents.map((extent, i) => extent + (low[i] ?? 0) + (high[i] ?? 0));
  const found = windowCounts(extents, { size, step, dilation, low, high });
  const expected = [...own.map((extent, axis) => found[axes.indexOf(axis)] ?? extent), ...size];
  if (extents.length !== axes.length || !sameShape(expected, y.shape))
    throw new ShapeError({
      got: formatShape(y.shape),
      expected: `${formatShape(expected)}, the windows of ${formatShape(shape)}`,
    });
  const made = apply(
    {
      kind: 'composite',
      name: 'fold',
      forward: (windowed: Value) =>
        axes.reduceRight(
          (sum, axis, i) =>
            foldedLast(sum, axis, { step: step[i] ?? 1, dilation: dilation[i] ?? 1, extent: around[i] ?? 0 }),
          windowed,
        ),
      vjp: (gradient) => [windowsPrimitiveOn(gradient, { axes, size, step, dilation })],
    },
    y,
  );
  return padded(made, axes, { low: low.map((n) => -n), high: high.map((n) => -n) });
}

/** `y` without its last axis, along which the k-th place of the windows along `axis` stands. */
function foldedLast(
  y: Value,
  axis: number,
  { step, dilation, extent }: { readonly step: number; readonly dilation: number; readonly extent: number },
): Value {
  const count = y.shape[axis] ?? 0;
  const length = count === 0 ? 0 : (count - 1) * step + 1;
  const first = moveAxis(y, -1, 0);
  const parts = Array.from({ length: first.shape[0] ?? 0 }, (_, k) =>
    padded(squeeze(slice(first, [k], [k + 1]), 0), [axis], {
      low: [k * dilation],
      high: [extent - length - k * dilation],
      between: [step - 1],
    }),
  );
  return parts.reduce((sum, part) => add(sum, part));
}
