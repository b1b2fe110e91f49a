import { OptionError, ShapeError } from '../errors.ts';
import { viewPrimitive } from '../forms/moving.ts';
import { apply, applyPrimitive } from '../graph/apply.ts';
import type { Value } from '../graph/value.ts';
import { checkOptions } from '../options/check-options.ts';
import { type FieldsOf, list, needed, one, whole } from '../options/field.ts';
import { formatShape, normalizeAxis, type Shape, sameShape } from '../tensors/shape.ts';
import { sum } from './broadcast-sum.ts';
import { reshape } from './reshape.ts';
import { transpose } from './transpose.ts';
import {
  countsField,
  type Padding,
  padded,
  paddingField,
  type Windowing,
  windowCounts,
  windowing,
} from './windowing.ts';

// Windows and fold are each other's transpose, so each one's vjp is the other.

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
  /** The number in the padding; 0 when left out. */
  readonly value?: number;
}

export interface FoldOptions extends Omit<WindowOptions, 'value'> {
  /** The extents of the result along `axes`. */
  readonly extents: readonly number[];
}

const placing = {
  axes: needed(list(whole())),
  size: needed(countsField),
  step: countsField,
  dilation: countsField,
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
  const { axes, ...along } = placed(x.shape, given);
  windowCounts(
    axes.map((axis) => x.shape[axis] ?? 0),
    along,
  );
  return windowsAlong(x, axes, along, value);
}

function windowsPrimitiveOn(
  x: Value,
  { axes, size, step, dilation }: Pick<Windowing, 'size' | 'step' | 'dilation'> & { readonly axes: Shape },
): Value {
  return applyPrimitive(windowsPrimitive, [x], { axes, size, step, dilation });
}

/** The windows of `x` along `axes` as they are, with negative padding where elements are left out. */
export function windowsAlong(x: Value, axes: readonly number[], along: Windowing, value = 0): Value {
  return windowsPrimitiveOn(padded(x, axes, { ...along, value }), { axes, ...along });
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
 * The transpose of `windows` with the same options: each element of `y` added to the place of `x` that it was read from. Elements in
 * the padding are left out; `extents` are those of x along `axes`.
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
  const placing = { axes, size, step, dilation, extents: around };
  const made = apply(
    {
      kind: 'composite',
      name: 'fold',
      forward: (windowed: Value) => (areTiles(placing) ? joined : added)(windowed, placing),
      vjp: (gradient) => [windowsPrimitiveOn(gradient, { axes, size, step, dilation })],
    },
    y,
  );
  return padded(made, axes, { low: low.map((n) => -n), high: high.map((n) => -n) });
}

interface Folding extends Pick<Windowing, 'size' | 'step' | 'dilation'> {
  readonly axes: readonly number[];
  /** Of the result along the axes. */
  readonly extents: Shape;
}

/** Whether windows lie side by side: no element is in two of them. */
function areTiles({ size, step, dilation }: Folding): boolean {
  return size.every((n, i) => n === step[i] && (n === 1 || dilation[i] === 1));
}

/** Windows side by side, put together: their places become neighbours of the axis that they belong to. */
function joined(y: Value, { axes, size, extents }: Folding): Value {
  const rank = y.shape.length - axes.length;
  const order = Array.from({ length: rank }, (_, axis) => {
    const i = axes.indexOf(axis);
    return i < 0 ? [axis] : [axis, rank + i];
  }).flat();
  const shape = y.shape
    .slice(0, rank)
    .map((extent, axis) => extent * (axes.includes(axis) ? (size[axes.indexOf(axis)] ?? 1) : 1));
  const whole = reshape(transpose(y, order), shape);
  const missing = axes.map((axis, i) => (extents[i] ?? 0) - (shape[axis] ?? 0));
  return padded(whole, axes, { low: axes.map(() => 0), high: missing });
}

/** The sum over the places k of a window of y[.., (i - k dilation) / step, .., k], where there is such a window: a view of `y` with zeros around and between. */
function added(y: Value, { axes, size, step, dilation, extents }: Folding): Value {
  const reach = size.map((n, i) => (n - 1) * (dilation[i] ?? 1));
  const length = axes.map((axis, i) => Math.max(0, ((y.shape[axis] ?? 0) - 1) * (step[i] ?? 1) + 1));
  const room = padded(y, axes, {
    low: reach,
    high: length.map((covered, i) => (extents[i] ?? 0) - covered),
    between: step.map((n) => n - 1),
  });
  const skewed = skew(room, { axes, dilation });
  const rank = y.shape.length - axes.length;
  const places = axes.map((_, i) => rank + i);
  // The places of windows first: sums along them go on side by side for neighbours.
  const turned = transpose(skewed, [...places, ...Array.from({ length: rank }, (_, axis) => axis)]);
  return sum(turned, { axis: axes.map((_, i) => i) });
}

interface SkewAttributes extends Readonly<Record<string, readonly number[]>> {
  readonly axes: readonly number[];
  readonly dilation: readonly number[];
}

/** y[.., i, .., k] = x[.., i + (n - 1 - k) dilation, .., k], with the n places k of windows along the last axes. */
const skewPrimitive = viewPrimitive<SkewAttributes>('skew', {
  infer: ([x], { axes, dilation }) => {
    const rank = x.shape.length - axes.length;
    const shape = x.shape.map((extent, axis) => {
      const i = axes.indexOf(axis);
      return i < 0 ? extent : extent - ((x.shape[rank + i] ?? 1) - 1) * (dilation[i] ?? 1);
    });
    return { shape, dtype: x.dtype };
  },
  view: ({ shape, offset, strides }, { axes, dilation }, to) => {
    const rank = shape.length - axes.length;
    const back = axes.map((axis, i) => (strides[axis] ?? 0) * (dilation[i] ?? 1));
    const all = strides.map((stride, axis) => stride - (back[axis - rank] ?? 0));
    return {
      offset: back.reduce((from, far, i) => from + far * ((shape[rank + i] ?? 1) - 1), offset),
      strides: all.map((stride, axis) => (to[axis] === 1 ? 0 : stride)),
    };
  },
  batch: ([x], { attributes: { axes, dilation } }) =>
    skew(x, { axes: axes.map((axis) => axis + 1), dilation }),
});

function skew(x: Value, attributes: SkewAttributes): Value {
  return applyPrimitive(skewPrimitive, [x], attributes);
}
