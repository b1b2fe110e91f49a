import { InternalError, sameView } from '@pullback/core';
import { Queue } from '../fuse/queue.ts';
import type { Kernel, LoopKernel, ProductKernel } from '../kernels/kernel.ts';
import { readBy, writtenBy } from '../kernels/kernel.ts';

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
  const nodes = groups.map((kernels) => ({
    kernels,
    reads: [...new Set(kernels.flatMap(readBy))],
    writes: [...new Set(kernels.flatMap(writtenBy))],
  }));
  const writers = new Map<number, number>();
  nodes.forEach(({ writes }, i) => {
    for (const root of writes) writers.set(root, i);
  });
  const aside = new Set<number>();
  const overwritten = new Map<number, readonly number[]>();
  outputs.forEach((root, i) => {
    const inputs = aliases[i] ?? [];
    if (inputs.length === 0) return;
    const kernels = groups[writers.get(root) ?? -1] ?? [];
    // What a later kernel of the group reads, an earlier one has written over.
    const isLate = (kernel: Kernel, place: number, input: number) =>
      place > 0 && readBy(kernel).includes(input);
    const unsafe = kernels.some((kernel, place) =>
      inputs.some((input) => isLate(kernel, place, input) || !isSafe(kernel, root, input)),
    );
    if (unsafe) aside.add(root);
    else overwritten.set(root, [...inputs]);
  });

  const readers = new Map<number, number[]>();
  nodes.forEach(({ reads }, i) => {
    for (const root of reads) {
      const known = readers.get(root);
      if (known === undefined) readers.set(root, [i]);
      else known.push(i);
    }
  });
  const queue = new Queue(nodes.length);
  nodes.forEach(({ reads, writes }, i) => {
    for (const root of reads) queue.follow(i, writers.get(root) ?? i);
    // New numbers are written when the old ones have been read.
    for (const root of writes)
      for (const input of overwritten.get(root) ?? [])
        for (const reader of readers.get(input) ?? []) queue.follow(i, reader);
  });
  const ordered: Kernel[] = [];
  const results = nodes.flatMap(({ writes }, node) =>
    writes.filter((root) => overwritten.has(root)).map((root) => ({ node, root })),
  );
  let circles = 0;
  while (queue.left > 0) {
    const next = queue.next();
    if (next !== undefined) {
      ordered.push(...(nodes[next]?.kernels ?? []));
      continue;
    }
    // A circle: one of the results has to wait.
    while (circles < results.length && queue.isDone(results[circles]?.node ?? 0)) circles++;
    const waiting = results[circles++];
    if (waiting === undefined)
      throw new InternalError({ got: 'kernels that wait for each other', expected: 'an order' });
    aside.add(waiting.root);
    for (const input of overwritten.get(waiting.root) ?? [])
      for (const reader of readers.get(input) ?? []) queue.unfollow(waiting.node, reader);
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
