import {
  type Attributes,
  coreNameOf,
  type HostTensor,
  type Instruction,
  sizeOf,
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
  const { primitive, outputs } = instruction;
  const [output] = outputs;
  if (output === undefined || outputs.length > 1) return undefined;
  switch (primitive.kind) {
    case 'movement':
    case 'identity':
      return moved(instruction, operands, output, elements);
    case 'generator': {
      const made = tensorOf(output);
      primitive.evaluate([], [made], instruction.attributes);
      return Array.from(made.data, (x) => elements.number(x));
    }
    case 'elementwise': {
      const operation = operationOf(
        instruction,
        operands.map(({ spec }) => spec),
      );
      return operation && vectorizer.apply(operation, ...operands.map((operand) => operand.elements));
    }
    case 'reduction':
    case 'contraction':
    case 'indexing':
      return reduced(instruction, operands, output, reductions);
    case 'leaf':
      return undefined;
    default:
      return primitive.kind satisfies never;
  }
}

/** The primitive's own meaning moves the names of elements as it moves elements. */
function moved(
  { primitive, attributes }: Instruction,
  operands: readonly Operand[],
  { shape }: TensorSpec,
  elements: Elements,
): Element[] {
  const named = (at: readonly number[], data: Float64Array): HostTensor => ({
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

function reduced(
  { primitive, attributes }: Instruction,
  [first, second]: readonly Operand[],
  { shape }: TensorSpec,
  reductions: Reductions,
): Element[] | undefined {
  if (first === undefined) return undefined;
  const { axis, axes } = attributes;
  const along = typeof axis === 'number' ? [axis] : Array.isArray(axes) ? (axes as readonly number[]) : [];
  const [place = 0] = along;
  const { dtype } = first.spec;
  const numeric = numericOf(dtype);
  const x = first.elements;
  switch (coreNameOf(primitive)) {
    case 'sum':
      return numeric && reductions.sum(x, first.spec.shape, along, numeric);
    case 'max':
      return numeric && reductions.max(x, first.spec.shape, along, numeric);
    case 'argmax':
      return numeric && reductions.argmax(x, first.spec.shape, place, numeric);
    case 'matmul': {
      const [rows = 0, inner = 0] = first.spec.shape.slice(-2);
      const extents = [sizeOf(shape.slice(0, -2)), rows, inner, shape.at(-1) ?? 0] as const;
      return second && (dtype === 'float32' || dtype === 'float64')
        ? reductions.product(x, second.elements, extents, dtype)
        : undefined;
    }
    case 'gather': {
      const source = first.spec.shape;
      return second && reductions.gather(x, second.elements, around(source, place), dtype);
    }
    case 'scatterAdd':
      return second && numeric && reductions.scatterAdd(x, second.elements, around(shape, place), numeric);
    default:
      return undefined;
  }
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
  { primitive, inputs, outputs }: Instruction,
  specOf: (value: number) => TensorSpec,
): number {
  const [output] = outputs;
  const made = output === undefined ? 0 : sizeOf(output.shape);
  const given = inputs.reduce((total, value) => total + sizeOf(specOf(value).shape), 0);
  const [first, second] = inputs.map((value) => specOf(value).shape);
  if (primitive.kind === 'contraction') return made * Math.max(1, first?.at(-1) ?? 1);
  if (primitive.kind === 'indexing')
    return given + sizeOf(second ?? []) * Math.max(made, sizeOf(first ?? []));
  return Math.max(made, given);
}
