import type { Attributes } from '../graph/attributes.ts';
import { remembered } from '../graph/remembered.ts';
import type { Primitive, Value } from '../graph/value.ts';
import type { Tensor } from '../tensors/dtype.ts';
import { attributesKey } from './attributes-key.ts';
import { type Interpreted, interpret } from './interpret.ts';
import { type Formula, operandsOf } from './scalar.ts';

/** Formulas with other dtypes or attributes than the last so many are interpreted anew. */
const most = 64;

/** The `evaluate` of a primitive whose elements are a formula: float32 is computed in float64 and rounded once. */
export function evaluateFormula<A extends Attributes>(
  formula: Formula<A>,
): Primitive<readonly Value[], A, Value>['evaluate'] {
  const known = new Map<string, Interpreted>();
  const interpreted = remembered((inputs: readonly Tensor[], { dtype: result }, attributes: A) => {
    let key = attributesKey(attributes);
    for (const { dtype } of inputs) key += dtype === 'float32' ? 'float64' : dtype;
    let run = known.get(key);
    if (run === undefined) {
      const dtypes = inputs.map(({ dtype }) => (dtype === 'float32' ? 'float64' : dtype));
      const at = { attributes, dtype: dtypes[0] ?? result, doubles: true };
      run = interpret(formula(operandsOf(dtypes), at));
      if (known.size >= most) known.clear();
      known.set(key, run);
    }
    return run;
  });
  return (inputs, [output], attributes) => interpreted(inputs, output, attributes)(inputs, output.data);
}
