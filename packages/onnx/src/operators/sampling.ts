import {
  add,
  and,
  cast,
  clip,
  concatenate,
  constant,
  einsum,
  expandDims,
  fill,
  floor,
  gather,
  greaterEqual,
  iota,
  less,
  matmul,
  max,
  maximum,
  mean,
  minimum,
  mod,
  mul,
  or,
  reshape,
  round,
  select,
  sub,
  transpose,
  type Value,
} from '@pullback/core';
import { needing, type OperatorNode, type Operators } from '../operator-node.ts';
import { along, channelsLast, range, sizeOfShape, tabulated } from './axes.ts';
import { perChannel } from './convolution.ts';

/** Pictures [n, channels, ...extents] as rows [n x places, channels]. */
interface Pictures {
  readonly rows: Value;
  readonly extents: readonly number[];
  /** The first row of the picture that each point is of. */
  readonly first: Value;
}

/** One place along an axis that a point reads, and its weight. */
interface Tap {
  readonly place: Value;
  readonly weight: Value | undefined;
}

type Outside = 'zeros' | 'border' | 'reflection';

/** A number turned back at both ends, as often as it takes. */
function reflected(x: Value, low: number, high: number): Value {
  const length = high - low;
  if (length <= 0) return fill(low, x.shape, x.dtype);
  const at = mod(sub(x, low), 2 * length);
  return add(select(less(length, at), sub(2 * length, at), at), low);
}

/** The weights of four neighbours. Source: Keys 1981, with a = -3/4. */
function cubicWeights(t: Value): Value[] {
  const a = -0.75;
  const far = (x: Value) => sub(mul(add(mul(sub(mul(a, x), 5 * a), x), 8 * a), x), 4 * a);
  const near = (x: Value) => add(mul(mul(sub(mul(a + 2, x), a + 3), x), x), 1);
  return [far(add(t, 1)), near(t), near(sub(1, t)), far(sub(2, t))];
}

function tapsAt(x: Value, mode: 'nearest' | 'linear' | 'cubic'): Tap[] {
  if (mode === 'nearest') return [{ place: round(x), weight: undefined }];
  const low = floor(x);
  const t = sub(x, low);
  const weights = mode === 'linear' ? [sub(1, t), t] : cubicWeights(t);
  return weights.map((weight, i) => ({ place: add(low, i - (mode === 'linear' ? 0 : 1)), weight }));
}

/** The sum over all combinations of taps of weights times what is read: [n, points, channels]. */
function read(
  { rows, extents, first }: Pictures,
  taps: readonly (readonly Tap[])[],
  fitted: (place: Value, axis: number) => Value,
): { readonly parts: readonly Value[]; readonly total: Value } {
  const strides = extents.map((_, i) => sizeOfShape(extents.slice(i + 1)));
  const combinations = taps.reduce<readonly (readonly Tap[])[]>(
    (before, own) => before.flatMap((some) => own.map((tap) => [...some, tap])),
    [[]],
  );
  const parts = combinations.map((some) => {
    let index = first;
    let weight: Value | undefined;
    let inside: Value | undefined;
    some.forEach(({ place, weight: own }, axis) => {
      const at = fitted(place, axis);
      const here = and(greaterEqual(at, 0), less(at, extents[axis] ?? 0));
      inside = inside === undefined ? here : and(inside, here);
      index = add(index, mul(cast(clip(at, 0, (extents[axis] ?? 1) - 1), 'int32'), strides[axis] ?? 1));
      if (own !== undefined) weight = weight === undefined ? own : mul(weight, own);
    });
    const values = gather(rows, index);
    const weighted = weight === undefined ? values : mul(values, expandDims(weight, -1));
    return inside === undefined ? weighted : select(expandDims(inside, -1), weighted, 0);
  });
  return { parts, total: parts.reduce(add) };
}

function picturesOf(x: Value, points: number): Pictures {
  const [n = 0, channels = 0, ...extents] = x.shape;
  const size = sizeOfShape(extents);
  const rows = reshape(channelsLast(x), [n * size, channels]);
  return { rows, extents, first: mul(iota([n, points]), size) };
}

/** [n, points, channels] as [n, channels, ...shape]. */
function pointsAsPicture(x: Value, shape: readonly number[]): Value {
  const [n = 0, , channels = 0] = x.shape;
  return reshape(transpose(x, [0, 2, 1]), [n, channels, ...shape]);
}

function gridSample(node: OperatorNode): Value {
  const [x, grid] = [node.x(0), node.x(1)];
  const [n = 0, ...rest] = grid.shape;
  const out = rest.slice(0, -1);
  const points = sizeOfShape(out);
  const pictures = picturesOf(x, points);
  const given = node.text('mode', 'linear');
  const mode = given === 'nearest' ? 'nearest' : given.endsWith('cubic') ? 'cubic' : 'linear';
  const padding: Outside = node.word<Outside>('padding_mode', 'zeros', 'border', 'reflection');
  const corners = node.int('align_corners', 0) === 1;
  const flat = reshape(cast(grid, x.dtype), [n, points, pictures.extents.length]);
  const bounds = (axis: number): readonly [number, number] => {
    const extent = pictures.extents[axis] ?? 1;
    return corners ? [0, extent - 1] : [-0.5, extent - 0.5];
  };
  const turned = (place: Value, axis: number): Value => {
    if (padding === 'zeros') return place;
    const extent = pictures.extents[axis] ?? 1;
    return padding === 'border' ? clip(place, 0, extent - 1) : reflected(place, ...bounds(axis));
  };
  const taps = pictures.extents.map((extent, axis) => {
    // The last axis of the picture comes first in the grid.
    const part = pictures.extents.length - 1 - axis;
    const place = reshape(along(flat, 2, part, part + 1), [n, points]);
    const own = corners ? mul(add(place, 1), (extent - 1) / 2) : mul(sub(mul(add(place, 1), extent), 1), 0.5);
    return tapsAt(turned(own, axis), mode);
  });
  const pixel = (place: Value, axis: number) =>
    padding === 'reflection' ? floor(add(turned(place, axis), 1e-6)) : turned(place, axis);
  return pointsAsPicture(read(pictures, taps, pixel).total, out);
}

/** The places of a grid under affine maps [n, d, d + 1], the last axis first. */
function affineGrid(node: OperatorNode): Value {
  const theta = node.x(0);
  const [n = 0, , ...extents] = node.known(1);
  const corners = node.int('align_corners', 0) === 1;
  const points = sizeOfShape(extents);
  const along_ = (axis: number, i: number) => {
    const extent = extents[axis] ?? 1;
    return corners ? (extent === 1 ? -1 : -1 + (2 * i) / (extent - 1)) : -1 + (2 * i + 1) / extent;
  };
  const rank = extents.length;
  const data = tabulated(points * (rank + 1), () => 1);
  for (const p of range(points))
    extents.forEach((extent, axis) => {
      const i = Math.floor(p / sizeOfShape(extents.slice(axis + 1))) % extent;
      data[p * (rank + 1) + rank - 1 - axis] = along_(axis, i);
    });
  const places = constant({ shape: [points, rank + 1], data }, { dtype: theta.dtype });
  return reshape(matmul(places, transpose(theta, [0, 2, 1])), [n, ...extents, rank]);
}

/** Means or maxima of points within the bins of regions. Source: He et al. 2017. */
function roiAlign(node: OperatorNode): Value {
  const [x, rois] = [node.x(0), node.x(1)];
  const [, , height = 0, width = 0] = x.shape;
  const [count = 0] = rois.shape;
  const [rows, columns] = [node.int('output_height', 1), node.int('output_width', 1)];
  const shift =
    node.opset < 16 || node.text('coordinate_transformation_mode', 'half_pixel') !== 'half_pixel' ? 0 : 0.5;
  const side = (i: number) =>
    sub(mul(reshape(along(rois, 1, i, i + 1), [count]), node.float('spatial_scale', 1)), shift);
  const [left, top, right, bottom] = [side(0), side(1), side(2), side(3)];
  const span = (from: Value, to: Value) => (shift === 0 ? maximum(sub(to, from), 1) : sub(to, from));
  const [tall, wide] = [span(top, bottom), span(left, right)];
  const ratio = node.int('sampling_ratio', 0);
  const samples = (extent: 2 | 3, n: number) => {
    if (ratio > 0) return ratio;
    // Without a number of its own a bin has a point for each pixel: regions are known then.
    const known = node.known(1);
    const scale = node.float('spatial_scale', 1);
    const spans = range(count).map(
      (i) => ((known[i * 4 + extent] ?? 0) - (known[i * 4 + extent - 2] ?? 0)) * scale,
    );
    return Math.max(1, ...spans.map((own) => Math.ceil(Math.max(own, shift === 0 ? 1 : own) / n)));
  };
  const [down, across] = [samples(3, rows), samples(2, columns)];
  const points = rows * down * columns * across;
  const placesOf = (start: Value, size: Value, n: number, each: number, every: number, repeat: number) => {
    const at = tabulated(points, (p) => (Math.floor(p / repeat) % every) + 0.5);
    const share = constant({ shape: [1, points], data: at.map((i) => i / (n * each)) }, { dtype: x.dtype });
    return add(reshape(start, [count, 1]), mul(reshape(size, [count, 1]), share));
  };
  const y = placesOf(top, tall, rows, down, rows * down, columns * across);
  const across_ = placesOf(left, wide, columns, across, columns * across, 1);
  const gone = or(outsideOf(y, height), outsideOf(across_, width));
  const inside = (place: Value, extent: number) => minimum(maximum(place, 0), extent - 1);
  const size = height * width;
  const batch = mul(reshape(cast(node.x(2), 'int32'), [count, 1]), size);
  const pictures: Pictures = {
    rows: picturesOf(x, 1).rows,
    extents: [height, width],
    first: add(batch, fill(0, [count, points], 'int32')),
  };
  const taps = [tapsAt(inside(y, height), 'linear'), tapsAt(inside(across_, width), 'linear')];
  const { parts, total } = read(pictures, taps, (place, axis) =>
    clip(place, 0, (axis === 0 ? height : width) - 1),
  );
  const maxima = node.word('mode', 'avg', 'max') === 'max';
  const values = select(expandDims(gone, -1), 0, maxima ? parts.reduce(maximum) : total);
  const channels = x.shape[1] ?? 0;
  const bins = reshape(values, [count, rows, down, columns, across, channels]);
  const pooled = (maxima ? max : mean)(bins, { axis: [2, 4] });
  return transpose(pooled, [0, 3, 1, 2]);
}

function outsideOf(place: Value, extent: number): Value {
  return or(less(place, -1), less(extent, place));
}

/** A convolution whose windows read at places of their own. Source: Zhu et al. 2018. */
function deformed(node: OperatorNode): Value {
  const [x, w, offsets] = [node.x(0), node.x(1), node.x(2)];
  const [n = 0, channels = 0, ...extents] = x.shape;
  const [outputs = 0, , ...size] = w.shape;
  const rank = extents.length;
  const out = offsets.shape.slice(2);
  const [taps, places] = [sizeOfShape(size), sizeOfShape(out)];
  const groups = node.int('offset_group', 1);
  const own = reshape(offsets, [n, groups, taps, rank, places]);
  const numbers = (name: string, otherwise: number) => node.ints(name) ?? extents.map(() => otherwise);
  const [strides, dilation, pads] = [numbers('strides', 1), numbers('dilations', 1), node.ints('pads') ?? []];
  const base = (axis: number) => {
    const data = tabulated(taps * places, (i) => {
      const [tap, place] = [Math.floor(i / places), i % places];
      const k = Math.floor(tap / sizeOfShape(size.slice(axis + 1))) % (size[axis] ?? 1);
      const o = Math.floor(place / sizeOfShape(out.slice(axis + 1))) % (out[axis] ?? 1);
      return o * (strides[axis] ?? 1) - (pads[axis] ?? 0) + k * (dilation[axis] ?? 1);
    });
    return constant({ shape: [1, taps * places], data }, { dtype: x.dtype });
  };
  const mask = node.maybe(4);
  const masks = mask && reshape(mask, [n, groups, 1, taps, places]);
  const each = channels / groups;
  const columns = range(groups).map((g) => {
    const pictures = picturesOf(along(x, 1, g * each, (g + 1) * each), taps * places);
    const at = extents.map((_, axis) => {
      const moved = along(along(own, 1, g, g + 1), 3, axis, axis + 1);
      return tapsAt(add(base(axis), reshape(moved, [n, taps * places])), 'linear');
    });
    const values = pointsAsPicture(read(pictures, at, (place) => place).total, [taps, places]);
    return masks === undefined
      ? values
      : mul(values, reshape(along(masks, 1, g, g + 1), [n, 1, taps, places]));
  });
  const all = columns.length === 1 ? columns[0] : undefined;
  const joined = all ?? reshape(stacked(columns), [n, channels, taps, places]);
  const parts = node.int('group', 1);
  const grouped = reshape(joined, [n, parts, channels / parts, taps, places]);
  const kernel = reshape(w, [parts, outputs / parts, channels / parts, taps]);
  const y = reshape(einsum('ngckp,gmck->ngmp', grouped, kernel), [n, outputs, ...out]);
  const b = node.maybe(3);
  return b === undefined ? y : add(y, perChannel(b, rank + 2));
}

function stacked(columns: readonly Value[]): Value {
  return concatenate(columns, { axis: 1 });
}

/** Pictures read at places that are computed. */
export const sampling: Operators = {
  GridSample: gridSample,
  AffineGrid: needing([1], affineGrid),
  RoiAlign: roiAlign,
  DeformConv: deformed,
};
