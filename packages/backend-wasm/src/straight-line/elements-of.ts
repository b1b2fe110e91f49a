import {
  type Attributes,
  denseView,
  type Instruction,
  type Labels,
  rolesOf,
  sizeOf,
  type Tensor,
  type TensorSpec,
  tensorOf,
} from '@pullback/core';

import type { Element, Elements } from './elements.ts';
import { type Numeric, operationOf } from './operations.ts';
import type { Reductions } from './reductions.ts';
import type { Vectorizer } from './vectorizer.ts';

export interface Operand {
  readonly elements: readonly Element[];
  readonly spec: TensorSpec;
}

export interface Writers {
  readonly elements: Elements;
  readonly vectorizer: Vectorizer;
  readonly reductions: Reductions;
}

/** The elements that an instruction makes; undefined where there is no code for it. */
export function elementsOf(
  instruction: Instruction,
  operands: readonly Operand[],
  { elements, vectorizer, reductions }: Writers,
): Element[] | undefined {
  const { primitive, attributes, outputs } = instruction;
  const [output] = outputs;
  if (output === undefined || outputs.length > 1) return undefined;
  const { form } = primitive;
  const [first = none, second = none] = operands;
  const { dtype, shape } = first.spec;
  const numeric = numericOf(dtype);
  switch (form?.kind) {
    case 'view':
    case 'parts':
    case 'same':
      return moved(instruction, operands, output, elements);
    case 'number':
    case 'place':
    case 'data': {
      const made = tensorOf(output);
      primitive.evaluate([], [made], attributes);
      return Array.from(made.data, (x) => elements.number(x));
    }
    case 'elements': {
      const operation = operationOf(
        instruction,
        operands.map(({ spec }) => spec),
      );
      return operation && vectorizer.apply(operation, ...operands.map((operand) => operand.elements));
    }
    case 'reduce': {
      const axes = form.axes(attributes);
      if (numeric === undefined) return undefined;
      if (form.combine === 'argmax') return reductions.argmax(first.elements, shape, axes[0] ?? 0, numeric);
      return reductions[form.combine](first.elements, shape, axes, numeric);
    }
    case 'contract':
      return dtype === 'float32' || dtype === 'float64'
        ? contracted(form.labels(attributes), [first, second], reductions, dtype)
        : undefined;
    case 'take': {
      const places = around(shape, form.axis(attributes));
      return reductions.gather(first.elements, second.elements, places, dtype);
    }
    case 'scatter': {
      const places = around(output.shape, form.axis(attributes));
      return numeric && reductions.scatterAdd(first.elements, second.elements, places, numeric);
    }
    case 'repeat':
    // Whatever its kind says, a primitive without a form is only known by its `evaluate`.
    case undefined:
      return undefined;
    default:
      return form satisfies never;
  }
}

const none: Operand = { elements: [], spec: { shape: [], dtype: 'bool' } };

/** The primitive's own meaning moves the names of elements as it moves elements. */
function moved(
  { primitive, attributes }: Instruction,
  operands: readonly Operand[],
  { shape }: TensorSpec,
  elements: Elements,
): Element[] {
  const named = (at: readonly number[], data: Float64Array): Tensor => ({
    shape: at,
    dtype: 'float64',
    data,
  });
  const { value } = attributes;
  // What stands in new places is an attribute.
  const names: Attributes =
    typeof value === 'number' ? { ...attributes, value: elements.number(value) } : attributes;
  const result = new Float64Array(sizeOf(shape));
  primitive.evaluate(
    operands.map((operand) => named(operand.spec.shape, Float64Array.from(operand.elements))),
    [named(shape, result)],
    names,
  );
  return [...result];
}

/** A contraction as a batch of products of matrices, whose elements are put in that order and back. */
function contracted(
  labels: Labels,
  [a, b]: readonly [Operand, Operand],
  reductions: Reductions,
  dtype: 'float32' | 'float64',
): Element[] {
  const { batch, rows, columns, inner } = rolesOf(labels);
  const extentOf = (label: number): number => {
    const axis = labels.a.indexOf(label);
    return (axis < 0 ? b.spec.shape[labels.b.indexOf(label)] : a.spec.shape[axis]) ?? 1;
  };
  const size = (some: readonly number[]) => sizeOf(some.map(extentOf));
  const extents = [size(batch), size(rows), size(inner), size(columns)] as const;
  const left = reordered(a.elements, labels.a, [...batch, ...rows, ...inner], extentOf);
  const right = reordered(b.elements, labels.b, [...batch, ...inner, ...columns], extentOf);
  const made = reductions.product(left, right, extents, dtype);
  return reordered(made, [...batch, ...rows, ...columns], labels.out, extentOf);
}

/** Elements in row-major order of the labels `from`, in that of the labels `to`. */
function reordered(
  elements: readonly Element[],
  from: readonly number[],
  to: readonly number[],
  extentOf: (label: number) => number,
): Element[] {
  const { strides } = denseView(from.map(extentOf));
  let places = [0];
  for (const label of to) {
    const stride = strides[from.indexOf(label)] ?? 0;
    places = places.flatMap((place) => Array.from({ length: extentOf(label) }, (_, i) => place + i * stride));
  }
  return places.flatMap((place) => elements[place] ?? []);
}

/** The extents before, at and behind an axis. */
function around(shape: readonly number[], axis: number): readonly [number, number, number] {
  return [sizeOf(shape.slice(0, axis)), shape[axis] ?? 0, sizeOf(shape.slice(axis + 1))];
}

function numericOf(dtype: TensorSpec['dtype']): Numeric | undefined {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'int32' ? dtype : undefined;
}

/** About how many elements are read to make what an instruction makes. */
export function workOf(
  { primitive, attributes, inputs, outputs }: Instruction,
  specOf: (value: number) => TensorSpec,
): number {
  const [output] = outputs;
  const made = output === undefined ? 0 : sizeOf(output.shape);
  const given = inputs.reduce((total, value) => total + sizeOf(specOf(value).shape), 0);
  const [first, second] = inputs.map((value) => specOf(value).shape);
  if (primitive.form?.kind === 'contract') {
    const labels = primitive.form.labels(attributes);
    const inner = rolesOf(labels).inner.map((label) => first?.[labels.a.indexOf(label)] ?? 1);
    return made * Math.max(1, sizeOf(inner));
  }
  if (primitive.form?.kind === 'take' || primitive.form?.kind === 'scatter')
    return given + sizeOf(second ?? []) * Math.max(made, sizeOf(first ?? []));
  return Math.max(made, given);
}
