import { cast, isFloat, maximum, minimum, UnsupportedError, type Value } from '@pullback/core';
import { dtypeFor, type ElementType, rangeOf, typeOfCode } from '../element-types.ts';
import { bitsOfFloat, floatOfBits } from '../functions.ts';
import { kept } from '../kept.ts';
import type { OperatorNode, Operators, Typed } from '../operator-node.ts';
import { bitsOf } from '../tensor-numbers.ts';

/** Numbers as another type: fractions are cut off, integers wrap, small floats are rounded, and stay in range where asked for. */
export function converted(node: OperatorNode, { value, type: from }: Typed, type: ElementType): Typed {
  const dtype = dtypeFor(type, node.around.floats);
  if (type.kind === 'float') {
    const saturate = node.int('saturate', 1) === 1 && type.small !== undefined && type.small.bits <= 8;
    const made = cast(value, dtype);
    return { value: type === from ? made : kept(made, type, { saturate }), type };
  }
  if (type.kind === 'integer' && isFloat(value.dtype))
    return { value: cast(within(value, type), dtype), type };
  return { value: cast(value, dtype), type };
}

/** Floats within the range of int32, where casting them is not defined otherwise. */
function within(x: Value, type: ElementType & { readonly kind: 'integer' }): Value {
  if (type.bits < 32) return x;
  const [low, high] = rangeOf(type);
  return minimum(maximum(x, low), high);
}

/** The elements' bits as elements of another type of as many bits. */
function bitcast(node: OperatorNode): Typed {
  const to = typeOfCode(node.int('to', 1), 'BitCast');
  const { value, type: from } = node.typed(0);
  if (bitsOf(from) !== bitsOf(to) || bitsOf(from) > 32)
    throw new UnsupportedError({
      got: `BitCast of ${from.name} to ${to.name}`,
      expected: 'types of as many bits, at most 32',
    });
  if (from.kind === 'integer' && to.kind === 'integer') return { value, type: to };
  if (from.name === 'float' && to.kind === 'integer')
    return { value: bitsOfFloat(cast(value, 'float32')), type: to };
  if (from.kind === 'integer' && to.name === 'float')
    return { value: cast(floatOfBits(value), node.around.floats), type: to };
  if (from.kind === 'bool' && to.kind === 'integer') return { value: cast(value, 'int32'), type: to };
  if (from.kind === 'integer' && to.kind === 'bool') return { value: cast(value, 'bool'), type: to };
  throw new UnsupportedError({
    got: `BitCast of ${from.name} to ${to.name}`,
    expected: 'integers, and float as integers of 32 bits',
  });
}

/** Conversions between element types. */
export const conversion: Operators = {
  Cast: (node) => converted(node, node.typed(0), typeOfCode(node.int('to', 1), 'Cast')),
  CastLike: (node) => converted(node, node.typed(0), node.type(1)),
  BitCast: bitcast,
};
