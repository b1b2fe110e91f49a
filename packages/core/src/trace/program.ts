import type { Attribute, Attributes } from '../graph/attributes.ts';
import { describeOrigin, type Origin } from '../graph/origin.ts';
import type { Primitive } from '../graph/value.ts';
import type { TensorSpec } from '../tensors/dtype.ts';
import { formatShape } from '../tensors/shape.ts';

/** One primitive applied to numbered values. */
export interface Instruction {
  readonly primitive: Primitive;
  readonly attributes: Attributes;
  /** Numbers of the values that it reads. */
  readonly inputs: readonly number[];
  /** The number of its first output; the others follow. */
  readonly first: number;
  readonly outputs: readonly TensorSpec[];
  /** Every place of the graph that this stands for: merging keeps them all. */
  readonly origins: readonly Origin[];
}

/**
 * A graph as flat data, in order of execution: all that a backend ever sees. The inputs are the values 0 .. n-1, those
 * that the body makes are numbered on from there.
 */
export interface Program {
  readonly inputs: readonly TensorSpec[];
  readonly body: readonly Instruction[];
  readonly outputs: readonly number[];
}

/** A readable listing, one instruction a line. */
export function formatProgram({ inputs, body, outputs }: Program): string {
  const lines = inputs.map((spec, i) => `%${i}: ${formatSpec(spec)} = input`);
  for (const { primitive, attributes, inputs: operands, first, outputs: specs, origins } of body) {
    const made = specs.map((spec, i) => `%${first + i}: ${formatSpec(spec)}`).join(', ');
    const given = Object.entries(attributes)
      .filter(([name]) => name !== 'shape' && name !== 'dtype')
      .map(([name, value]) => `${name}=${formatAttribute(value)}`);
    const call = [primitive.name, ...given, ...operands.map((operand) => `%${operand}`)].join(' ');
    lines.push(`${made} = ${call}  # ${origins.map(describeOrigin).join(', ')}`);
  }
  return [...lines, `return ${outputs.map((output) => `%${output}`).join(', ')}`].join('\n');
}

function formatSpec({ shape, dtype }: TensorSpec): string {
  return `${dtype}${formatShape(shape)}`;
}

function formatAttribute(value: Attribute): string {
  if (typeof value !== 'object') return Object.is(value, -0) ? '-0' : String(value);
  return Array.isArray(value) ? formatShape(value) : `<${value.length} elements>`;
}
