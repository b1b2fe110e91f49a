import { constant, type FloatDType, type Value } from '@pullback/core';
import { dtypeFor } from './element-types.ts';
import type { Numbers } from './tensor-numbers.ts';

/** Numbers as a Value of the dtype that holds their type. */
export function constantOf({ shape, data, type }: Numbers, floats: FloatDType): Value {
  return constant({ shape, data }, { dtype: dtypeFor(type, floats) });
}
