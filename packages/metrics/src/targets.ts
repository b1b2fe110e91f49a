import { argmax, cast, type Placement, type Value } from '@pullback/core';

/** 1 where something holds, 0 elsewhere. */
export function float(holds: Value): Value {
  return cast(holds, 'float32');
}

/** The labelled class of each sample, as int32: from labels, or from one-hot targets. */
export function classOf(target: Value, { classAxis }: Placement): Value {
  return target.dtype === 'int32' ? target : argmax(target, { axis: classAxis });
}
