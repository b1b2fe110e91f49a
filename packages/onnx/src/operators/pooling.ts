import {
  abs,
  add,
  argmax,
  cast,
  constant,
  div,
  gather,
  iota,
  isFloat,
  max,
  mean,
  mul,
  ones,
  pad,
  pow,
  reshape,
  scatterAdd,
  slice,
  sub,
  sum,
  type Value,
  windows,
} from '@pullback/core';
import { int64, needing, type OperatorNode, type Operators, type Typed } from '../operator-node.ts';
import { range, sizeOfShape } from './axes.ts';
import { type Places, placesOf } from './convolution.ts';

/** The windows of a pool, with room at the end where the number of windows is rounded up. */
interface Pool extends Places {
  readonly counts: readonly number[];
  /** Places that the last window reaches beyond the padding. */
  readonly beyond: readonly number[];
}

function poolOf(node: OperatorNode): Pool {
  const extents = node.x(0).shape.slice(2);
  const size = node.ints('kernel_shape') ?? [];
  const places = placesOf(node, extents, size);
  const up = node.int('ceil_mode', 0) === 1;
  const counts = extents.map((extent, i) => {
    const [low, high] = places.padding[i] ?? [0, 0];
    const [stride = 1, reach] = [places.strides[i], ((size[i] ?? 1) - 1) * (places.dilation[i] ?? 1) + 1];
    const exact = (extent + low + high - reach) / stride + 1;
    if (!up) return Math.floor(exact);
    const count = Math.ceil(exact);
    // The last window begins in the data or its padding before.
    return (count - 1) * stride >= extent + low ? count - 1 : count;
  });
  const beyond = extents.map((extent, i) => {
    const [low, high] = places.padding[i] ?? [0, 0];
    const reach = ((size[i] ?? 1) - 1) * (places.dilation[i] ?? 1) + 1;
    return Math.max(0, ((counts[i] ?? 1) - 1) * (places.strides[i] ?? 1) + reach - extent - low - high);
  });
  return { ...places, counts, beyond };
}

/** All windows [n, c, ...counts, places of a window], with `value` in the padding. */
function windowed(
  x: Value,
  { size, strides, dilation, padding, counts, beyond }: Pool,
  value: number,
): Value {
  const axes = range(size.length, 2);
  const whole = windows(x, {
    axes,
    size,
    step: strides,
    dilation,
    padding: padding.map(([low, high], i): [number, number] => [low, high + (beyond[i] ?? 0)]),
    value,
  });
  const cut = slice(whole, [0, 0, ...counts.map(() => 0)], [...x.shape.slice(0, 2), ...counts]);
  return reshape(cut, [...x.shape.slice(0, 2), ...counts, sizeOfShape(size)]);
}

function maxPool(node: OperatorNode): readonly (Value | Typed)[] {
  const x = node.x(0);
  const pool = poolOf(node);
  const all = windowed(x, pool, isFloat(x.dtype) ? -Infinity : -(2 ** 31));
  const y = max(all, { axis: -1 });
  if (!node.wants(1)) return [y];
  return [y, int64(placesOfMaxima(node, all, pool))];
}

/** Where the maximum of each window stands in x, counted through all of x, row-major or column-major. */
function placesOfMaxima(node: OperatorNode, all: Value, { size, strides, dilation, padding }: Pool): Value {
  const { shape } = node.x(0);
  const extents = shape.slice(2);
  const columns = node.int('storage_order', 0) === 1;
  const best = argmax(all, { axis: -1 });
  const strideOf = (i: number) => sizeOfShape(columns ? extents.slice(0, i) : extents.slice(i + 1));
  // Of each place within a window its distance, as a table.
  const within = range(sizeOfShape(size)).map((place) =>
    size.reduce((far, _, i) => {
      const step = Math.floor(place / sizeOfShape(size.slice(i + 1))) % (size[i] ?? 1);
      return far + step * (dilation[i] ?? 1) * strideOf(i);
    }, 0),
  );
  const inside = gather(constant({ shape: [within.length], data: within }, { dtype: 'int32' }), best);
  const start = size.reduce<Value>((sum_, _, i) => {
    const from = sub(mul(iota(best.shape, { axis: i + 2 }), strides[i] ?? 1), padding[i]?.[0] ?? 0);
    return add(sum_, mul(from, strideOf(i)));
  }, inside);
  const [, c = 1] = shape;
  const picture = add(mul(iota(best.shape, { axis: 0 }), c), iota(best.shape, { axis: 1 }));
  return add(start, mul(picture, sizeOfShape(extents)));
}

function averagePool(node: OperatorNode): Value {
  const x = node.x(0);
  const pool = poolOf(node);
  const total = sum(windowed(x, pool, 0), { axis: -1 });
  return div(total, countsOf(node, pool));
}

/** How many places of each window count: those of the data, with the padding where that is asked for. */
function countsOf(node: OperatorNode, pool: Pool): Value {
  const x = node.x(0);
  const own = ones([1, 1, ...x.shape.slice(2)], x.dtype);
  const counted = node.int('count_include_pad', 0) === 1;
  if (!counted) return sum(windowed(own, pool, 0), { axis: -1 });
  const padding = {
    low: [0, 0, ...pool.padding.map(([low]) => Math.max(0, low))],
    high: [0, 0, ...pool.padding.map(([, high]) => Math.max(0, high))],
    value: 1,
  };
  return sum(windowed(pad(own, padding), { ...pool, padding: pool.padding.map(() => [0, 0]) }, 0), {
    axis: -1,
  });
}

/** (sum |x|^p)^(1/p) */
function lpPool(node: OperatorNode): Value {
  const p = node.int('p', 2);
  return pow(sum(pow(abs(windowed(node.x(0), poolOf(node), 0)), p), { axis: -1 }), 1 / p);
}

function spatial(x: Value): number[] {
  return range(x.shape.length - 2, 2);
}

/** The inverse of a pool of maxima: zeros, and each number at its place. */
function unpooled(node: OperatorNode): Value {
  const [x, places] = [node.x(0), node.x(1)];
  const extents = x.shape.slice(2);
  const size = node.ints('kernel_shape') ?? [];
  const strides = node.ints('strides') ?? size.map(() => 1);
  const pads = node.ints('pads') ?? size.flatMap(() => [0, 0]);
  const own = extents.map(
    (n, i) => (n - 1) * (strides[i] ?? 1) - (pads[i] ?? 0) - (pads[i + size.length] ?? 0) + (size[i] ?? 1),
  );
  const inferred = [...x.shape.slice(0, 2), ...own];
  const flat = scatterAdd(reshape(x, [-1]), reshape(cast(places, 'int32'), [-1]), {
    size: sizeOfShape(inferred),
  });
  const made = reshape(flat, inferred);
  if (!node.has(2)) return made;
  const shape = node.known(2);
  return pad(made, { high: shape.map((n, i) => n - (inferred[i] ?? 0)) });
}

/** Pools over windows and over everything. */
export const pooling: Operators = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  LpPool: lpPool,
  MaxUnpool: needing([2], unpooled),
  GlobalAveragePool: (node) => mean(node.x(0), { axis: spatial(node.x(0)), keepAxis: true }),
  GlobalMaxPool: (node) => max(node.x(0), { axis: spatial(node.x(0)), keepAxis: true }),
  GlobalLpPool: (node) => {
    const p = node.int('p', 2);
    return pow(sum(pow(abs(node.x(0)), p), { axis: spatial(node.x(0)), keepAxis: true }), 1 / p);
  },
};
