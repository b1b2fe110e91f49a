import { InternalError, sameView } from '@pullback/core';
import { Queue } from '../fuse/queue.ts';
import type { Kernel } from '../kernels/kernel.ts';
import { readBy, writtenBy } from '../kernels/kernel.ts';

/** Which inputs share their memory with each output. */
export type Aliases = readonly (readonly number[])[];

/** A result that many kernels write over an input that many read is written aside. */
const mostPairs = 4096;

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
  const [readers, writers] = [placesOf(nodes, 'reads'), placesOf(nodes, 'writes')];
  const aside = new Set<number>();
  const overwritten = new Map<number, readonly number[]>();
  outputs.forEach((root, i) => {
    const inputs = aliases[i] ?? [];
    if (inputs.length === 0) return;
    const kernels = (writers.get(root) ?? []).map((node) => groups[node] ?? []);
    // What a later kernel of the group reads, an earlier one has written over.
    const isLate = (kernel: Kernel, place: number, input: number) =>
      place > 0 && readBy(kernel).includes(input);
    const unsafe = kernels.some((group) =>
      group.some((kernel, place) =>
        inputs.some((input) => isLate(kernel, place, input) || !isSafe(kernel, root, input)),
      ),
    );
    const pairs = inputs.reduce((n, input) => n + kernels.length * (readers.get(input)?.length ?? 0), 0);
    if (unsafe || pairs > mostPairs) aside.add(root);
    else overwritten.set(root, [...inputs]);
  });

  const queue = new Queue(nodes.length);
  /** All that write new numbers wait until those that read the old ones have done so. */
  const eachPair = (root: number, visit: (writer: number, reader: number) => void): void => {
    for (const writer of writers.get(root) ?? [])
      for (const input of overwritten.get(root) ?? [])
        for (const reader of readers.get(input) ?? []) visit(writer, reader);
  };
  nodes.forEach(({ reads }, i) => {
    for (const root of reads) for (const writer of writers.get(root) ?? []) queue.follow(i, writer);
  });
  for (const root of overwritten.keys()) eachPair(root, (writer, reader) => queue.follow(writer, reader));
  const ordered: Kernel[] = [];
  const results = [...overwritten.keys()];
  let circles = 0;
  while (queue.left > 0) {
    const next = queue.next();
    if (next !== undefined) {
      ordered.push(...(nodes[next]?.kernels ?? []));
      continue;
    }
    // A circle: one of the results has to wait.
    const isWritten = (root = -1) => (writers.get(root) ?? []).every((writer) => queue.isDone(writer));
    while (circles < results.length && isWritten(results[circles])) circles++;
    const waiting = results[circles++];
    if (waiting === undefined)
      throw new InternalError({ got: 'kernels that wait for each other', expected: 'an order' });
    aside.add(waiting);
    eachPair(waiting, (writer, reader) => queue.unfollow(writer, reader));
  }
  return { kernels: ordered, aside };
}

/** The nodes that read, or write, each value. */
function placesOf<K extends string>(nodes: readonly Readonly<Record<K, readonly number[]>>[], kind: K) {
  const places = new Map<number, number[]>();
  for (const [i, node] of nodes.entries())
    for (const root of node[kind]) {
      const known = places.get(root);
      if (known === undefined) places.set(root, [i]);
      else known.push(i);
    }
  return places;
}

/**
 * Whether a kernel may write `root` over `input`: it reads each element of it no later than it writes there. At each point, all statements
 * come before all stores.
 */
function isSafe(kernel: Kernel, root: number, input: number): boolean {
  if (kernel.kind === 'whole') return !kernel.inputs.includes(input);
  const stores = kernel.stores.filter(({ buffer }) => buffer === root);
  if (stores.length === 0) return !readBy(kernel).includes(input);
  if (kernel.kind === 'product' && (kernel.a.buffer === input || kernel.b.buffer === input)) return false;
  return kernel.statements.every((statement) => {
    if (statement.kind === 'gather' && statement.buffer === input) return false;
    return statement.inputs.every((read) => {
      if (read.kind !== 'load' || read.buffer !== input) return true;
      return stores.some(
        ({ view, statement: stored }) =>
          sameView(read.view, view) &&
          (kernel.kind === 'product' ||
            kernel.order === 'map' ||
            (statement.isLate && kernel.statements[stored]?.isLate === true)),
      );
    });
  });
}
