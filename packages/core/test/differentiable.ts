import type { TensorLike, Value } from '@pullback/core';
import * as p from '@pullback/core';

export const f64 = { dtype: 'float64' } as const;
export const S = [
  [0.3, -1.2],
  [0.7, 0.45],
];
const P = [
  [0.4, 1.3],
  [2.2, 0.9],
];
const R = [
  [0.3, -1.2, 2.1],
  [0.7, 0.45, -0.6],
];
const index = () => p.constant(Int32Array.of(1, 0, 1));

/** Every differentiable op as a function of float64 inputs, at points where it is smooth; always with a square shape. */
export const differentiable: Record<string, [(...x: Value[]) => Value, ...(readonly TensorLike[])]> = {
  neg: [p.neg, S],
  add: [p.add, S, [0.1, 0.2]],
  sub: [p.sub, S, [[0.1], [0.2]]],
  mul: [p.mul, S, P],
  'mul by a scalar': [p.mul, S, 3],
  div: [p.div, S, P],
  mod: [p.mod, S, P],
  abs: [p.abs, S],
  square: [p.square, S],
  sqrt: [p.sqrt, P],
  exp: [p.exp, S],
  expm1: [p.expm1, S],
  log: [p.log, P],
  log1p: [p.log1p, P],
  tanh: [p.tanh, S],
  sin: [p.sin, S],
  cos: [p.cos, S],
  erf: [p.erf, S],
  maximum: [p.maximum, S, P],
  minimum: [p.minimum, S, P],
  select: [(a, b) => p.select(p.less(a, 0.4), a, b), S, P],
  'cast to float64': [(a) => p.cast(a, 'float64'), S],
  'sum over all': [(a) => p.sum(a), S],
  'sum over rows': [(a) => p.sum(a, { axis: 0 }), S],
  'sum over columns, kept': [(a) => p.sum(a, { axis: 1, keepAxis: true }), S],
  'max over rows': [(a) => p.max(a, { axis: 0 }), S],
  'min over all': [(a) => p.min(a), S],
  reshape: [(a) => p.reshape(a, [3, -1]), R],
  'transpose of a square': [(a) => p.transpose(a), S],
  'transpose of rank 3': [(a) => p.transpose(p.reshape(a, [1, 2, 3]), [2, 0, 1]), R],
  broadcast: [(a) => p.broadcast(a, [2, 2, 2]), S],
  'broadcast of a column': [(a) => p.broadcast(a, [2, 3]), [[1.5], [2]]],
  slice: [(a) => p.slice(a, [0, 1], [2, 3], [1, 2]), R],
  'slice from the end': [(a) => p.slice(a, [-1]), R],
  pad: [(a) => p.pad(a, { low: [1, 0], high: [0, 2], between: [1, 1], value: 7 }), S],
  flip: [(a) => p.flip(a, 1), S],
  concatenate: [(a, b) => p.concatenate([a, b, a]), S, P],
  stack: [(a, b) => p.stack([a, b], { axis: 1 }), S, P],
  'matmul, square': [p.matmul, S, P],
  'matmul, batched and broadcast': [
    (a, b) => p.matmul(p.reshape(a, [3, 2, 1]), p.reshape(b, [1, 2])),
    R,
    [1, 2],
  ],
  'matrix times vector': [p.matmul, R, [1, 2, 3]],
  'vector times matrix': [p.matmul, [1, 2], R],
  'gather rows': [(a) => p.gather(a, index()), S],
  'gather columns': [(a) => p.gather(a, index(), { axis: 1 }), S],
  scatterAdd: [(a) => p.scatterAdd(a, index(), { axis: 1, size: 2 }), R],
  windows: [
    (a) =>
      p.windows(a, {
        axes: [1, 0],
        size: [2, 1],
        step: 2,
        padding: [
          [1, 0],
          [0, 1],
        ],
      }),
    R,
  ],
  'windows with dilation': [(a) => p.windows(p.reshape(a, [6]), { axes: [0], size: 2, dilation: 3 }), R],
  fold: [(a) => p.fold(p.reshape(a, [3, 2]), { axes: [0], size: 2, step: 1, extents: [4] }), R],
  'fold with padding': [
    (a) => p.fold(p.reshape(a, [3, 2]), { axes: [0], size: 2, step: 2, padding: [[1, 0]], extents: [6] }),
    R,
  ],
  convolution: [
    (x, w) => p.convolution(p.reshape(x, [1, 3, 2, 1]), p.reshape(w, [2, 1, 1, 2]), { padding: 'same' }),
    R,
    S,
  ],
  'convolution with strides and dilation': [
    (x, w) =>
      p.convolution(p.reshape(x, [2, 3, 1]), p.reshape(w, [2, 1, 2]), {
        strides: 2,
        dilation: 2,
        padding: [[3, 1]],
      }),
    R,
    S,
  ],
  'convolution in groups': [
    (x, w) => p.convolution(p.reshape(x, [3, 1, 2]), p.reshape(w, [1, 1, 4]), { groups: 2 }),
    R,
    S,
  ],
  'convolution in groups of two': [
    (x, w) => p.convolution(p.reshape(x, [2, 4]), p.reshape(w, [1, 2, 2]), { groups: 2 }),
    [1, 2, 3, 4, -1, 0.5, 2.5, 0.3],
    S,
  ],
  'convolution with channels first': [
    (x, w) =>
      p.convolution(p.reshape(x, [2, 3]), p.reshape(w, [1, 2, 2]), { padding: 'same', channels: 'first' }),
    R,
    S,
  ],
  convolutionTranspose: [
    (y, w) =>
      p.convolutionTranspose(p.reshape(y, [1, 3, 2]), p.reshape(w, [2, 1, 2]), {
        strides: 2,
        padding: [[1, 0]],
        extents: [6],
      }),
    R,
    S,
  ],
  barrier: [p.barrier, S],
  sigmoid: [p.sigmoid, S],
  softplus: [p.softplus, S],
  logSigmoid: [p.logSigmoid, S],
  relu: [p.relu, S],
  'softmax, square': [(a) => p.softmax(a), S],
  'softmax along columns': [(a) => p.softmax(a, { axis: 0 }), S],
  'logSoftmax, square': [(a) => p.logSoftmax(a), S],
  'logSoftmax along columns': [(a) => p.logSoftmax(a, { axis: 0 }), S],
  logSumExp: [(a) => p.logSumExp(a), S],
  mean: [(a) => p.mean(a, { axis: 0 }), S],
  variance: [(a) => p.variance(a, { axis: 1, correction: 1 }), R],
  standardDeviation: [(a) => p.standardDeviation(a, { axis: -1 }), S],
  norm: [(a) => p.norm(a, { axis: -1 }), S],
  globalNorm: [(a, b) => p.broadcast(p.globalNorm([a, b]), [2, 2]), S, P],
  distance: [(a, b) => p.distance(a, b), S, P],
  clip: [(a) => p.clip(a, -1, 0.5), S],
  reciprocal: [p.reciprocal, P],
  'pow 3 of a negative': [(a) => p.pow(a, 3), S],
  'pow -2': [(a) => p.pow(a, -2), P],
  'pow 1.7': [(a) => p.pow(a, 1.7), P],
  'pow of a Value': [p.pow, P, P],
  'pow of a negative and whole Values': [
    (a) =>
      p.pow(
        a,
        p.constant(
          [
            [2, 3],
            [-1, 4],
          ],
          f64,
        ),
      ),
    S,
  ],
  'pow of a Value at p = 0': [
    p.pow,
    P,
    [
      [0, 0],
      [1, 0],
    ],
  ],
  'pow of a number': [(b) => p.pow(p.fill(2.5, [2, 2], 'float64'), b), S],
  foldIn: [
    (a) =>
      p.mul(
        a,
        p.uniform(p.foldIn(p.constant(Int32Array.of(1, 2)), p.constant(3, { dtype: 'int32' })), [2, 2], f64),
      ),
    S,
  ],
};

/** Weighted with numbers that have no symmetry, so that a transposed or summed gradient cannot pass. */
export function weighted(y: Value): Value {
  const weights = Float64Array.from({ length: p.sizeOf(y.shape) }, (_, i) => Math.sin(1 + 1.7 * i) + 0.3);
  return p.sum(p.mul(y, p.constant({ shape: y.shape, data: weights })));
}
