/** Row-major elements with their axes in another order. */
export function arranged(
  data: ArrayLike<number>,
  shape: readonly number[],
  axes: readonly number[],
): Float64Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((all, extent) => all * extent, 1));
  let places = [0];
  for (const axis of axes) {
    const [extent = 1, stride = 0] = [shape[axis], strides[axis]];
    places = places.flatMap((place) => Array.from({ length: extent }, (_, i) => place + i * stride));
  }
  return Float64Array.from(places, (place) => data[place] ?? Number.NaN);
}
