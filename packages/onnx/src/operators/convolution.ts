import {
  add,
  cast,
  convolutionTranspose,
  convolution as convolved,
  fold,
  isFloat,
  pad,
  reshape,
  round,
  transpose,
  type Value,
} from '@pullback/core';
import { needing, type OperatorNode, type Operators } from '../operator-node.ts';
import { range, sizeOfShape } from './axes.ts';

/** How windows lie along the spatial axes. */
export interface Places {
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
}

/** The windows that a node's attributes say, over `extents`. */
export function placesOf(node: OperatorNode, extents: readonly number[], size: readonly number[]): Places {
  const each = (name: string) => node.ints(name) ?? extents.map(() => 1);
  const [strides, dilation] = [each('strides'), each('dilations')];
  const pads = node.ints('pads') ?? extents.flatMap(() => [0, 0]);
  const auto = node.word('auto_pad', 'NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER');
  const padding = extents.map((extent, i): readonly [number, number] => {
    if (auto === 'VALID') return [0, 0];
    if (auto === 'NOTSET') return [pads[i] ?? 0, pads[i + extents.length] ?? 0];
    const [stride = 1, reach] = [strides[i], ((size[i] ?? 1) - 1) * (dilation[i] ?? 1) + 1];
    const total = Math.max(0, (Math.ceil(extent / stride) - 1) * stride + reach - extent);
    const less = total >> 1;
    return auto === 'SAME_UPPER' ? [less, total - less] : [total - less, less];
  });
  return { size, strides, dilation, padding };
}

/** The convolution of x [n, channels, ...] with w [outputs, channels / groups, ...size]. */
export function convolve(node: OperatorNode, x: Value, w: Value): Value {
  if (!isFloat(x.dtype)) return cast(round(convolve(node, cast(x, 'float64'), cast(w, 'float64'))), 'int32');
  const { strides, dilation, padding } = placesOf(node, x.shape.slice(2), w.shape.slice(2));
  const groups = node.int('group', 1);
  return convolved(x, w, { strides, dilation, padding, groups, channels: 'first' });
}

/** `b` for each channel of y [n, channels, ...]. */
export function perChannel(b: Value, rank: number): Value {
  return reshape(b, [1, -1, ...range(rank - 2).map(() => 1)]);
}

function withBias(y: Value, b: Value | undefined): Value {
  return b === undefined ? y : add(y, perChannel(b, y.shape.length));
}

/** w [inputs, outputs / groups, ...size]: the kernel of the convolution that this is the transpose of. */
function transposed(node: OperatorNode): Value {
  const [x, w] = [node.x(0), node.x(1)];
  const counts = x.shape.slice(2);
  const size = w.shape.slice(2);
  const each = (name: string) => node.ints(name) ?? counts.map(() => 1);
  const [strides, dilation] = [each('strides'), each('dilations')];
  const more = node.ints('output_padding') ?? counts.map(() => 0);
  const asked = node.ints('output_shape')?.slice(-counts.length);
  const pads = node.ints('pads') ?? counts.flatMap(() => [0, 0]);
  const auto = node.word('auto_pad', 'NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER');
  const same = auto === 'SAME_UPPER' || auto === 'SAME_LOWER';
  const full = counts.map(
    (count, i) =>
      (strides[i] ?? 1) * (count - 1) + (more[i] ?? 0) + ((size[i] ?? 1) - 1) * (dilation[i] ?? 1) + 1,
  );
  const padding = counts.map((count, i): [number, number] => {
    if (asked === undefined && !same)
      return auto === 'VALID' ? [0, 0] : [pads[i] ?? 0, pads[i + counts.length] ?? 0];
    const total = (full[i] ?? 0) - (asked?.[i] ?? count * (strides[i] ?? 1));
    const half = Math.floor(total / 2);
    return auto === 'SAME_UPPER' ? [half, total - half] : [total - half, half];
  });
  const groups = node.int('group', 1);
  const inside = padding.map(([low, high]): [number, number] => [Math.max(0, low), Math.max(0, high)]);
  const extents = full.map((n, i) => n - (inside[i]?.[0] ?? 0) - (inside[i]?.[1] ?? 0));
  const y = convolutionTranspose(x, w, {
    strides,
    dilation,
    groups,
    channels: 'first',
    extents,
    padding: inside,
  });
  const around = {
    low: [0, 0, ...padding.map(([low]) => Math.max(0, -low))],
    high: [0, 0, ...padding.map(([, high]) => Math.max(0, -high))],
  };
  return withBias(pad(y, around), node.maybe(2));
}

/** Columns [n, channels x places of a window, windows] added to where they were read from. */
function columnsToImage(node: OperatorNode): Value {
  const x = node.x(0);
  const [extents, size] = [node.known(1), node.known(2)];
  const { strides, dilation, padding } = placesOf(node, extents, size);
  const counts = extents.map((extent, i) => {
    const [low, high] = padding[i] ?? [0, 0];
    const reach = ((size[i] ?? 1) - 1) * (dilation[i] ?? 1) + 1;
    return Math.floor((extent + low + high - reach) / (strides[i] ?? 1)) + 1;
  });
  const [n = 0, columns = 0] = x.shape;
  const channels = columns / sizeOfShape(size);
  const parts = reshape(x, [n, channels, ...size, ...counts]);
  const rank = size.length;
  const windowed = transpose(parts, [0, 1, ...range(rank, 2 + rank), ...range(rank, 2)]);
  return fold(windowed, {
    axes: range(rank, 2),
    size,
    step: strides,
    dilation,
    padding,
    extents,
  });
}

/** Convolutions over any number of axes. */
export const convolution: Operators = {
  Conv: (node) => withBias(convolve(node, node.x(0), node.x(1)), node.maybe(2)),
  ConvTranspose: transposed,
  Col2Im: needing([1, 2], columnsToImage),
};
