import type { Attributes } from '../graph/attributes.ts';
import type { Primitive, Value } from '../graph/value.ts';
import { readView, writeView } from '../graph/walk.ts';
import type { Tensor } from '../tensors/dtype.ts';
import type { PartsForm, ViewForm } from './form.ts';
import { denseView } from './view.ts';

type Rules<In extends readonly Value[], A extends Attributes> = Pick<
  Primitive<In, A, Value>,
  'infer' | 'vjp' | 'batch'
>;

/** A primitive whose result is a view of its operand: `evaluate` reads through that view. */
export function viewPrimitive<A extends Attributes>(
  name: string,
  { view, ...rules }: Rules<readonly [Value], A> & Pick<ViewForm<A>, 'view'>,
): Primitive<readonly [Value], A, Value> {
  return {
    kind: 'movement',
    name,
    form: { kind: 'view', view },
    evaluate: ([x], [output], attributes) => {
      const seen = view({ ...denseView(x.shape), shape: x.shape }, attributes, output.shape);
      readView(x, output, seen?.strides ?? [], seen?.offset);
    },
    ...rules,
  };
}

/** A primitive that puts its operands together: `evaluate` writes each through its view. */
export function partsPrimitive<In extends readonly Value[], A extends Attributes>(
  name: string,
  { parts, fill, ...rules }: Rules<In, A> & Pick<PartsForm<A>, 'parts' | 'fill'>,
): Primitive<In, A, Value> {
  return {
    kind: 'movement',
    name,
    form: { kind: 'parts', parts, ...(fill && { fill }) },
    evaluate: (given, [output], attributes) => {
      const inputs: readonly Tensor[] = given;
      if (fill !== undefined) output.data.fill(fill(attributes));
      const places = parts(
        inputs.map(({ shape }) => shape),
        attributes,
        output.shape,
      );
      inputs.forEach((input, i) => {
        writeView(input, output, places[i]?.strides ?? [], places[i]?.offset);
      });
    },
    ...rules,
  };
}
