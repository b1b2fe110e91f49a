import {
  add,
  and,
  broadcast,
  cast,
  checkCall,
  checkOptions,
  countsField,
  field,
  flip,
  floor,
  gather,
  iota,
  type Layer,
  type LayerOptions,
  layerFields,
  less,
  lessEqual,
  mul,
  reshape,
  type Scope,
  type Shape,
  ShapeError,
  select,
  sizeOf,
  slice,
  sub,
  uniform,
  type Value,
} from '@pullback/core';
import { channelsOf, expectRoom, extentsOf, imageLayer, perAxis, spatialAxes } from '../images/spatial.ts';

// Each sample is drawn for by itself. Prediction disturbs nothing.

export interface RandomFlipOptions extends LayerOptions {
  /** The last spatial axis, the one before it, or both, each by a draw of its own; 'horizontal' when left out. */
  readonly direction?: 'horizontal' | 'vertical' | 'both';
}

export const randomFlipFields = {
  ...layerFields,
  direction: field.oneOf('horizontal', 'vertical', 'both'),
};

/**
 * Images turned round along an axis with probability 1/2, while training.
 * @throws ShapeError for a vertical one of sequences.
 */
export function randomFlip(options: RandomFlipOptions = {}): Layer<readonly [Value]> {
  const { direction = 'horizontal', name } = checkOptions('randomFlip', options, randomFlipFields);
  return imageLayer('randomFlip', name, (scope, x) => {
    const axes = spatialAxes(x).slice(-2).reverse();
    const wanted = direction === 'both' ? axes : [axes[direction === 'horizontal' ? 0 : 1]];
    if (!scope.training) return x;
    return wanted.reduce<Value>((now, axis) => {
      if (axis === undefined)
        throw new ShapeError({
          got: `samples of one spatial axis`,
          expected: 'a vertical axis: two of them',
        });
      return select(less(draw(scope, perSample(now)), 0.5), flip(now, axis), now);
    }, x);
  });
}

export const randomShiftFields = {
  ...layerFields,
  places: field.needed(field.either(field.whole({ from: 0 }), field.list(field.whole({ from: 0 })))),
};

/**
 * Images moved by up to `places` along each axis, either way, all distances equally likely, while training; zeros come in from outside.
 * @throws OptionError.
 */
export function randomShift(
  places: number | readonly number[],
  options: LayerOptions = {},
): Layer<readonly [Value]> {
  checkCall('randomShift', { places }, options, randomShiftFields);
  return imageLayer('randomShift', options.name, (scope, x) => {
    const most = perAxis(places, extentsOf(x).length, 'places');
    if (!scope.training) return x;
    const starts = most.map((n) => sub(wholeBelow(scope, [x.shape[0] ?? 0], 2 * n + 1), n));
    return cutOut(x, starts, extentsOf(x));
  });
}

export const randomCropFields = { ...layerFields, size: field.needed(countsField) };

/**
 * A part of each image of extents `size`: from anywhere while training, from the middle in prediction.
 * @throws ShapeError for smaller images; OptionError.
 */
export function randomCrop(
  size: number | readonly number[],
  options: LayerOptions = {},
): Layer<readonly [Value]> {
  checkCall('randomCrop', { size }, options, randomCropFields);
  return imageLayer('randomCrop', options.name, (scope, x) => {
    const extents = extentsOf(x);
    const sizes = perAxis(size, extents.length, 'size');
    expectRoom('part', x, { size: sizes });
    const left = extents.map((extent, i) => extent - (sizes[i] ?? 0));
    const samples = x.shape[0] ?? 0;
    if (scope.training)
      return cutOut(
        x,
        left.map((n) => wholeBelow(scope, [samples], n + 1)),
        sizes,
      );
    const from = left.map((n) => n >> 1);
    return slice(x, [0, ...from], [samples, ...from.map((start, i) => start + (sizes[i] ?? 0))]);
  });
}

export const cutoutFields = { ...layerFields, size: field.needed(countsField) };

/**
 * Zeros in a part of each image of extents `size`, whose centre is anywhere in it, while training; what lies outside is left out.
 * Source: DeVries and Taylor 2017.
 * @throws OptionError.
 */
export function cutout(
  size: number | readonly number[],
  options: LayerOptions = {},
): Layer<readonly [Value]> {
  checkCall('cutout', { size }, options, cutoutFields);
  return imageLayer(
    'cutout',
    options.name,
    (scope, x) => {
      const sizes = perAxis(size, extentsOf(x).length, 'size');
      if (!scope.training) return x;
      const covered = spatialAxes(x).map((axis, i) => {
        const [extent, reach] = [x.shape[axis] ?? 0, sizes[i] ?? 1];
        const start = sub(wholeBelow(scope, perSample(x), extent), reach >> 1);
        const place = iota(alone(x, axis), { axis });
        return and(lessEqual(start, place), less(place, add(start, reach)));
      });
      return select(
        covered.reduce((all, one) => and(all, one)),
        0,
        x,
      );
    },
    'DeVries and Taylor 2017',
  );
}

/** Uniform on [0, 1), with a key of its own. */
function draw(scope: Scope, shape: Shape): Value {
  return uniform(scope.randomKey(), shape, { dtype: scope.dtype });
}

/** Whole numbers from 0 to below `count`, all equally likely, as int32. */
function wholeBelow(scope: Scope, shape: Shape, count: number): Value {
  return cast(floor(mul(draw(scope, shape), count)), 'int32');
}

/** The shape of one number for each sample. */
function perSample({ shape }: Value): Shape {
  return shape.map((extent, i) => (i === 0 ? extent : 1));
}

/** The shape of one number for each place along `axis`. */
function alone({ shape }: Value, axis: number): Shape {
  return shape.map((extent, i) => (i === axis ? extent : 1));
}

/** Of each sample the part of extents `size` that starts at its own place, int32 [n] for each axis; zeros where it lies outside. */
function cutOut(x: Value, starts: readonly Value[], size: Shape): Value {
  const [samples, extents] = [x.shape[0] ?? 0, extentsOf(x)];
  const shape = [samples, ...size];
  const along = (value: Value, axis: number) =>
    broadcast(
      reshape(
        value,
        shape.map((extent, i) => (i === axis ? extent : 1)),
      ),
      shape,
    );
  const sample = along(iota([samples]), 0);
  const placed = starts.map((start, i) => add(along(start, 0), along(iota([size[i] ?? 0]), i + 1)));
  const inside = placed.map((place, i) => and(lessEqual(0, place), less(place, extents[i] ?? 0)));
  const index = placed.reduce((whole, place, i) => add(mul(whole, extents[i] ?? 0), place), sample);
  // An index outside reads 0.
  const read = select(
    inside.reduce((all, one) => and(all, one)),
    index,
    -1,
  );
  return gather(reshape(x, [samples * sizeOf(extents), channelsOf(x)]), read);
}
