import { emitInOrder, formulaOf, type HostFunction, type Program, type Scalar } from '@pullback/core';

/** The functions of the host that the formulas of a Program call, and of what it repeats: its module imports them in this order. */
export function hostFunctionsOf({ inputs, body }: Program): readonly HostFunction[] {
  const dtypes = [...inputs, ...body.flatMap(({ outputs }) => outputs)].map(({ dtype }) => dtype);
  const found = new Set<HostFunction>();
  const seen = new Set<Scalar>();
  const take = ({ host }: Scalar): void => {
    if (host !== undefined) found.add(host);
  };
  for (const { primitive, attributes, inputs: operands } of body) {
    if (primitive.form?.kind === 'repeat')
      for (const one of hostFunctionsOf(primitive.form.repeat(attributes).body)) found.add(one);
    const types = operands.map((operand) => dtypes[operand] ?? 'float32');
    const formula = formulaOf(primitive, attributes, types);
    if (formula === undefined || seen.has(formula)) continue;
    seen.add(formula);
    emitInOrder(formula, { emit: take, branch: (_, rare) => rare() });
  }
  return [...found];
}
