import { Value } from '../graph/value.ts';
import type { Tensor } from '../tensors/dtype.ts';
import { fit, type TensorLike } from '../tensors/tensor.ts';
import { interpret } from './interpret.ts';
import { trace } from './trace.ts';

/**
 * The numbers of a Value, or of several, by the primitives' own meaning.
 * @param feeds a tensor for every placeholder upstream.
 * @throws CapturedValueError when a placeholder has none, ShapeError when a tensor does not fit.
 */
export function evaluate(value: Value, feeds?: ReadonlyMap<Value, TensorLike>): Tensor;
export function evaluate(values: readonly Value[], feeds?: ReadonlyMap<Value, TensorLike>): Tensor[];
export function evaluate(
  wanted: Value | readonly Value[],
  feeds: ReadonlyMap<Value, TensorLike> = new Map(),
): Tensor | Tensor[] {
  const outputs = wanted instanceof Object && 'length' in wanted ? wanted : [wanted];
  const program = trace([...feeds.keys()], outputs);
  const given = [...feeds].map(([placeholder, like]) => fit(like, placeholder.spec, 'a tensor'));
  const results = interpret(program, given);
  const [only] = results;
  return wanted instanceof Value && only !== undefined ? only : results;
}
