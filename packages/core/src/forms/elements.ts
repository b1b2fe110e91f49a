import type { Attributes } from '../graph/attributes.ts';
import type { Primitive, Value } from '../graph/value.ts';
import { evaluateFormula } from '../scalar/evaluate-formula.ts';
import type { Formula } from '../scalar/scalar.ts';

/** The parts of an elementwise primitive beside its name. */
export interface ElementsRules<In extends readonly Value[], A extends Attributes>
  extends Pick<Primitive<In, A, Value>, 'infer' | 'vjp' | 'batch'> {
  /** The result of one element of each operand, in operations of `scalar`. */
  readonly formula: Formula<A>;
}

/**
 * A primitive that computes every element by one formula. The formula is its meaning on the host and its code on every backend: vector
 * instructions on wasm, WGSL on webgpu, both fused with what stands around them.
 */
export function elementsPrimitive<In extends readonly Value[], A extends Attributes>(
  name: string,
  { formula, ...rules }: ElementsRules<In, A>,
): Primitive<In, A, Value> {
  return {
    kind: 'elementwise',
    name,
    form: { kind: 'elements', formula },
    evaluate: evaluateFormula(formula),
    ...rules,
  };
}
