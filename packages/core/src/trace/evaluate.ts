import { Value } from '../graph/value.ts';
import type { Tensor } from '../tensors/dtype.ts';
import { fit, type TensorLike, tensorOf } from '../tensors/tensor.ts';
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
  const { body, outputs: numbers } = trace([...feeds.keys()], outputs);
  const values = [...feeds].map(([placeholder, like]) => fit(like, placeholder.spec, 'a tensor'));
  const at = (number: number): Tensor => values[number] ?? tensorOf({ shape: [0], dtype: 'float32' });
  for (const { primitive, attributes, inputs, outputs: specs } of body) {
    const [first, ...others] = specs.map(tensorOf);
    if (first === undefined) continue;
    primitive.evaluate(inputs.map(at), [first, ...others], attributes);
    values.push(first, ...others);
  }
  const results = numbers.map(at);
  const [only] = results;
  return wanted instanceof Value && only !== undefined ? only : results;
}
