import { apply, vertexOf } from '../graph/apply.ts';
import { upstream } from '../graph/upstream.ts';
import { expectValues, type Value, vertexCount } from '../graph/value.ts';
import { barrier } from '../ops/identity.ts';
import { isFloat } from '../tensors/dtype.ts';
import { gradient } from './gradient.ts';

/**
 * What `make` makes of `inputs`, as one vertex whose J^T computes again what it needs: nothing in between is kept from the way forward (gradient
 * checkpointing). The numbers are the same, those of its gradients and of what it draws too; where a Value is used inside and outside, its gradient
 * is summed in another order. Values that `make` reaches for beside its inputs, such as weights, get their gradients as well.
 * Source: Chen et al. 2016, Training deep nets with sublinear memory cost.
 */
export function recomputed<In extends readonly Value[]>(
  make: (...inputs: In) => Value,
  ...inputs: In
): Value {
  expectValues(inputs, (i) => `input ${i} of what is computed again`);
  const eldest = vertexCount();
  const made = make(...inputs);
  const from = [...new Set([...inputs, ...outsideOf(made, new Set(inputs), eldest)])];
  return apply(
    {
      kind: 'composite',
      name: 'recomputed',
      forward: (...given: readonly Value[]) => copied(made, from, given),
      vjp: (slope: Value, { inputs: given }) => {
        const again = given.map(barrier);
        const places = again.filter(({ dtype }) => isFloat(dtype));
        const slopes = gradient(copied(made, from, again), places, slope);
        const found = new Map(places.map((place, i) => [place, slopes[i]]));
        return again.map((place) => found.get(place));
      },
    },
    ...from,
  );
}

/** The Values that `made` depends on and that were there before, or are given at run time. */
function outsideOf(made: Value, inputs: ReadonlySet<Value>, eldest: number): Value[] {
  const found: Value[] = [];
  const isOutside = ({ vertex, node }: Value) =>
    vertex.id < eldest || (node.kind === 'leaf' && !vertex.constant);
  const known = {
    has: (value: Value) => {
      if (inputs.has(value)) return true;
      if (isOutside(value)) found.push(value);
      return isOutside(value);
    },
  };
  upstream([made], ({ inputs: operands }) => operands, known);
  return found;
}

/** The graph of `made` once more, on `to` in the place of `from`. */
function copied(made: Value, from: readonly Value[], to: readonly Value[]): Value {
  const copies = new Map(from.map((value, i) => [value, to[i] ?? value]));
  const copyOf = (value: Value) => copies.get(value) ?? value;
  for (const vertex of upstream([made], ({ inputs }) => inputs, copies)) {
    if (vertex.inputs.length === 0) continue;
    const { node, attributes } = vertex;
    const operands = vertex.inputs.map(copyOf);
    const outputs =
      node.kind === 'composite'
        ? [apply(node, ...operands)].flat()
        : vertexOf(node, operands, attributes).outputs;
    vertex.outputs.forEach((output, i) => {
      copies.set(output, outputs[i] ?? output);
    });
  }
  return copyOf(made);
}
