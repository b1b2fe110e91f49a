import { DTypeError, OptionError, ShapeError } from '../errors.ts';
import { partsPrimitive } from '../forms/moving.ts';
import { denseView } from '../forms/view.ts';
import { applyPrimitive } from '../graph/apply.ts';
import type { Value } from '../graph/value.ts';
import { checkOptions } from '../options/check-options.ts';
import { axisFields } from '../options/op-fields.ts';
import { formatShape, normalizeAxis } from '../tensors/shape.ts';
import { forEachSample } from './broadcast-sum.ts';
import { expandDims } from './reshape.ts';
import { slice } from './slice-pad.ts';

interface ConcatenateAttributes extends Readonly<Record<string, number>> {
  readonly axis: number;
}

const concatenatePrimitive = partsPrimitive<readonly Value[], ConcatenateAttributes>('concatenate', {
  infer: (inputs, { axis }) => {
    const [first, ...others] = inputs;
    if (first === undefined)
      throw new OptionError({ got: 'nothing to concatenate', expected: 'at least one Value' });
    for (const { shape, dtype } of others) {
      if (dtype !== first.dtype)
        throw new DTypeError({ got: `${first.dtype} and ${dtype}`, expected: 'one dtype' });
      if (shape.length !== first.shape.length || shape.some((n, i) => i !== axis && n !== first.shape[i]))
        throw new ShapeError({
          got: inputs.map((input) => formatShape(input.shape)).join(' and '),
          expected: `shapes that differ at axis ${axis} alone`,
        });
    }
    const total = inputs.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
    return { shape: first.shape.map((extent, i) => (i === axis ? total : extent)), dtype: first.dtype };
  },
  parts: (shapes, { axis }, to) => {
    const { strides } = denseView(to);
    let offset = 0;
    return shapes.map((shape) => {
      const view = { offset, strides: strides.map((stride, i) => (shape[i] === 1 ? 0 : stride)) };
      offset += (shape[axis] ?? 0) * (strides[axis] ?? 0);
      return view;
    });
  },
  vjp: (gradient, { inputs, attributes: { axis } }) => {
    let from = 0;
    return inputs.map(({ shape }) => {
      const start = shape.map((_, i) => (i === axis ? from : 0));
      from += shape[axis] ?? 0;
      return slice(
        gradient,
        start,
        shape.map((extent, i) => (i === axis ? from : extent)),
      );
    });
  },
  batch: (inputs, batch) => concatenate(forEachSample(inputs, batch), { axis: batch.attributes.axis + 1 }),
});

/** Values one after the other along `axis`, the last when left out. @throws ShapeError, DTypeError */
export function concatenate(values: readonly Value[], options: { axis?: number } = {}): Value {
  const { axis = -1 } = checkOptions('concatenate', options, axisFields);
  const rank = values[0]?.shape.length ?? 1;
  return applyPrimitive(concatenatePrimitive, values, { axis: normalizeAxis(axis, rank) });
}

/** Values of one shape side by side along a new axis, the first when left out. */
export function stack(values: readonly Value[], options: { axis?: number } = {}): Value {
  const { axis = 0 } = checkOptions('stack', options, axisFields);
  const place = normalizeAxis(axis, (values[0]?.shape.length ?? 0) + 1);
  return concatenate(
    values.map((value) => expandDims(value, place)),
    { axis: place },
  );
}
