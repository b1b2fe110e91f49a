import { apply } from '../graph/apply.ts';
import { copied, outsideOf } from '../graph/copied.ts';
import { type Composite, expectValues, Value, vertexCount } from '../graph/value.ts';
import { barrier } from '../ops/identity.ts';
import { isFloat } from '../tensors/dtype.ts';
import { gradients } from './gradient.ts';

/**
 * The result of `make(...inputs)`, as one vertex whose J^T computes again the values that it needs: nothing in between is kept from the way forward
 * (gradient checkpointing). The numbers are the same, those of its gradients and of what it draws too; where a Value is used inside and outside,
 * its gradient is summed in another order. Values that `make` reaches for beside its inputs, such as weights, get their gradients as well.
 * Source: Chen et al. 2016, Training deep nets with sublinear memory cost.
 */
export function recomputed<In extends readonly Value[]>(make: (...inputs: In) => Value, ...inputs: In): Value;
export function recomputed<In extends readonly Value[]>(
  make: (...inputs: In) => readonly Value[],
  ...inputs: In
): readonly Value[];
export function recomputed<In extends readonly Value[]>(
  make: (...inputs: In) => Value | readonly Value[],
  ...inputs: In
): Value | readonly Value[] {
  expectValues(inputs, (i) => `input ${i} of what is computed again`);
  const eldest = vertexCount();
  const given = make(...inputs);
  const made = [given].flat();
  const from = [...new Set([...inputs, ...outsideOf(made, new Set(inputs), eldest)])];
  const node: Composite<readonly Value[], readonly Value[]> = {
    kind: 'composite',
    name: 'recomputed',
    forward: (...values) => copied(made, from, values),
    vjp: (slopes, { inputs: values }) => {
      const again = values.map(barrier);
      const places = again.filter(({ dtype }) => isFloat(dtype));
      const seeds = copied(made, from, again).flatMap((of, i) => {
        const seed = [slopes].flat()[i];
        return seed === undefined ? [] : [{ of, seed }];
      });
      const found = new Map(gradients(seeds, places).map((slope, i) => [places[i], slope]));
      return again.map((place) => found.get(place));
    },
  };
  const outputs = apply(node, ...from);
  const [only] = outputs;
  return given instanceof Value && only !== undefined ? only : outputs;
}
