import {
  add,
  broadcast,
  cast,
  defineNode,
  div,
  equal,
  isFloat,
  max,
  maximum,
  min,
  minimum,
  mul,
  reshape,
  round,
  select,
  sub,
  type Value,
} from '@pullback/core';
import { dtypeFor, type ElementType, rangeOf, typeOfCode, types } from '../element-types.ts';
import { kept } from '../kept.ts';
import type { OperatorNode, Operators, Typed } from '../operator-node.ts';
import { axisOf, withExtent } from './axes.ts';
import { convolve, perChannel } from './convolution.ts';
import { productOf } from './products.ts';

/** A scale or zero point as it lies beside x: one number, one for each place along an axis, or one for each block along it. */
function beside(node: OperatorNode, given: Value, shape: readonly number[]): Value {
  if (given.shape.length === 0) return given;
  if (given.shape.length === 1 && given.shape[0] === 1) return reshape(given, []);
  const axis = axisOf(node.int('axis', 1), Math.max(shape.length, 1));
  const block = node.int('block_size', 0);
  if (block > 0) {
    const wide = [...given.shape.slice(0, axis + 1), block, ...given.shape.slice(axis + 1)];
    const flat = [...given.shape.slice(0, axis + 1), 1, ...given.shape.slice(axis + 1)];
    return reshape(
      broadcast(reshape(given, flat), wide),
      withExtent(given.shape, axis, (given.shape[axis] ?? 1) * block),
    );
  }
  if (given.shape.length > 1) return given;
  return reshape(
    given,
    shape.map((_, i) => (i === axis ? (given.shape[0] ?? 1) : 1)),
  );
}

/**
 * The nearest whole number within a range, as floats; gradients go straight through where it was in range. Source: Bengio et al. 2013.
 */
function rounded(x: Value, [low, high]: readonly [number, number]): Value {
  return defineNode('quantized', {
    mixes: [],
    forward: (z: Value) => minimum(maximum(round(z), low), high),
    vjp: (g, { inputs: [z] }) => [select(equal(minimum(maximum(z, low - 0.5), high + 0.5), z), g, 0)],
  })(x);
}

/** An integer type's value that keeps the float it was rounded from, so that gradients reach it when it is scaled back. */
const origins = new WeakMap<Value, Value>();

function quantized(x: Value, type: ElementType): Value {
  if (type.kind !== 'integer') return kept(x, type, { saturate: true });
  const floats = rounded(x, rangeOf(type));
  const made = cast(floats, 'int32');
  origins.set(made, floats);
  return made;
}

/** Whole numbers as floats: those that they were rounded from, where they were. */
function asFloats(x: Value, dtype: 'float32' | 'float64'): Value {
  const origin = origins.get(x);
  return origin === undefined ? cast(x, dtype) : cast(origin, dtype);
}

function floatsOf(dtype: string): 'float32' | 'float64' {
  return dtype === 'float64' ? 'float64' : 'float32';
}

/** saturate(round(x / scale) + zero point) */
function quantize(node: OperatorNode): Typed {
  const x = isFloat(node.x(0).dtype) ? node.x(0) : cast(node.x(0), node.around.floats);
  const scale = beside(node, cast(node.x(1), x.dtype), x.shape);
  const code = node.int('output_dtype', 0);
  const type = node.inputs[2]?.type ?? (code === 0 ? types.uint8 : typeOfCode(code, 'output_dtype'));
  const precision = node.int('precision', 0);
  const by = (value: Value) => {
    if (precision === 0) return value;
    const precise = typeOfCode(precision, 'precision');
    return cast(kept(cast(value, dtypeFor(precise, node.around.floats)), precise), x.dtype);
  };
  const ratio = by(div(by(x), by(scale)));
  const zero = node.maybe(2);
  if (type.kind !== 'integer') {
    const shifted = zero === undefined ? ratio : add(ratio, beside(node, cast(zero, x.dtype), x.shape));
    const saturate = node.int('saturate', 1) === 1;
    return { value: kept(shifted, type, { saturate }), type };
  }
  if (zero === undefined) return { value: quantized(ratio, type), type };
  const [low, high] = rangeOf(type);
  const shift = beside(node, cast(zero, x.dtype), x.shape);
  // Rounded before the zero point is added: halves go to the even number of the ratio.
  const near = rounded(ratio, [2 * low - high, 2 * high - low]);
  return { value: quantized(add(near, shift), type), type };
}

/** (x - zero point) scale */
function dequantize(node: OperatorNode): Typed {
  const code = node.int('output_dtype', 0);
  const type = code === 0 ? node.type(1) : typeOfCode(code, 'output_dtype');
  const dtype = floatsOf(dtypeFor(type, node.around.floats));
  const [x, scale] = [node.x(0), cast(node.x(1), dtype)];
  const zero = node.maybe(2);
  const floats = isFloat(x.dtype) ? cast(x, dtype) : asFloats(x, dtype);
  const apart = zero === undefined ? floats : sub(floats, beside(node, cast(zero, dtype), x.shape));
  return { value: mul(apart, beside(node, scale, x.shape)), type };
}

/** Scale and zero point from the smallest and largest number, of uint8. */
function dynamic(node: OperatorNode): readonly Typed[] {
  const x = node.x(0);
  const [low, high] = [minimum(min(x), 0), maximum(max(x), 0)];
  const range = sub(high, low);
  const scale = select(equal(range, 0), 1, div(range, 255));
  const zero = minimum(maximum(round(div(sub(0, low), scale)), 0), 255);
  const ratio = rounded(div(x, scale), [-510, 510]);
  return [
    { value: quantized(add(ratio, zero), types.uint8), type: types.uint8 },
    { value: scale, type: node.type(0) },
    { value: cast(zero, 'int32'), type: types.uint8 },
  ];
}

/** Whole numbers less their zero point, as floats, in which products are exact as far as there are digits. */
function shifted(node: OperatorNode, i: number, zero: number, per: (z: Value) => Value): Value {
  const dtype = floatsOf(node.around.floats);
  const z = node.maybe(zero);
  const x = asFloats(node.x(i), dtype);
  return z === undefined ? x : sub(x, per(cast(z, dtype)));
}

/** Zero points of rows stand along the last axis but one. */
function ofRows(z: Value): Value {
  return z.shape.length === 1 && z.shape[0] !== 1 ? reshape(z, [-1, 1]) : z;
}

function ofOutputs(rank: number) {
  return (z: Value): Value =>
    z.shape.length === 1 ? reshape(z, [-1, ...new Array<number>(rank - 1).fill(1)]) : z;
}

/** Sums of products as whole numbers that keep the floats they are. */
function wholeOf(x: Value): Typed {
  const made = cast(round(x), 'int32');
  origins.set(made, x);
  return { value: made, type: types.int32 };
}

function qLinearMatMul(node: OperatorNode): Typed {
  const dtype = node.around.floats;
  const a = shifted(node, 0, 2, ofRows);
  const b = shifted(node, 3, 5, (z) => z);
  const scales = div(mul(rowScale(node.x(1), dtype), cast(node.x(4), dtype)), cast(node.x(6), dtype));
  return requantized(node, mul(productOf(a, b), scales), 7);
}

function rowScale(scale: Value, dtype: 'float32' | 'float64'): Value {
  return ofRows(cast(scale, dtype));
}

function requantized(node: OperatorNode, x: Value, zero: number): Typed {
  const type = node.inputs[zero]?.type ?? node.type(0);
  const z = node.maybe(zero);
  return { value: quantized(z === undefined ? x : add(x, cast(z, x.dtype)), type), type };
}

function qLinearConv(node: OperatorNode): Typed {
  const dtype = node.around.floats;
  const rank = node.x(0).shape.length;
  const x = shifted(node, 0, 2, (z) => z);
  const w = shifted(node, 3, 5, ofOutputs(rank));
  const sums = convolve(node, x, w);
  const b = node.maybe(8);
  const biased = b === undefined ? sums : add(sums, perChannel(cast(b, dtype), rank));
  const wScale = cast(node.x(4), dtype);
  const perOutput =
    wScale.shape.length === 1 && wScale.shape[0] !== 1 ? perChannel(wScale, rank) : reshape(wScale, []);
  const scale = div(mul(reshape(cast(node.x(1), dtype), []), perOutput), reshape(cast(node.x(6), dtype), []));
  return requantized(node, mul(biased, scale), 7);
}

/** Quantised numbers: run as whole numbers, trained through as if they had not been rounded. */
export const quantization: Operators = {
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
  DynamicQuantizeLinear: dynamic,
  MatMulInteger: (node) =>
    wholeOf(
      productOf(
        shifted(node, 0, 2, ofRows),
        shifted(node, 1, 3, (z) => z),
      ),
    ),
  ConvInteger: (node) =>
    wholeOf(
      convolve(
        node,
        shifted(node, 0, 2, (z) => z),
        shifted(node, 1, 3, ofOutputs(node.x(1).shape.length)),
      ),
    ),
  QLinearMatMul: qLinearMatMul,
  QLinearConv: qLinearConv,
};
