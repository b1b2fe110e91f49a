import {
  add,
  convolution,
  div,
  max,
  mul,
  ones,
  type Padding,
  reshape,
  sqrt,
  sub,
  sum,
  type Value,
  windows,
} from '@pullback/core';
import type { GraphOp, NodeAt } from './node-def.ts';
import { finished } from './numeric.ts';

/** How windows lie along rows and columns of images, which have channels last. */
function placesOf(node: NodeAt) {
  node.refuseChannelsFirst();
  const given = node.def.word('padding', 'VALID');
  const around = node.def.ints('explicit_paddings');
  const pair = (i: number) => [around[i] ?? 0, around[i + 1] ?? 0] as const;
  const padding: Padding = given === 'SAME' ? 'same' : given === 'VALID' ? 'valid' : [pair(2), pair(4)];
  const each = (name: string) => {
    const [, rows = 1, columns = 1] = node.def.ints(name);
    return [rows, columns];
  };
  return { strides: each('strides'), dilation: each('dilations'), padding };
}

/** A kernel [...size, inputs / groups, outputs]. */
function convolved(node: NodeAt): Value {
  const [x, kernel] = [node.x(0), node.x(1)];
  const groups = (x.shape.at(-1) ?? 0) / (kernel.shape.at(-2) ?? 1);
  return finished(node, convolution(x, kernel, { ...placesOf(node), groups }));
}

/** A kernel [...size, channels, kernels of each]. */
function byChannel(node: NodeAt): Value {
  const [x, kernel] = [node.x(0), node.x(1)];
  const [rows = 1, columns = 1, channels = 1, each = 1] = kernel.shape;
  const wide = reshape(kernel, [rows, columns, 1, channels * each]);
  return finished(node, convolution(x, wide, { ...placesOf(node), groups: channels }));
}

/** The windows of a pool, places of a window last. */
function pooled(node: NodeAt, x: Value, value: number): Value {
  const [, rows = 1, columns = 1] = node.def.ints('ksize');
  const { strides, padding } = placesOf(node);
  return windows(x, { axes: [1, 2], size: [rows, columns], step: strides, padding, value });
}

const within = { axis: [-2, -1] };

function average(node: NodeAt): Value {
  const x = node.x(0);
  const counts = sum(pooled(node, ones([1, ...x.shape.slice(1, 3), 1], x.dtype), 0), within);
  return div(sum(pooled(node, x, 0), within), counts);
}

/** (x - mean) / sqrt(variance + epsilon) scale + offset */
function normalized(node: NodeAt): Value {
  node.refuseChannelsFirst();
  if (node.def.flag('is_training')) throw node.unsupported('that trains');
  const [x, scale, offset] = [node.x(0), node.x(1), node.x(2)];
  const [mean, variance] = [node.x(3), node.x(4)];
  return add(mul(sub(x, mean), div(scale, sqrt(add(variance, node.def.float('epsilon', 1e-4))))), offset);
}

/** Ops of images. */
export const images: Readonly<Record<string, GraphOp>> = {
  Conv2D: convolved,
  _FusedConv2D: convolved,
  DepthwiseConv2dNative: byChannel,
  FusedDepthwiseConv2dNative: byChannel,
  MaxPool: (node) => max(pooled(node, node.x(0), -Infinity), within),
  AvgPool: average,
  FusedBatchNorm: normalized,
  FusedBatchNormV2: normalized,
  FusedBatchNormV3: normalized,
};
