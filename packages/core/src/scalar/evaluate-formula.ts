import type { Attributes } from '../graph/attributes.ts';
import type { Primitive, Value } from '../graph/value.ts';
import type { DType, Tensor } from '../tensors/dtype.ts';
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
  const interpreted = (inputs: readonly Tensor[], attributes: A, result: DType): Interpreted => {
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
  };
  // An application has its own attributes: mostly one object says which formula it is.
  const last = new WeakMap<A, { readonly dtypes: readonly DType[]; readonly run: Interpreted }>();
  return (inputs, [output], attributes) => {
    const given: readonly Tensor[] = inputs;
    let seen = last.get(attributes);
    if (seen === undefined || given.some(({ dtype }, i) => seen?.dtypes[i] !== dtype)) {
      const dtypes = given.map(({ dtype }) => dtype);
      seen = { dtypes, run: interpreted(given, attributes, output.dtype) };
      last.set(attributes, seen);
    }
    seen.run(
      given.map(({ data }) => data),
      output.data,
    );
  };
}
