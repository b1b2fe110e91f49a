import type { Tensor, TensorSpec } from '../tensors/dtype.ts';
import { sameShape } from '../tensors/shape.ts';

/** Of tensors with more elements nothing is kept: there the elements are the work. */
const most = 4096;

type Find<In extends readonly Tensor[], A, T> = (inputs: In, output: Tensor, attributes: A) => T;

/**
 * A function of shapes, dtypes and attributes that keeps its last result for each attributes object: an application has its own, and is
 * evaluated again and again on tensors of the same specs.
 */
export function remembered<In extends readonly Tensor[], A extends object, T>(
  find: Find<In, A, T>,
): Find<In, A, T> {
  const last = new WeakMap<A, { readonly specs: readonly TensorSpec[]; readonly found: T }>();
  return (inputs, output, attributes) => {
    const seen = last.get(attributes);
    if (seen !== undefined && fits(seen.specs, inputs, output)) return seen.found;
    const found = find(inputs, output, attributes);
    const tensors = [...inputs, output];
    if (tensors.every(({ data }) => data.length <= most))
      last.set(attributes, { specs: tensors.map(({ shape, dtype }) => ({ shape, dtype })), found });
    return found;
  };
}

function fits(specs: readonly TensorSpec[], inputs: readonly Tensor[], output: Tensor): boolean {
  const count = inputs.length;
  if (specs.length !== count + 1) return false;
  for (let i = 0; i < count; i++) if (!isSame(specs[i], inputs[i])) return false;
  return isSame(specs[count], output);
}

function isSame(a: TensorSpec | undefined, b: TensorSpec | undefined): boolean {
  if (a === undefined || b === undefined || a.dtype !== b.dtype) return false;
  return a.shape === b.shape || sameShape(a.shape, b.shape);
}
