import { DTypeError, OptionError, ShapeError } from '../errors.ts';
import { applyPrimitive } from '../graph/apply.ts';
import type { Primitive, Value } from '../graph/value.ts';
import { checkOptions } from '../options/check-options.ts';
import { needed, number } from '../options/field.ts';
import { axisFields } from '../options/op-fields.ts';
import type { TensorSpec } from '../tensors/dtype.ts';
import { formatShape, normalizeAxis, sameShape, sizeOf } from '../tensors/shape.ts';
import { add, mul } from './arithmetic.ts';
import { broadcast } from './broadcast-sum.ts';
import { and, less, lessEqual } from './comparisons.ts';
import { iota } from './iota.ts';
import { reshape } from './reshape.ts';
import { select } from './select.ts';
import { moveAxis, transpose } from './transpose.ts';

// Reading rows by index and adding rows by index are each other's transpose.

interface GatherAttributes extends Readonly<Record<string, number>> {
  readonly axis: number;
}

const gatherPrimitive: Primitive<readonly [Value, Value], GatherAttributes, Value> = {
  kind: 'indexing',
  name: 'gather',
  form: { kind: 'take', axis: ({ axis }) => axis },
  infer: ([x, indices], { axis }) => {
    checkIndices(indices);
    return {
      shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)],
      dtype: x.dtype,
    };
  },
  evaluate: ([x, indices], [output], { axis }) => {
    const extent = x.shape[axis] ?? 0;
    const [outer, inner] = [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis + 1))];
    let to = 0;
    for (let o = 0; o < outer; o++)
      for (const index of indices.data) {
        const from = (o * extent + index) * inner;
        const inside = index >= 0 && index < extent;
        // Long rows are moved as a whole.
        if (inside && inner > 16) output.data.set(x.data.subarray(from, from + inner), to);
        else for (let i = 0; i < inner; i++) output.data[to + i] = inside ? (x.data[from + i] ?? 0) : 0;
        to += inner;
      }
  },
  vjp: (gradient, { inputs: [x, indices], attributes: { axis } }) => [
    scatterAdd(gradient, indices, { axis, size: x.shape[axis] ?? 0 }),
    undefined,
  ],
  batch: ([x, indices], { attributes: { axis }, size, batched: [own, ownIndices] }) => {
    if (ownIndices !== true) return gather(x, indices, { axis: axis + 1 });
    if (own !== true) return moveAxis(gather(x, indices, { axis }), axis, 0);
    // Both: the samples' places one after the other, as one axis in front.
    const front = moveAxis(x, axis + 1, 1);
    const extent = front.shape[1] ?? 0;
    const places = reshape(front, [size * extent, ...front.shape.slice(2)]);
    return moveAxes(gather(places, inBlocks(indices, extent)), 1, indices.shape.length - 1, axis + 1);
  },
};

/**
 * The slices of `x` along `axis` that int32 `indices` name, in the place of that axis: shape
 * [...x before axis, ...indices, ...x after axis]. An index outside reads 0.
 * @throws DTypeError
 */
export function gather(x: Value, indices: Value, options: { axis?: number } = {}): Value {
  const { axis = 0 } = checkOptions('gather', options, axisFields);
  return applyPrimitive(gatherPrimitive, [x, indices], { axis: normalizeAxis(axis, x.shape.length) });
}

interface ScatterAttributes extends Readonly<Record<string, number>> {
  readonly axis: number;
  readonly size: number;
}

const scatterAddPrimitive: Primitive<readonly [Value, Value], ScatterAttributes, Value> = {
  kind: 'indexing',
  name: 'scatterAdd',
  form: { kind: 'scatter', axis: ({ axis }) => axis },
  infer: ([updates, indices], { axis, size }) => {
    checkIndices(indices);
    if (updates.dtype === 'bool')
      throw new DTypeError({
        got: 'scatterAdd of bool',
        expected: 'numbers, which can be added',
        hint: "cast(updates, 'int32') counts what holds.",
      });
    const after = axis + indices.shape.length;
    if (!sameShape(updates.shape.slice(axis, after), indices.shape))
      throw new ShapeError({
        got: formatShape(updates.shape),
        expected: `the axes ${formatShape(indices.shape)} of the indices, from axis ${axis}`,
      });
    return {
      shape: [...updates.shape.slice(0, axis), size, ...updates.shape.slice(after)],
      dtype: updates.dtype,
    };
  },
  // In the order of the indices, in float64, rounded once.
  evaluate: ([updates, indices], [output], { axis, size }) => {
    const totals = new Float64Array(output.data.length);
    const outer = sizeOf(output.shape.slice(0, axis));
    const inner = sizeOf(output.shape.slice(axis + 1));
    let from = 0;
    for (let o = 0; o < outer; o++)
      for (const index of indices.data) {
        const to = (o * size + index) * inner;
        for (let i = 0; i < inner; i++, from++)
          if (index >= 0 && index < size) totals[to + i] = (totals[to + i] ?? 0) + (updates.data[from] ?? 0);
      }
    output.data.set(totals);
  },
  vjp: (gradient, { inputs: [, indices], attributes: { axis } }) => [
    gather(gradient, indices, { axis }),
    undefined,
  ],
  batch: ([updates, indices], { attributes: { axis, size: extent }, size, batched }) => {
    const [own, ownIndices] = batched;
    if (ownIndices !== true) return scatterAdd(updates, indices, { axis: axis + 1, size: extent });
    const all = own === true ? updates : broadcast(updates, [size, ...updates.shape]);
    const front = moveAxes(all, axis + 1, indices.shape.length - 1, 1);
    const places = scatterAdd(front, inBlocks(indices, extent), { size: size * extent });
    return moveAxis(reshape(places, [size, extent, ...places.shape.slice(1)]), 1, axis + 1);
  },
};

/** Indices of each sample, its first axis, into `extent` places of its own; those outside stay outside. */
function inBlocks(indices: Value, extent: number): Value {
  const inside = and(lessEqual(0, indices), less(indices, extent));
  return select(inside, add(indices, mul(iota(indices.shape), extent)), -1);
}

/** `x` with `count` axes from `from` on moved to `to`. */
function moveAxes(x: Value, from: number, count: number, to: number): Value {
  const order = x.shape.map((_, i) => i);
  const moved = order.splice(from, count);
  order.splice(to, 0, ...moved);
  return transpose(x, order);
}

const scatterFields = { ...axisFields, size: needed(number()) };

/**
 * Zeros with `size` places along `axis`, to which the slices of `updates` are added where int32 `indices` say; what is
 * named twice is added twice, an index outside adds nothing. The transpose of `gather`.
 * @throws ShapeError, DTypeError, OptionError
 */
export function scatterAdd(updates: Value, indices: Value, options: { axis?: number; size: number }): Value {
  const { axis = 0, size } = checkOptions('scatterAdd', options, scatterFields);
  if (!Number.isInteger(size) || size < 0)
    throw new OptionError({ got: `size ${size}`, expected: 'a whole number from 0 up' });
  return applyPrimitive(scatterAddPrimitive, [updates, indices], {
    axis: normalizeAxis(axis, updates.shape.length - indices.shape.length + 1),
    size,
  });
}

function checkIndices(indices: TensorSpec): void {
  if (indices.dtype !== 'int32')
    throw new DTypeError({
      got: `indices of ${indices.dtype}`,
      expected: 'int32',
      hint: "cast(indices, 'int32')",
    });
}
