import { add, constant, fill, gather, mul, ShapeError, select, type Value } from '@pullback/core';
import { needing, type OperatorNode, type Operators } from '../operator-node.ts';
import { axesOf, range, withExtent } from './axes.ts';

/** One axis as it is resized: from where each place reads, with weights; no places where the value is that of outside. */
interface Taps {
  readonly places: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
  readonly outside: readonly boolean[];
}

interface AxisOptions {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  readonly mode: string;
  readonly transformation: string;
  readonly nearest: string;
  readonly cubic: number;
  readonly antialias: boolean;
  readonly excludeOutside: boolean;
  readonly region: readonly [number, number];
}

/** The place in the original of place `x` of the result. Source: the ONNX specification of Resize, coordinate_transformation_mode. */
function original(x: number, { from, to, scale, transformation, region: [start, end] }: AxisOptions): number {
  const wide = scale * from;
  switch (transformation) {
    case 'align_corners':
      return wide === 1 ? 0 : (x * (from - 1)) / (wide - 1);
    case 'asymmetric':
      return x / scale;
    case 'tf_crop_and_resize':
      return (
        start * (from - 1) +
        (wide === 1 ? ((end - start) * (from - 1)) / 2 : (x * (end - start) * (from - 1)) / (wide - 1))
      );
    case 'pytorch_half_pixel':
      return wide === 1 ? -0.5 : (x + 0.5) / scale - 0.5;
    case 'half_pixel_symmetric':
      return (from / 2) * (1 - to / wide) + (x + 0.5) / scale - 0.5;
    default:
      return (x + 0.5) / scale - 0.5;
  }
}

function nearestTo(x: number, mode: string): number {
  if (mode === 'floor') return Math.floor(x);
  if (mode === 'ceil') return Math.ceil(x);
  return mode === 'round_prefer_ceil' ? Math.floor(x + 0.5) : Math.ceil(x - 0.5);
}

/** The weight of a place at a distance: a triangle, or the cubic of Keys 1981. */
function weightAt(distance: number, mode: string, a: number): number {
  const x = Math.abs(distance);
  if (mode === 'linear') return Math.max(0, 1 - x);
  if (x <= 1) return (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1;
  return x < 2 ? a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a : 0;
}

function tapsOf(options: AxisOptions): Taps {
  const { from, to, scale, mode, cubic, antialias, excludeOutside, transformation } = options;
  const inside = (i: number) => Math.min(from - 1, Math.max(0, i));
  const at = range(to).map((x) => original(x, options));
  const outside = at.map((x) => transformation === 'tf_crop_and_resize' && (x < 0 || x > from - 1));
  if (mode === 'nearest')
    return {
      places: at.map((x) => [inside(nearestTo(x, options.nearest))]),
      weights: at.map(() => [1]),
      outside,
    };
  const reach = mode === 'linear' ? 1 : 2;
  const shrink = antialias ? Math.min(scale, 1) : 1;
  const first = Math.floor(-reach / shrink) + 1;
  const offsets = range(2 - 2 * first, first);
  const made = at.map((x) => {
    const base = Number.isInteger(x) ? x - 1 : Math.floor(x);
    const places = offsets.map((offset) => base + offset);
    const raw = places.map((place) =>
      excludeOutside && place !== inside(place) ? 0 : weightAt((place - x) * shrink, mode, cubic),
    );
    const total = antialias || excludeOutside ? raw.reduce((sum, w) => sum + w, 0) : 1;
    return { places: places.map(inside), weights: raw.map((w) => w / total) };
  });
  return { places: made.map(({ places }) => places), weights: made.map(({ weights }) => weights), outside };
}

/** One axis resized: the sum of weights times what is read, tap by tap. */
function resizedAlong(x: Value, axis: number, { places, weights, outside }: Taps, beyond: number): Value {
  const n = places.length;
  const shape = withExtent(
    x.shape.map(() => 1),
    axis,
    n,
  );
  const parts = range(places[0]?.length ?? 0).flatMap((k) => {
    const own = weights.map((row) => row[k] ?? 0);
    if (own.every((w) => w === 0)) return [];
    const index = constant({ shape: [n], data: places.map((row) => row[k] ?? 0) }, { dtype: 'int32' });
    const read = gather(x, index, { axis });
    return [own.every((w) => w === 1) ? read : mul(read, constant({ shape, data: own }, { dtype: x.dtype }))];
  });
  const [first, ...others] = parts;
  const made =
    first === undefined ? fill(0, withExtent(x.shape, axis, n), x.dtype) : others.reduce(add, first);
  if (!outside.includes(true)) return made;
  return select(constant({ shape, data: outside.map(Number) }, { dtype: 'bool' }), beyond, made);
}

/** The extents and scales that a node asks for, along its axes. */
function wantedOf(node: OperatorNode, axes: readonly number[]): { sizes: number[]; scales: number[] } {
  const { shape } = node.x(0);
  const extents = axes.map((axis) => shape[axis] ?? 0);
  const early = node.opset < 11;
  const scales = early
    ? node.has(1)
      ? node.known(1)
      : (node.floats('scales') ?? [])
    : node.has(2)
      ? node.known(2)
      : [];
  if (scales.length > 0) return { sizes: extents.map((n, i) => Math.floor(n * (scales[i] ?? 1))), scales };
  if (early || !node.has(3))
    throw new ShapeError({ got: 'neither scales nor sizes', expected: 'one of them' });
  const sizes = node.known(3);
  const policy = node.word('keep_aspect_ratio_policy', 'stretch', 'not_larger', 'not_smaller');
  const ratios = sizes.map((size, i) => size / (extents[i] ?? 1));
  if (policy === 'stretch') return { sizes, scales: ratios };
  const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return { sizes: extents.map((n) => Math.floor(n * scale + 0.5)), scales: extents.map(() => scale) };
}

function resized(node: OperatorNode): Value {
  const x = node.x(0);
  const early = node.opset < 11;
  const axes = axesOf(node.ints('axes') ?? range(x.shape.length), x.shape.length);
  const { sizes, scales } = wantedOf(node, axes);
  const transformation = early ? 'asymmetric' : node.text('coordinate_transformation_mode', 'half_pixel');
  const region = transformation === 'tf_crop_and_resize' ? node.known(1) : [];
  const beyond = node.float('extrapolation_value', 0);
  const options = {
    mode: node.word('mode', 'nearest', 'linear', 'cubic'),
    transformation,
    nearest: early ? 'floor' : node.text('nearest_mode', 'round_prefer_floor'),
    cubic: node.float('cubic_coeff_a', -0.75),
    antialias: node.int('antialias', 0) === 1,
    excludeOutside: node.int('exclude_outside', 0) === 1,
  };
  return axes.reduce((now, axis, i) => {
    const [from, to, scale] = [now.shape[axis] ?? 0, sizes[i] ?? 0, scales[i] ?? 1];
    if (from === to && scale === 1 && region.length === 0) return now;
    const part = [region[i] ?? 0, region[i + axes.length] ?? 1] as const;
    return resizedAlong(now, axis, tapsOf({ ...options, from, to, scale, region: part }), beyond);
  }, x);
}

/** Resizing by weights that are known, axis by axis. */
export const resizing: Operators = {
  Resize: needing([1, 2, 3], resized),
  Upsample: needing([1], resized),
};
