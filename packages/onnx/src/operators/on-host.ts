import { constant, gather, reshape, type Tensor, type Value } from '@pullback/core';
import { int64, needing, type OperatorNode, type Operators, type Typed } from '../operator-node.ts';
import { axisOf, range, sizeOfShape } from './axes.ts';

function longs(shape: readonly number[], data: readonly number[]): Typed {
  return int64(constant({ shape, data: [...data] }, { dtype: 'int32' }));
}

/** The places [rank, n] of what is not zero, in row-major order. */
function nonZero(node: OperatorNode): Typed {
  const { shape, data } = node.tensor(0);
  const places = range(data.length).filter((i) => data[i] !== 0);
  const axes = shape.length === 0 ? [0] : range(shape.length);
  const along = (axis: number) => (i: number) =>
    Math.floor(i / sizeOfShape(shape.slice(axis + 1))) % (shape[axis] ?? 1);
  return longs(
    [axes.length, places.length],
    axes.flatMap((axis) => places.map(along(axis))),
  );
}

/** The slices of which a condition holds. */
function compress(node: OperatorNode): Value {
  const axis = node.int('axis');
  const x = axis === undefined ? reshape(node.x(0), [-1]) : node.x(0);
  const at = axis === undefined ? 0 : axisOf(axis, x.shape.length);
  const kept = node.known(1).flatMap((holds, i) => (holds !== 0 && i < (x.shape[at] ?? 0) ? [i] : []));
  return gather(x, constant({ shape: [kept.length], data: kept }, { dtype: 'int32' }), { axis: at });
}

/** Slices along an axis, or elements, each once: with the first place of each, the number of each slice, and how often it stands. */
function unique(node: OperatorNode): readonly (Value | Typed)[] {
  const { shape, data } = node.tensor(0);
  const given = node.int('axis');
  const axis = given === undefined ? 0 : axisOf(given, shape.length);
  const own = given === undefined ? [data.length] : shape;
  const [n = 0, inner] = [own[axis], sizeOfShape(own.slice(axis + 1))];
  const outer = sizeOfShape(own.slice(0, axis));
  const slice = (i: number) =>
    range(outer * inner).map((p) => data[(Math.floor(p / inner) * n + i) * inner + (p % inner)] ?? 0);
  const slices = range(n).map(slice);
  const first: number[] = [];
  const numbers: number[] = [];
  slices.forEach((one, i) => {
    const known = first.findIndex((at) =>
      slices[at]?.every((v, k) => v === one[k] || (Number.isNaN(v) && Number.isNaN(one[k]))),
    );
    numbers[i] = known < 0 ? first.length : known;
    if (known < 0) first.push(i);
  });
  const order = range(first.length);
  if (node.int('sorted', 1) === 1)
    order.sort((a, b) => compared(slices[first[a] ?? 0], slices[first[b] ?? 0]));
  const rank = new Map(order.map((old, now) => [old, now]));
  const places = order.map((old) => first[old] ?? 0);
  const x = given === undefined ? reshape(node.x(0), [-1]) : node.x(0);
  const y = gather(x, constant({ shape: [places.length], data: places }, { dtype: 'int32' }), { axis });
  const counts = order.map((old) => numbers.filter((number) => number === old).length);
  return [
    { value: y, type: node.type(0) },
    longs([places.length], places),
    longs(
      [n],
      numbers.map((number) => rank.get(number) ?? 0),
    ),
    longs([counts.length], counts),
  ];
}

function compared(a: readonly number[] = [], b: readonly number[] = []): number {
  const at = a.findIndex((v, i) => v !== b[i]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

interface Box {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

function boxOf(boxes: Tensor, at: number, centered: boolean): Box {
  const [a = 0, b = 0, c = 0, d = 0] = range(4).map((i) => boxes.data[at * 4 + i] ?? 0);
  if (centered) return { left: a - c / 2, right: a + c / 2, top: b - d / 2, bottom: b + d / 2 };
  return { top: Math.min(a, c), bottom: Math.max(a, c), left: Math.min(b, d), right: Math.max(b, d) };
}

/** The part that two boxes share of what they cover together. */
function overlap(a: Box, b: Box): number {
  const shared =
    Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) *
    Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  const area = ({ left, right, top, bottom }: Box) => (right - left) * (bottom - top);
  const all = area(a) + area(b) - shared;
  return all > 0 ? shared / all : 0;
}

/** Of each class the boxes of the best scores, without those that overlap a better one: [batch, class, box] each. */
function nonMaximum(node: OperatorNode): Typed {
  const [boxes, scores] = [node.tensor(0), node.tensor(1)];
  const [batches = 0, classes = 0, count = 0] = scores.shape;
  const number = (i: number, otherwise: number) =>
    node.has(i) ? (node.known(i)[0] ?? otherwise) : otherwise;
  const [most, threshold, least] = [number(2, 0), number(3, 0), number(4, -Infinity)];
  const centered = node.int('center_point_box', 0) === 1;
  const chosen: number[] = [];
  for (const batch of range(batches))
    for (const one of range(classes)) {
      const score = (i: number) => scores.data[(batch * classes + one) * count + i] ?? 0;
      const kept: number[] = [];
      const order = range(count).filter((i) => score(i) > least || least === -Infinity);
      for (const i of order.sort((a, b) => score(b) - score(a))) {
        if (kept.length >= most) break;
        const own = boxOf(boxes, batch * count + i, centered);
        if (kept.every((k) => overlap(boxOf(boxes, batch * count + k, centered), own) <= threshold))
          kept.push(i);
      }
      chosen.push(...kept.flatMap((i) => [batch, one, i]));
    }
  return longs([chosen.length / 3, 3], chosen);
}

/** Operators whose results have shapes that follow from numbers: their inputs are known when the graph is built. */
export const onHost: Operators = {
  NonZero: { make: nonZero, known: 'all', onHost: true },
  Unique: { make: unique, known: 'all', onHost: true },
  NonMaxSuppression: { make: nonMaximum, known: 'all', onHost: true },
  Compress: needing([1], compress),
};
