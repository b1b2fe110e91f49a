import {
  add,
  broadcast,
  cast,
  concatenate,
  constant,
  expandDims,
  fill,
  flip,
  gather,
  iota,
  mul,
  pad,
  reshape,
  slice,
  squeeze,
  stack,
  transpose,
  type Value,
} from '@pullback/core';
import type { GraphOp, NodeAt } from './node-def.ts';

const axisIn = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

/** The places from `from` up to `to` along one axis. */
function along(x: Value, axis: number, from: number, to: number): Value {
  const [start, stop] = [x.shape.map(() => 0), [...x.shape]];
  start[axis] = from;
  stop[axis] = to;
  return slice(x, start, stop);
}

/** Places of an axis by a step, which goes backwards where it is negative. */
function stepped(
  x: Value,
  axis: number,
  { from, step, count }: { from: number; step: number; count: number },
): Value {
  const extent = x.shape[axis] ?? 0;
  const turned = step < 0 ? flip(x, axis) : x;
  const first = step < 0 ? extent - 1 - from : from;
  const size = Math.abs(step);
  const [start, stop, steps] = [x.shape.map(() => 0), [...x.shape], x.shape.map(() => 1)];
  start[axis] = count === 0 ? 0 : first;
  stop[axis] = count === 0 ? 0 : first + (count - 1) * size + 1;
  steps[axis] = size;
  return slice(turned, start, stop, steps);
}

/** x[begin:end:strides] with the bits of its masks. Source: tensorflow/core/ops/array_ops.cc, StridedSlice. */
function stridedSlice(node: NodeAt): Value {
  const { def } = node;
  const [begin, end, strides] = [node.known(1), node.known(2), node.known(3)];
  const has = (mask: string, i: number) => ((def.int(mask, 0) >> i) & 1) === 1;
  const added = begin.filter((_, i) => has('new_axis_mask', i)).length;
  let x = node.x(0);
  let axis = 0;
  const shape: number[] = [];
  const whole = (count: number) => {
    for (let i = 0; i < count; i++) shape.push(x.shape[axis++] ?? 1);
  };
  for (const [i, given] of begin.entries()) {
    if (has('ellipsis_mask', i)) whole(x.shape.length - (begin.length - added - 1));
    else if (has('new_axis_mask', i)) shape.push(1);
    else {
      const extent = x.shape[axis] ?? 0;
      const at = (n: number) => (n < 0 ? n + extent : n);
      const single = has('shrink_axis_mask', i);
      const step = single ? 1 : (strides[i] ?? 1);
      const [least, most] = step > 0 ? [0, extent] : [-1, extent - 1];
      const inside = (n: number) => Math.min(Math.max(at(n), least), most);
      const first = has('begin_mask', i) ? (step > 0 ? 0 : extent - 1) : inside(given);
      const past = has('end_mask', i) ? (step > 0 ? extent : -1) : inside(end[i] ?? 0);
      const count = Math.max(0, Math.ceil((past - first) / step));
      x = single ? along(x, axis, at(given), at(given) + 1) : stepped(x, axis, { from: first, step, count });
      if (!single) shape.push(count);
      axis++;
    }
  }
  whole(x.shape.length - axis);
  return reshape(x, shape);
}

function aroundOf(node: NodeAt): readonly (readonly [number, number])[] {
  const given = node.known(1);
  return node
    .x(0)
    .shape.map((_, axis): readonly [number, number] => [given[2 * axis] ?? 0, given[2 * axis + 1] ?? 0]);
}

function padded(node: NodeAt): Value {
  const around = aroundOf(node);
  const value = node.inputs.length > 2 ? (node.known(2)[0] ?? 0) : 0;
  return pad(node.x(0), { low: around.map(([low]) => low), high: around.map(([, high]) => high), value });
}

/** Places mirrored at each end: the last one once, or twice where the mode is SYMMETRIC. */
function mirrored(node: NodeAt): Value {
  const past = node.def.word('mode', 'REFLECT') === 'REFLECT' ? 1 : 0;
  return aroundOf(node).reduce((x, [low, high], axis) => {
    const extent = x.shape[axis] ?? 0;
    const parts = [
      ...(low > 0 ? [flip(along(x, axis, past, past + low), axis)] : []),
      x,
      ...(high > 0 ? [flip(along(x, axis, extent - past - high, extent - past), axis)] : []),
    ];
    return parts.length === 1 ? x : concatenate(parts, { axis });
  }, node.x(0));
}

function squeezed(node: NodeAt): Value {
  const x = node.x(0);
  const given = node.def.ints('squeeze_dims').map((axis) => axisIn(axis, x.shape.length));
  const gone = (extent: number, axis: number) => (given.length === 0 ? extent === 1 : given.includes(axis));
  return reshape(
    x,
    x.shape.filter((extent, axis) => !gone(extent, axis)),
  );
}

/** Parts along an axis, of the sizes that are given. */
function parts(x: Value, axis: number, sizes: readonly number[]): readonly Value[] {
  let from = 0;
  return sizes.map((size) => {
    from += size;
    return along(x, axis, from - size, from);
  });
}

function split(node: NodeAt): readonly Value[] {
  const x = node.x(1);
  const axis = axisIn(node.known(0)[0] ?? 0, x.shape.length);
  const count = node.def.int('num_split', 1);
  return parts(
    x,
    axis,
    Array.from({ length: count }, () => (x.shape[axis] ?? 0) / count),
  );
}

function splitBySizes(node: NodeAt): readonly Value[] {
  const x = node.x(0);
  const axis = axisIn(node.known(2)[0] ?? 0, x.shape.length);
  const sizes = node.known(1);
  const rest = (x.shape[axis] ?? 0) - sizes.reduce((sum, size) => sum + Math.max(0, size), 0);
  return parts(
    x,
    axis,
    sizes.map((size) => (size < 0 ? rest : size)),
  );
}

function tiled(node: NodeAt): Value {
  const x = node.x(0);
  const times = node.known(1);
  const pairs = x.shape.flatMap((extent) => [1, extent]);
  const wide = x.shape.flatMap((extent, axis) => [times[axis] ?? 1, extent]);
  return reshape(
    broadcast(reshape(x, pairs), wide),
    x.shape.map((extent, axis) => extent * (times[axis] ?? 1)),
  );
}

function sliced(node: NodeAt): Value {
  const x = node.x(0);
  const [begin, size] = [node.known(1), node.known(2)];
  const stop = x.shape.map((extent, axis) =>
    (size[axis] ?? -1) < 0 ? extent : (begin[axis] ?? 0) + (size[axis] ?? 0),
  );
  return slice(x, begin, stop);
}

function ranged(node: NodeAt): Value {
  const [[start = 0], [limit = 0], [delta = 1]] = [node.known(0), node.known(1), node.known(2)];
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  const { dtype } = node.x(0);
  return add(mul(iota([count], { dtype }), delta), start);
}

const numbersOf = (data: readonly number[]) => constant({ shape: [data.length], data }, { dtype: 'int32' });

/** Ops that move elements, and those that say shapes. */
export const shaping: Readonly<Record<string, GraphOp>> = {
  Shape: (node) => numbersOf(node.x(0).shape),
  Rank: (node) => constant(node.x(0).shape.length, { dtype: 'int32' }),
  Size: (node) =>
    constant(
      node.x(0).shape.reduce((n, extent) => n * extent, 1),
      { dtype: 'int32' },
    ),
  Reshape: (node) => reshape(node.x(0), node.known(1)),
  Transpose: (node) => transpose(node.x(0), node.known(1)),
  ExpandDims: (node) => expandDims(node.x(0), axisIn(node.known(1)[0] ?? 0, node.x(0).shape.length + 1)),
  Squeeze: squeezed,
  Pack: (node) => stack(node.inputs, { axis: axisIn(node.def.int('axis', 0), node.x(0).shape.length + 1) }),
  Unpack: (node) => {
    const x = node.x(0);
    const axis = axisIn(node.def.int('axis', 0), x.shape.length);
    return parts(x, axis, new Array<number>(x.shape[axis] ?? 0).fill(1)).map((part) => squeeze(part, axis));
  },
  ConcatV2: (node) => {
    const [axis = 0] = node.known(-1);
    return concatenate(node.inputs.slice(0, -1), { axis: axisIn(axis, node.x(0).shape.length) });
  },
  Split: split,
  SplitV: splitBySizes,
  StridedSlice: stridedSlice,
  Slice: sliced,
  Pad: padded,
  PadV2: padded,
  MirrorPad: mirrored,
  Tile: tiled,
  Fill: (node) => broadcast(node.x(1), node.known(0)),
  BroadcastTo: (node) => broadcast(node.x(0), node.known(1)),
  Range: ranged,
  ZerosLike: (node) => fill(0, node.x(0).shape, node.x(0).dtype),
  OnesLike: (node) => fill(1, node.x(0).shape, node.x(0).dtype),
  GatherV2: (node) => {
    if (node.def.int('batch_dims', 0) !== 0) throw node.unsupported('by a batch');
    const x = node.x(0);
    return gather(x, cast(node.x(1), 'int32'), { axis: axisIn(node.known(2)[0] ?? 0, x.shape.length) });
  },
};
