import { DTypeError, ShapeError } from '../errors.ts';
import { elementsPrimitive } from '../forms/elements.ts';
import { applyPrimitive } from '../graph/apply.ts';
import type { Value } from '../graph/value.ts';
import { checkOptions } from '../options/check-options.ts';
import { floatFields } from '../options/op-fields.ts';
import { threefry } from '../scalar/functions/threefry.ts';
import type { FloatDType, TensorSpec } from '../tensors/dtype.ts';
import { formatShape, type Shape, sameShape, sizeOf } from '../tensors/shape.ts';
import { add, div, mod, mul, sub } from './arithmetic.ts';
import { broadcast } from './broadcast-sum.ts';
import { cast } from './cast.ts';
import { concatenate } from './concatenate.ts';
import { iota } from './iota.ts';
import { fill } from './leaves.ts';
import { reshape } from './reshape.ts';
import { slice } from './slice-pad.ts';

interface WordAttributes extends Readonly<Record<string, number>> {
  readonly word: number;
}

const threefryPrimitive = elementsPrimitive<readonly [Value, Value, Value, Value], WordAttributes>(
  'threefry',
  {
    infer: (inputs) => {
      const [first] = inputs;
      const same = (spec: TensorSpec) => spec.dtype === 'int32' && sameShape(spec.shape, first.shape);
      if (!inputs.every(same))
        throw new DTypeError({
          got: inputs.map(({ shape, dtype }) => `${dtype}${formatShape(shape)}`).join(', '),
          expected: 'int32 keys and counters of one shape',
        });
      return first;
    },
    formula: (words, { attributes: { word } }) => threefry(words, word),
  },
);

// The second counter says what a block is for, so that draws and derived keys never share one.
const drawing = 0;
const derivation = 1;

function blocks(key: Value, counter: Value, purpose: number, word: number): Value {
  if (!sameShape(key.shape, [2]) || key.dtype !== 'int32')
    throw new ShapeError({ got: `${key.dtype}${formatShape(key.shape)}`, expected: 'a key: int32[2]' });
  const half = (i: number) => broadcast(reshape(slice(key, [i], [i + 1]), []), counter.shape);
  return applyPrimitive(
    threefryPrimitive,
    [half(0), half(1), counter, fill(purpose, counter.shape, 'int32')],
    { word },
  );
}

/** 32 random bits for each element, as int32: Threefry-2x32-20 under `key`, int32[2], counted from 0 in row-major order. */
export function randomBits(key: Value, shape: Shape): Value {
  return reshape(blocks(key, iota([sizeOf(shape)]), drawing, 0), shape);
}

/** A key of its own for `data`, an int32 scalar: independent of what is drawn under `key` and of other data. */
export function foldIn(key: Value, data: Value): Value {
  const counter = reshape(data, [1]);
  return concatenate([blocks(key, counter, derivation, 0), blocks(key, counter, derivation, 1)]);
}

/**
 * Uniform on [0, 1) in steps of 2^-24: the same numbers in float32 and float64 and on every backend.
 * The bits are int32, from -2^31 up: 2^-32 bits + 1/2 is uniform once the low 8 bits are dropped.
 */
export function uniform(key: Value, shape: Shape, options: { dtype?: FloatDType } = {}): Value {
  const { dtype = 'float32' } = checkOptions('uniform', options, floatFields);
  const bits = randomBits(key, shape);
  return add(mul(cast(div(sub(bits, mod(bits, 256)), 256), dtype), 2 ** -24), 0.5);
}
