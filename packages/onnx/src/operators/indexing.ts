import {
  add,
  and,
  argmax,
  broadcast,
  cast,
  DataError,
  equal,
  expandDims,
  fill,
  formatShape,
  gather,
  iota,
  isFloat,
  less,
  lessEqual,
  max,
  maximum,
  min,
  minimum,
  mul,
  or,
  reshape,
  ShapeError,
  scatterAdd,
  select,
  sub,
  sum,
  transpose,
  type Value,
} from '@pullback/core';
import { int64, needing, type OperatorNode, type Operators, type Typed } from '../operator-node.ts';
import { along, axisOf, range, sizeOfShape, withExtent } from './axes.ts';

/** Indices from 0 up: negative ones count from the end. */
export function wrapped(indices: Value, extent: number): Value {
  const whole = cast(indices, 'int32');
  return select(less(whole, 0), add(whole, extent), whole);
}

/** Numbers of any dtype by index: bools are gathered as they are. */
function gathered(node: OperatorNode): Value {
  const x = node.x(0);
  const axis = axisOf(node.int('axis', 0), x.shape.length);
  return gather(x, wrapped(node.x(1), x.shape[axis] ?? 0), { axis });
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, i) => sizeOfShape(shape.slice(i + 1)));
}

/** The places in a row-major array of `shape` that indices along one axis stand for, each at its own place along the others. */
function placesAlong(indices: Value, shape: readonly number[], axis: number): Value {
  const strides = stridesOf(shape);
  return shape.reduce<Value>(
    (sum_, _, i) => {
      if (i === axis) return sum_;
      return add(sum_, mul(iota(indices.shape, { axis: i }), strides[i] ?? 1));
    },
    mul(wrapped(indices, shape[axis] ?? 0), strides[axis] ?? 1),
  );
}

export function gatherElements(x: Value, indices: Value, axis: number): Value {
  return gather(reshape(x, [-1]), placesAlong(indices, x.shape, axis));
}

/** The places of blocks that rows of indices [..., k] name, behind `batch` axes that both have. */
function placesOfBlocks(indices: Value, shape: readonly number[], batch: number): Value {
  const k = indices.shape.at(-1) ?? 0;
  const own = shape.slice(0, batch + k);
  const strides = stridesOf(own);
  const outer = indices.shape.slice(0, -1);
  const parts = range(k).map((i) => {
    const part = reshape(along(indices, outer.length, i, i + 1), outer);
    return mul(wrapped(part, own[batch + i] ?? 0), strides[batch + i] ?? 1);
  });
  const among = range(batch).map((i) => mul(iota(outer, { axis: i }), strides[i] ?? 1));
  const all = [...parts, ...among];
  return all.length === 0 ? fill(0, outer, 'int32') : all.reduce(add);
}

function gatherND(node: OperatorNode): Value {
  const [x, indices] = [node.x(0), node.x(1)];
  const batch = node.int('batch_dims', 0);
  const k = indices.shape.at(-1) ?? 0;
  const blocks = reshape(x, [sizeOfShape(x.shape.slice(0, batch + k)), ...x.shape.slice(batch + k)]);
  return gather(blocks, placesOfBlocks(indices, x.shape, batch));
}

type Scattering = 'none' | 'add' | 'mul' | 'min' | 'max';

/** `rows` [n, ...] with `updates` [places, ...] put in, or combined with what stands there. */
function scattered(rows: Value, places: Value, updates: Value, how: Scattering): Value {
  const [n = 0] = rows.shape;
  const flat = reshape(places, [-1]);
  const news = reshape(updates, [flat.shape[0] ?? 0, ...rows.shape.slice(1)]);
  if (sizeOfShape(news.shape) === 0) return rows;
  const numbers = rows.dtype === 'bool' ? cast(news, 'int32') : news;
  const counted = scatterAdd(fill(1, flat.shape, 'int32'), flat, { size: n });
  const touched = reshape(less(0, counted), [n, ...rows.shape.slice(1).map(() => 1)]);
  if (how === 'none') return select(touched, cast(scatterAdd(numbers, flat, { size: n }), rows.dtype), rows);
  if (how === 'add') return add(rows, scatterAdd(numbers, flat, { size: n }));
  return combined(rows, flat, news, how);
}

/** Of each row its own number and those of all updates that name it, as products, minima or maxima: all pairs of rows and updates are looked at. */
function combined(rows: Value, places: Value, updates: Value, how: 'mul' | 'min' | 'max'): Value {
  const [n = 0, ...rest] = rows.shape;
  const [m = 0] = updates.shape;
  const pairs = [n, m, ...rest];
  const named = equal(iota([n, m], { axis: 0 }), broadcast(reshape(places, [1, m]), [n, m]));
  const where = reshape(named, [n, m, ...rest.map(() => 1)]);
  const spread = broadcast(reshape(updates, [1, m, ...rest]), pairs);
  if (how === 'mul')
    return range(m).reduce((now, i) => {
      const update = reshape(along(updates, 0, i, i + 1), [1, ...rest]);
      const here = reshape(along(where, 1, i, i + 1), [n, ...rest.map(() => 1)]);
      return select(here, mul(now, update), now);
    }, rows);
  const nothing = isFloat(rows.dtype) ? Infinity : 2 ** 31 - 1;
  if (how === 'min') return minimum(rows, min(select(where, spread, nothing), { axis: 1 }));
  return maximum(rows, max(select(where, spread, isFloat(rows.dtype) ? -Infinity : -(2 ** 31)), { axis: 1 }));
}

function scatterElements(node: OperatorNode): Value {
  const [x, indices, updates] = [node.x(0), node.x(1), node.x(2)];
  const axis = axisOf(node.int('axis', 0), x.shape.length);
  const how = node.word<Scattering>('reduction', 'none', 'add', 'mul', 'min', 'max');
  const places = placesAlong(indices, x.shape, axis);
  return reshape(scattered(reshape(x, [-1]), places, updates, how), x.shape);
}

function scatterND(node: OperatorNode): Value {
  const [x, indices, updates] = [node.x(0), node.x(1), node.x(2)];
  const k = indices.shape.at(-1) ?? 0;
  const how = node.word<Scattering>('reduction', 'none', 'add', 'mul', 'min', 'max');
  const rows = reshape(x, [sizeOfShape(x.shape.slice(0, k)), ...x.shape.slice(k)]);
  return reshape(scattered(rows, placesOfBlocks(indices, x.shape, 0), updates, how), x.shape);
}

/** Sequences written into a cache from the place of each sample on. */
function tensorScatter(node: OperatorNode): Value {
  const [past, update] = [node.x(0), node.x(1)];
  const axis = axisOf(node.int('axis', -2), past.shape.length);
  const [n = 0] = past.shape;
  const [extent = 0, length = 0] = [past.shape[axis], update.shape[axis]];
  const from = node.has(2) ? cast(node.x(2), 'int32') : fill(0, [n], 'int32');
  const circular = node.word('mode', 'linear', 'circular') === 'circular';
  const shape = update.shape;
  const start = broadcast(reshape(from, [n, ...shape.slice(1).map(() => 1)]), shape);
  const place = add(start, iota(shape, { axis }));
  const round = circular ? select(lessEqual(extent, place), sub(place, extent), place) : place;
  if (length > extent)
    throw new ShapeError({
      got: formatShape(shape),
      expected: `at most ${extent} places along axis ${axis}`,
    });
  return reshape(
    scattered(reshape(past, [-1]), placesAlong(round, past.shape, axis), update, 'none'),
    past.shape,
  );
}

/** The k largest or smallest along an axis in order, by the rank of each: how many stand before it. */
function topK(node: OperatorNode): readonly (Value | Typed)[] {
  const x = node.x(0);
  const axis = axisOf(node.int('axis', -1), x.shape.length);
  const k = node.has(1) ? (node.known(1)[0] ?? 0) : node.int('k', 1);
  const order = [...range(x.shape.length).filter((i) => i !== axis), axis];
  const rows = transpose(x, order);
  const { values, places } = ordered(rows, k, node.int('largest', 1) === 1);
  const back = range(order.length).map((i) => order.indexOf(i));
  return [transpose(values, back), int64(transpose(places, back))];
}

/** Along the last axis: element i stands before j where it is larger, or equal and earlier. */
export function ordered(
  x: Value,
  k: number,
  largest: boolean,
): { readonly values: Value; readonly places: Value } {
  const n = x.shape.at(-1) ?? 0;
  const outer = x.shape.slice(0, -1);
  if (k > n) throw new DataError({ got: `the first ${k} of ${n}`, expected: `at most ${n}` });
  const square = [...outer, n, n];
  const [one, other] = [broadcast(expandDims(x, -1), square), broadcast(expandDims(x, -2), square)];
  const [i, j] = [iota(square, { axis: -2 }), iota(square, { axis: -1 })];
  const ahead = largest ? less(one, other) : less(other, one);
  const before = or(ahead, and(equal(one, other), less(j, i)));
  const rank = sum(cast(before, 'int32'), { axis: -1 });
  const wide = [...outer, k, n];
  const chosen = equal(iota(wide, { axis: -2 }), broadcast(expandDims(rank, -2), wide));
  const places = sum(select(chosen, iota(wide, { axis: -1 }), 0), { axis: -1 });
  return { values: sum(select(chosen, broadcast(expandDims(x, -2), wide), 0), { axis: -1 }), places };
}

function oneHots(node: OperatorNode): Typed {
  const [indices, values] = [node.x(0), node.x(2)];
  const depth = node.known(1)[0] ?? 0;
  const axis = axisOf(node.int('axis', -1), indices.shape.length + 1);
  const shape = [...indices.shape.slice(0, axis), depth, ...indices.shape.slice(axis)];
  const whole = cast(indices, 'int32');
  const on = equal(iota(shape, { axis }), broadcast(expandDims(wrapped(whole, depth), axis), shape));
  const value = (i: number) => reshape(along(values, 0, i, i + 1), []);
  return { value: select(on, value(1), value(0)), type: node.type(2) };
}

/** The first places of each sample in the other order, as many as its length says. */
function reverseSequence(node: OperatorNode): Value {
  const [x, lengths] = [node.x(0), cast(node.x(1), 'int32')];
  const [batch, time] = [node.int('batch_axis', 1), node.int('time_axis', 0)];
  const place = iota(x.shape, { axis: time });
  const own = withExtent(
    x.shape.map(() => 1),
    batch,
    x.shape[batch] ?? 1,
  );
  const length = broadcast(reshape(lengths, own), x.shape);
  const turned = select(less(place, length), sub(sub(length, 1), place), place);
  return gatherElements(x, turned, time);
}

/** 1 at the first maximum along an axis; before version 13 of all axes from it on. */
function hardmax(node: OperatorNode): Value {
  const x = node.x(0);
  const flat = node.opset < 13;
  const axis = axisOf(node.int('axis', flat ? 1 : -1), x.shape.length);
  const rows = flat ? reshape(x, [sizeOfShape(x.shape.slice(0, axis)), sizeOfShape(x.shape.slice(axis))]) : x;
  const along_ = flat ? 1 : axis;
  const top = argmax(rows, { axis: along_, keepAxis: true });
  const on = equal(iota(rows.shape, { axis: along_ }), broadcast(top, rows.shape));
  return reshape(cast(on, x.dtype), x.shape);
}

/** Elements by place, and what puts elements to places. */
export const indexing: Operators = {
  Gather: gathered,
  GatherElements: (node) =>
    gatherElements(node.x(0), node.x(1), axisOf(node.int('axis', 0), node.x(0).shape.length)),
  GatherND: gatherND,
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  TensorScatter: tensorScatter,
  TopK: needing([1], topK),
  OneHot: needing([1], oneHots),
  ReverseSequence: reverseSequence,
  Hardmax: hardmax,
};
