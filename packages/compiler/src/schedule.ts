import { sameView } from '@pullback/core';
import type { Kernel, LoopKernel, ProductKernel } from './kernel.ts';
import { readBy, writtenBy } from './kernel.ts';

/** Which inputs share their memory with each output. */
export type Aliases = readonly (readonly number[])[];

export interface Scheduled {
  readonly kernels: readonly Kernel[];
  /** Outputs that are written aside and copied when all kernels are done: their old contents are read until then. */
  readonly aside: ReadonlySet<number>;
}

/**
 * Kernels in an order in which the old numbers of an input are read before new ones are written over them (2.6: the gradient uses the old
 * W). Where no order does that, the new ones are written aside.
 */
export function schedule(
  groups: readonly (readonly Kernel[])[],
  outputs: readonly number[],
  aliases: Aliases,
): Scheduled {
  const aside = new Set<number>();
  const overwritten = new Map<number, number[]>();
  outputs.forEach((root, i) => {
    const inputs = aliases[i] ?? [];
    if (inputs.length === 0) return;
    const writers = groups.find((group) => group.some((kernel) => writtenBy(kernel).includes(root))) ?? [];
    // What a later kernel of the group reads, an earlier one has written over.
    const isLate = (kernel: Kernel, place: number, input: number) =>
      place > 0 && readBy(kernel).includes(input);
    const unsafe = writers.some((kernel, place) =>
      inputs.some((input) => isLate(kernel, place, input) || !isSafe(kernel, root, input)),
    );
    if (unsafe) aside.add(root);
    else overwritten.set(root, [...inputs]);
  });

  const nodes = groups.map((kernels) => ({
    kernels,
    reads: new Set(kernels.flatMap(readBy)),
    writes: new Set(kernels.flatMap(writtenBy)),
  }));
  const left = new Set(nodes);
  const ordered: Kernel[] = [];
  const ready = (node: (typeof nodes)[number]): boolean => {
    for (const other of left) {
      if (other === node) continue;
      for (const root of node.reads) if (other.writes.has(root)) return false;
      for (const root of node.writes)
        if (!aside.has(root))
          for (const input of overwritten.get(root) ?? []) if (other.reads.has(input)) return false;
    }
    return true;
  };
  while (left.size > 0) {
    const next = [...left].find(ready);
    if (next !== undefined) {
      left.delete(next);
      ordered.push(...next.kernels);
      continue;
    }
    // A circle: one of the results has to wait.
    const root = [...left]
      .flatMap(({ writes }) => [...writes])
      .find((made) => overwritten.has(made) && !aside.has(made));
    if (root === undefined) throw new Error('kernels that wait for each other');
    aside.add(root);
  }
  return { kernels: ordered, aside };
}

/**
 * Whether a kernel may write `root` over `input`: it reads each element of it no later than it writes there. At each point, all statements
 * come before all stores.
 */
function isSafe(kernel: Kernel, root: number, input: number): boolean {
  if (kernel.kind === 'whole') return !kernel.inputs.includes(input);
  const store = kernel.stores.find(({ buffer }) => buffer === root);
  if (store === undefined) return !readBy(kernel).includes(input);
  if (kernel.kind === 'product' && (kernel.a.buffer === input || kernel.b.buffer === input)) return false;
  const late = lateStatements(kernel);
  return kernel.statements.every((statement, i) => {
    if (statement.kind === 'gather' && statement.buffer === input) return false;
    return statement.inputs.every((read) => {
      if (read.kind !== 'load' || read.buffer !== input) return true;
      if (!sameView(read.view, store.view)) return false;
      return (
        kernel.kind === 'product' || kernel.order === 'map' || (late.has(i) && late.has(store.statement))
      );
    });
  });
}

/** The statements whose results are known only when all outer points are done. */
export function lateStatements({ statements }: LoopKernel | ProductKernel): ReadonlySet<number> {
  const late = new Set<number>();
  statements.forEach((statement, i) => {
    const sums = statement.kind === 'reduce' && statement.along === 'outer';
    const follows = statement.inputs.some((input) => input.kind === 'statement' && late.has(input.statement));
    if (sums || follows) late.add(i);
  });
  return late;
}
