import { bytesOf, describeOrigins, formatShape, sizeOf, type View } from '@pullback/core';
import {
  type FactorLoad,
  type Input,
  type Kernel,
  type LoopKernel,
  type ProductKernel,
  type Repeated,
  readBy,
  type Statement,
  type WholeKernel,
  writtenBy,
} from './kernels/kernel.ts';
import { structureOf } from './kernels/structure.ts';
import type { Plan } from './plan.ts';

/** Multiplications and additions of a kernel, each as one. */
export function flopsOf(kernel: Kernel): number {
  if (kernel.kind === 'whole') {
    const { step, length } = kernel.repeated ?? { step: undefined, length: 0 };
    return (step?.kernels ?? []).reduce((sum, each) => sum + length * flopsOf(each), 0);
  }
  const points = (varies: readonly boolean[]) =>
    kernel.space.reduce((n, extent, axis) => (varies[axis] === true ? n * extent : n), 1);
  const product = kernel.kind === 'product' ? 2 * sizeOf(kernel.space) * kernel.inner : 0;
  return kernel.statements.reduce(
    (sum, { kind, varies }) =>
      sum + (kind === 'product' ? 0 : kind === 'reduce' ? sizeOf(kernel.space) : points(varies)),
    product,
  );
}

/** The bytes of the buffers that a kernel reads and writes, as far as it goes over them. */
export function trafficOf(kernel: Kernel, { specs }: Pick<Plan, 'specs'>): number {
  const most = kernel.kind === 'whole' ? new Map<number, number>() : elementsOf(kernel);
  return [...new Set([...readBy(kernel), ...writtenBy(kernel)])].reduce((sum, value) => {
    const spec = specs.get(value);
    if (spec === undefined) return sum;
    return sum + Math.min(sizeOf(spec.shape), most.get(value) ?? Infinity) * bytesOf(spec.dtype);
  }, 0);
}

/** How many elements of each buffer the views of a kernel reach, at most. */
function elementsOf({ space, statements, stores }: LoopKernel | ProductKernel): Map<number, number> {
  const reached = new Map<number, number>();
  const reach = (buffer: number, { strides }: View): void => {
    const points = space.reduce((n, extent, axis) => (strides[axis] === 0 ? n : n * extent), 1);
    reached.set(buffer, (reached.get(buffer) ?? 0) + points);
  };
  for (const { inputs } of statements)
    for (const input of inputs) if (input.kind === 'load') reach(input.buffer, input.view);
  for (const { buffer, view } of stores) reach(buffer, view);
  for (const statement of statements) if (statement.kind === 'gather') reached.delete(statement.buffer);
  return reached;
}

/** One kernel in words: what it goes over, what it computes and writes, and where that comes from. */
export function describeKernel(kernel: Kernel): string {
  if (kernel.kind === 'whole' && kernel.repeated !== undefined)
    return describeRepeated(kernel, kernel.repeated);
  if (kernel.kind === 'whole')
    return `${kernel.instruction.primitive.name} as a whole ${list(kernel.inputs)} -> ${list(kernel.outputs)}`;
  const head =
    kernel.kind === 'product'
      ? `product ${formatShape(kernel.space)} over ${kernel.inner}: ${describeFactor(kernel.a, false)} by ${describeFactor(kernel.b, true)}`
      : `${kernel.order} ${formatShape(kernel.space.slice(0, kernel.outer))}${formatShape(kernel.space.slice(kernel.outer))}`;
  const lines = kernel.statements.map((statement, i) => {
    const store = kernel.stores
      .filter((each) => each.statement === i)
      .map((each) => ` -> %${each.buffer}${each.isPart ? describeView(each) : ''}`);
    return `  ${i}: ${describeStatement(statement, kernel.space)}${store.join('')}`;
  });
  return [head, ...lines].join('\n');
}

/** How often a step is done, and its kernels, in which %0, %1 ... are what it is given. */
function describeRepeated({ instruction, inputs, outputs }: WholeKernel, { length, step }: Repeated): string {
  const head = `${instruction.primitive.name} of ${length} steps ${list(inputs)} -> ${list(outputs)}`;
  return [head, ...step.kernels.map((kernel) => describeKernel(kernel).replace(/^/gm, '  '))].join('\n');
}

function describeStatement(statement: Statement, space: readonly number[]): string {
  const inputs = statement.inputs.map(describeInput).join(' ');
  const along = space.flatMap((_, axis) => (statement.varies[axis] ? [axis] : []));
  const name =
    statement.kind === 'reduce' ? `${statement.name} along the ${statement.along} axes` : statement.name;
  const from = statement.kind === 'gather' ? ` %${statement.buffer}` : '';
  return `${statement.dtype}{${along.join()}} ${name}${from} ${inputs}`.trimEnd();
}

function describeInput(input: Input): string {
  switch (input.kind) {
    case 'statement':
      return String(input.statement);
    case 'number':
      return `#${Object.is(input.number, -0) ? '-0' : input.number}`;
    case 'load':
      return `%${input.buffer}${describeView(input)}`;
    case 'index':
      return `place${describeView(input)}`;
    default:
      return input satisfies never;
  }
}

function describeView({ view: { offset, strides } }: { readonly view: View }): string {
  return `(${strides.join()}${offset === 0 ? '' : ` from ${offset}`})`;
}

/** A factor by its buffer and strides, of B the inner ones first; where it takes several axes, their extents stand behind it. */
function describeFactor({ buffer, view, lines, steps, bounds }: FactorLoad, isB: boolean): string {
  const batches = view.strides.length - lines.length - steps.length;
  const own = view.strides.slice(batches);
  const [down, along] = [own.slice(0, lines.length), own.slice(lines.length)];
  const [first, second] = isB ? [along, down] : [down, along];
  const strides = [...view.strides.slice(0, batches), ...first, ...second];
  const extents = [formatShape(lines), formatShape(steps)];
  const axes = own.length === 2 ? '' : ` as ${(isB ? extents.reverse() : extents).join('')}`;
  const outside = bounds.length === 0 ? '' : ', 0 outside';
  return `%${buffer}${describeView({ view: { ...view, strides } })}${axes}${outside}`;
}

function list(values: readonly number[]): string {
  return values.map((value) => `%${value}`).join(' ');
}

/**
 * A listing of a Program's kernels with flops and bytes, those that are equal but for their buffers once, how much memory they share, and
 * why each kernel that could have been part of another is one of its own.
 */
export function explain(plan: Plan): string {
  const { kernels, arena, copies, reasons } = plan;
  const alike = new Map<string, { readonly first: number; readonly kernels: Kernel[] }>();
  kernels.forEach((kernel, first) => {
    const { key } = structureOf(kernel, plan.specs);
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { first, kernels: [kernel] });
    else known.kernels.push(kernel);
  });
  const lines = [...alike.values()].flatMap(({ first, kernels: same }) => {
    const [kernel] = same;
    if (kernel === undefined) return [];
    const times = same.length === 1 ? '' : `x ${same.length}, each `;
    const figures = `${times}${count(flopsOf(kernel))}flop, ${count(trafficOf(kernel, plan))}B`;
    const origins = describeOrigins(same.flatMap((each) => each.origins));
    const from = origins === '' ? '' : `\n  from ${origins}`;
    return [`${first}. ${describeKernel(kernel)}\n  ${figures}${from}`];
  });
  const different = alike.size === kernels.length ? '' : ` (${alike.size} different)`;
  return [
    `${kernels.length} kernels${different}, ${count(kernels.reduce((sum, kernel) => sum + flopsOf(kernel), 0))}flop, arena ${count(arena.bytes)}B (${count(arena.unshared)}B without sharing)`,
    ...lines,
    ...(copies.length === 0 ? [] : [`copied at the end: ${list(copies.map(({ from }) => from))}`]),
    ...(reasons.length === 0 ? [] : ['not fused:', ...reasons.map((reason) => `  ${reason}`)]),
  ].join('\n');
}

function count(n: number): string {
  if (n >= 1e9) return `${(n / 1e9).toPrecision(3)} G`;
  if (n >= 1e6) return `${(n / 1e6).toPrecision(3)} M`;
  return n >= 1e3 ? `${(n / 1e3).toPrecision(3)} k` : `${n} `;
}
