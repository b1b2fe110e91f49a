import type { Attributes } from '../graph/attributes.ts';
import type { Primitive } from '../graph/value.ts';
import type { DType } from '../tensors/dtype.ts';
import { attributesKey } from './attributes-key.ts';
import { emitInOrder, operandsOf, type Scalar } from './scalar.ts';

/** Formulas of a primitive beyond so many dtypes and attributes are made anew. */
const most = 64;
const known = new WeakMap<Primitive, Map<string, Scalar | undefined>>();

/**
 * The result of one element of each operand of an elementwise primitive; undefined where it brings no formula for those dtypes. Equal
 * applications have one object.
 * @param doubles whether float64 may be used on the way.
 */
export function formulaOf(
  primitive: Primitive,
  attributes: Attributes,
  dtypes: readonly DType[],
  doubles = true,
): Scalar | undefined {
  const { form } = primitive;
  const [dtype] = dtypes;
  if (form?.kind !== 'elements' || dtype === undefined) return undefined;
  const own = known.get(primitive) ?? new Map<string, Scalar | undefined>();
  known.set(primitive, own);
  const key = `${doubles} ${dtypes.join()} ${attributesKey(attributes)}`;
  if (own.has(key)) return own.get(key);
  const made = form.formula(operandsOf(dtypes), { attributes, dtype, doubles });
  const formula = made !== undefined && (doubles || !usesDoubles(made)) ? made : undefined;
  if (own.size >= most) own.clear();
  own.set(key, formula);
  return formula;
}

function usesDoubles(formula: Scalar): boolean {
  let found = false;
  const look = ({ type }: Scalar): void => {
    found ||= type === 'float64';
  };
  emitInOrder(formula, { emit: look, branch: (_, rare) => rare() });
  return found;
}
