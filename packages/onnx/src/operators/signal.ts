import {
  add,
  cast,
  concatenate,
  constant,
  einsum,
  expandDims,
  moveAxis,
  mul,
  pad,
  reshape,
  sub,
  type Value,
  windows,
} from '@pullback/core';
import { dtypeFor, typeOfCode } from '../element-types.ts';
import { needing, type OperatorNode, type Operators, type Typed } from '../operator-node.ts';
import { along, axisOf, range, tabulated } from './axes.ts';

/** A window of n places, made on the host: a sum of cosines. */
function windowOf(of: (place: number, n: number) => number) {
  return (node: OperatorNode): Typed => {
    const size = node.known(0)[0] ?? 0;
    const n = node.int('periodic', 1) === 1 ? size : size - 1;
    const type = typeOfCode(node.int('output_datatype', 1), node.proto.opType);
    const data = tabulated(size, (i) => of(i, n));
    return { value: constant({ shape: [size], data }, { dtype: dtypeFor(type, node.around.floats) }), type };
  };
}

const turn = 2 * Math.PI;

/** cos and sin of 2 pi i k / n, [rows, columns]. */
function waves(rows: number, columns: number, n: number, dtype: Value['dtype']): readonly [Value, Value] {
  const table = (f: (angle: number) => number) =>
    constant(
      {
        shape: [rows, columns],
        data: tabulated(rows * columns, (i) => {
          const [row, column] = [Math.floor(i / columns), i % columns];
          return f((turn * ((row * column) % n)) / n);
        }),
      },
      { dtype },
    );
  return [table(Math.cos), table(Math.sin)];
}

interface Transform {
  readonly length: number;
  readonly inverse: boolean;
  readonly onesided: boolean;
}

/** The discrete Fourier transform of [..., n, 1 or 2] along the last axis but one, as two products with cosines and sines. */
function transformed(x: Value, { length, inverse, onesided }: Transform): Value {
  const n = x.shape.at(-2) ?? 0;
  const rank = x.shape.length;
  const axis = rank - 2;
  const missing = x.shape.map((_, i) => (i === axis ? Math.max(0, length - n) : 0));
  const fitting = pad(along(x, axis, 0, Math.min(n, length)), { high: missing });
  const component = (i: number): Value =>
    reshape(along(fitting, rank - 1, i, i + 1), fitting.shape.slice(0, -1));
  const real = component(0);
  const imaginary = fitting.shape.at(-1) === 2 ? component(1) : undefined;
  const count = onesided ? Math.floor(length / 2) + 1 : length;
  const [cosines, sines] = waves(length, count, length, x.dtype);
  const letters = [...'abcdefgh'].slice(0, rank - 2).join('');
  const by = (a: Value, table: Value) => einsum(`${letters}n,nk->${letters}k`, a, table);
  const [cosine, sine] = [by(real, cosines), by(real, sines)];
  const sign = inverse ? 1 : -1;
  const [re, im] =
    imaginary === undefined
      ? [cosine, mul(sign, sine)]
      : [sub(cosine, mul(sign, by(imaginary, sines))), add(mul(sign, sine), by(imaginary, cosines))];
  const both = concatenate([expandDims(re, -1), expandDims(im, -1)], { axis: -1 });
  return inverse ? mul(both, 1 / length) : both;
}

/** The real numbers whose one-sided transform is given: the other side is its mirror image. */
function backToReal(x: Value, length: number): Value {
  const rank = x.shape.length;
  const half = Math.floor(length / 2) + 1;
  const missing = x.shape.map((_, i) => (i === rank - 2 ? Math.max(0, half - (x.shape[i] ?? 0)) : 0));
  const fitting = pad(along(x, rank - 2, 0, Math.min(half, x.shape.at(-2) ?? 0)), { high: missing });
  const component = (i: number): Value =>
    reshape(along(fitting, rank - 1, i, i + 1), fitting.shape.slice(0, -1));
  const [cosines, sines] = waves(half, length, length, x.dtype);
  // Every frequency but the first, and the last of an even length, stands for two.
  const twice = constant(
    { shape: [half], data: range(half).map((k) => (k === 0 || 2 * k === length ? 1 : 2) / length) },
    { dtype: x.dtype },
  );
  const letters = [...'abcdefgh'].slice(0, rank - 2).join('');
  const by = (a: Value, table: Value) => einsum(`${letters}k,kn->${letters}n`, mul(a, twice), table);
  return expandDims(sub(by(component(0), cosines), by(component(1), sines)), -1);
}

function fourier(node: OperatorNode): Value {
  const x = node.x(0);
  const rank = x.shape.length;
  const given = node.has(2) ? (node.known(2)[0] ?? -2) : node.int('axis', node.opset < 20 ? 1 : -2);
  const axis = axisOf(given, rank);
  const moved = moveAxis(x, axis, rank - 2);
  const [inverse, onesided] = [node.int('inverse', 0) === 1, node.int('onesided', 0) === 1];
  const n = x.shape[axis] ?? 0;
  const length = node.has(1) ? (node.known(1)[0] ?? n) : inverse && onesided ? 2 * (n - 1) : n;
  const made =
    inverse && onesided ? backToReal(moved, length) : transformed(moved, { length, inverse, onesided });
  return moveAxis(made, rank - 2, axis);
}

/** Transforms of frames, `step` places apart: [n, length, 1 or 2] to [n, frames, frequencies, 2]. */
function shortTime(node: OperatorNode): Value {
  const x = node.x(0);
  const window = node.maybe(2);
  const length = node.has(3) ? (node.known(3)[0] ?? 1) : (window?.shape[0] ?? x.shape[1] ?? 1);
  const frames = windows(x, { axes: [1], size: length, step: node.known(1)[0] ?? 1 });
  const last = moveAxis(frames, 3, 2);
  const weighted = window === undefined ? last : mul(last, reshape(cast(window, x.dtype), [1, 1, length, 1]));
  return transformed(weighted, { length, inverse: false, onesided: node.int('onesided', 1) === 1 });
}

/** Triangles on the mel scale, [frequencies, bands], made on the host. */
function melWeights(node: OperatorNode): Typed {
  const [bands = 1, length = 2, rate = 1, low = 0, high = 1] = range(5).map((i) => node.known(i)[0] ?? 0);
  const mel = (hertz: number) => (2595 * Math.log1p(hertz / 700)) / Math.LN10;
  const step = (mel(high) - mel(low)) / (bands + 2);
  const bins = range(bands + 2).map((i) => {
    const hertz = 700 * Math.expm1(((i * step + mel(low)) / 2595) * Math.LN10);
    return Math.floor(((length + 1) * hertz) / rate);
  });
  const rows = Math.floor(length / 2) + 1;
  const data = tabulated(rows * bands, () => 0);
  for (const i of range(bands)) {
    const [left = 0, middle = 0, right = 0] = bins.slice(i, i + 3);
    if (left === middle) data[middle * bands + i] = 1;
    else for (let j = left; j <= middle; j++) data[j * bands + i] = (j - left) / (middle - left);
    for (let j = middle; j < right; j++) data[j * bands + i] = (right - j) / (right - middle);
  }
  const type = typeOfCode(node.int('output_datatype', 1), 'MelWeightMatrix');
  return {
    value: constant({ shape: [rows, bands], data }, { dtype: dtypeFor(type, node.around.floats) }),
    type,
  };
}

/** Windows and transforms of signals. */
export const signal: Operators = {
  HannWindow: needing(
    [0],
    windowOf((i, n) => 0.5 - 0.5 * Math.cos((turn * i) / n)),
  ),
  HammingWindow: needing(
    [0],
    windowOf((i, n) => 25 / 46 - (21 / 46) * Math.cos((turn * i) / n)),
  ),
  BlackmanWindow: needing(
    [0],
    windowOf((i, n) => 0.42 - 0.5 * Math.cos((turn * i) / n) + 0.08 * Math.cos((2 * turn * i) / n)),
  ),
  DFT: needing([1, 2], fourier),
  STFT: needing([1, 3], shortTime),
  MelWeightMatrix: needing('all', melWeights),
};
