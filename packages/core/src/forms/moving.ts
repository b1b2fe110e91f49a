import type { Attributes } from '../graph/attributes.ts';
import { remembered } from '../graph/remembered.ts';
import type { Primitive, Value } from '../graph/value.ts';
import { offsetsOf } from '../graph/walk.ts';
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
  const places = remembered(([x]: readonly [Tensor], output, attributes: A) => {
    const seen = view({ ...denseView(x.shape), shape: x.shape }, attributes, output.shape);
    return offsetsOf(output.shape, seen?.strides ?? [], seen?.offset);
  });
  return {
    kind: 'movement',
    name,
    form: { kind: 'view', view },
    evaluate: (inputs, [output], attributes) => {
      const offsets = places(inputs, output, attributes);
      const { data } = inputs[0];
      for (let i = 0; i < offsets.length; i++) output.data[i] = data[offsets[i] ?? 0] ?? 0;
    },
    ...rules,
  };
}

/** A primitive that puts its operands together: `evaluate` writes each through its view. */
export function partsPrimitive<In extends readonly Value[], A extends Attributes>(
  name: string,
  { parts, fill, ...rules }: Rules<In, A> & Pick<PartsForm<A>, 'parts' | 'fill'>,
): Primitive<In, A, Value> {
  const places = remembered((inputs: readonly Tensor[], output, attributes: A) => {
    const shapes = inputs.map(({ shape }) => shape);
    const views = parts(shapes, attributes, output.shape);
    return shapes.map((shape, i) => offsetsOf(shape, views[i]?.strides ?? [], views[i]?.offset));
  });
  return {
    kind: 'movement',
    name,
    form: { kind: 'parts', parts, ...(fill && { fill }) },
    evaluate: (given, [output], attributes) => {
      const inputs: readonly Tensor[] = given;
      if (fill !== undefined) output.data.fill(fill(attributes));
      for (const [p, offsets] of places(inputs, output, attributes).entries()) {
        const { data = [] } = inputs[p] ?? {};
        for (let i = 0; i < offsets.length; i++) output.data[offsets[i] ?? 0] = data[i] ?? 0;
      }
    },
    ...rules,
  };
}
