import type { TensorSpec } from '@pullback/core';
import { type Kernel, readBy, writtenBy } from './kernel.ts';
import { identity } from './key.ts';

/** A kernel without the names of its buffers. */
export interface Structure {
  /** Equal where kernels do the same to other buffers. */
  readonly key: string;
  /** Its buffers, in an order that is the same for equal kernels. */
  readonly buffers: readonly number[];
}

/**
 * The whole structure of a kernel in writing: its fields, with buffers as places in a list. Primitives, formulas and arrays of numbers count by reference,
 * origins are left out.
 */
export function structureOf(kernel: Kernel, specs: ReadonlyMap<number, TensorSpec>): Structure {
  const buffers = [...new Set([...readBy(kernel), ...writtenBy(kernel)])];
  const places = new Map(buffers.map((buffer, i) => [buffer, i]));
  const place = (buffer: unknown) => places.get(Number(buffer));
  const write = (name: string, value: unknown): unknown => {
    if (name === 'origins') return undefined;
    if (name === 'buffer') return place(value);
    if (typeof value === 'number')
      return Number.isFinite(value) && !Object.is(value, -0) ? value : `${value} ${1 / value}`;
    if (name === 'primitive' || name === 'formula' || ArrayBuffer.isView(value))
      return value && { identity: identity(value) };
    return value;
  };
  if (kernel.kind !== 'whole') return { key: JSON.stringify(kernel, write), buffers };
  const { instruction, inputs, outputs, shapes } = kernel;
  const { primitive, attributes } = instruction;
  const spec = (buffer: number) => specs.get(buffer);
  const named = { inputs: inputs.map(place), outputs: outputs.map(place), specs: buffers.map(spec) };
  return { key: JSON.stringify({ kind: 'whole', primitive, attributes, shapes, ...named }, write), buffers };
}
