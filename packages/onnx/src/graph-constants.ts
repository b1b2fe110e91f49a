import { constant, type FloatDType, type TypedArray, type Value } from '@pullback/core';
import { dtypeFor, type ElementType } from './element-types.ts';

/** Numbers as a Value of the dtype that holds their type. */
export function constantOf(
  shape: readonly number[],
  data: TypedArray,
  type: ElementType,
  floats: FloatDType,
): Value {
  return constant({ shape, data }, { dtype: dtypeFor(type, floats) });
}
