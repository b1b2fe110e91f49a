import { identityOf, type TensorSpec, type View } from '@pullback/core';
import {
  type Input,
  type Kernel,
  type LoopKernel,
  type ProductKernel,
  readBy,
  type Statement,
  writtenBy,
} from './kernel.ts';

/** A buffer, and the first of its elements that the views of a kernel begin at. */
export interface From {
  readonly buffer: number;
  readonly offset: number;
}

/** A kernel without the names of its buffers. */
export interface Structure {
  /** Equal where kernels do the same to other buffers, or to other regions of them. */
  readonly key: string;
  /** Where its buffers are begun, in an order that is the same for equal kernels. */
  readonly from: readonly From[];
  /** The kernel with views that count from there. */
  readonly kernel: Kernel;
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
      return value && { identity: identityOf(value) };
    return value;
  };
  if (kernel.kind !== 'whole') {
    const starts = startsOf(kernel);
    const moved = [...starts.values()].some((offset) => offset !== 0) ? begunAt(kernel, starts) : kernel;
    const from = buffers.map((buffer) => ({ buffer, offset: starts.get(buffer) ?? 0 }));
    return { key: JSON.stringify(moved, write), from, kernel: moved };
  }
  const { instruction, inputs, outputs, shapes } = kernel;
  const { primitive, attributes } = instruction;
  const spec = (buffer: number) => specs.get(buffer);
  const named = { inputs: inputs.map(place), outputs: outputs.map(place), specs: buffers.map(spec) };
  const key = JSON.stringify({ kind: 'whole', primitive, attributes, shapes, ...named }, write);
  return { key, from: buffers.map((buffer) => ({ buffer, offset: 0 })), kernel };
}

interface Access {
  readonly buffer: number;
  readonly view: View;
}

type Looped = LoopKernel | ProductKernel;

/** The least offset at which a view of each buffer begins; those of padding may begin before it, and count from its start. */
function startsOf(kernel: Looped): Map<number, number> {
  const starts = new Map<number, number>();
  const note = ({ buffer, view }: Access): void => {
    starts.set(buffer, Math.max(0, Math.min(view.offset, starts.get(buffer) ?? Infinity)));
  };
  for (const statement of kernel.statements) {
    for (const input of statement.inputs) if (input.kind === 'load') note(input);
    if (statement.kind === 'gather') note(statement);
  }
  kernel.stores.forEach(note);
  if (kernel.kind === 'product') [kernel.a, kernel.b].forEach(note);
  return starts;
}

function begunAt(kernel: Looped, starts: ReadonlyMap<number, number>): Looped {
  const moved = <T extends Access>(access: T): T => {
    const { offset, strides } = access.view;
    return { ...access, view: { offset: offset - (starts.get(access.buffer) ?? 0), strides } };
  };
  const inputOf = (input: Input): Input => (input.kind === 'load' ? moved(input) : input);
  const statements = kernel.statements.map((statement): Statement => {
    const inputs = statement.inputs.map(inputOf);
    return statement.kind === 'gather' ? { ...moved(statement), inputs } : { ...statement, inputs };
  });
  const stores = kernel.stores.map(moved);
  return kernel.kind === 'product'
    ? { ...kernel, statements, stores, a: moved(kernel.a), b: moved(kernel.b) }
    : { ...kernel, statements, stores };
}
