import type { Attribute } from '../graph/attributes.ts';
import { describeOrigin } from '../graph/origin.ts';
import type { Program } from '../graph/value.ts';
import type { TensorSpec } from '../tensors/dtype.ts';
import { formatShape } from '../tensors/shape.ts';

/** A readable listing, one instruction a line; the body of a repetition stands behind it, moved in. */
export function formatProgram({ inputs, body, outputs }: Program): string {
  const lines = inputs.map((spec, i) => `%${i}: ${formatSpec(spec)} = input`);
  for (const { primitive, attributes, inputs: operands, first, outputs: specs, origins } of body) {
    const made = specs.map((spec, i) => `%${first + i}: ${formatSpec(spec)}`).join(', ');
    const given = Object.entries(attributes)
      .filter(([name]) => name !== 'shape' && name !== 'dtype')
      .map(([name, value]) => `${name}=${formatAttribute(value)}`);
    const call = [primitive.name, ...given, ...operands.map((operand) => `%${operand}`)].join(' ');
    lines.push(`${made} = ${call}  # ${origins.map(describeOrigin).join(', ')}`);
    if (primitive.form?.kind === 'repeat')
      lines.push(formatProgram(primitive.form.repeat(attributes).body).replace(/^/gm, '  '));
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
