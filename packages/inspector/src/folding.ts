import type { GraphData, Numbers } from './data.ts';
import { normOf } from './numbers.ts';

/** An item is drawn as one box: a node, or a group that is closed. */
export interface Item {
  readonly node: number | undefined;
  readonly group: number | undefined;
  /** The nodes in it, in their order. */
  readonly nodes: readonly number[];
  /** The values that it makes and others read; of one that nobody reads, all that its last node makes. */
  readonly outputs: readonly number[];
}

/** All readings of one value by one item. */
export interface FoldedEdge {
  /** Places of items. */
  readonly from: number;
  readonly to: number;
  readonly value: number;
  /** Places of the edges that this stands for: J^T g is their sum. */
  readonly edges: readonly number[];
}

export interface Folded {
  /** In the order in which they are done. */
  readonly items: readonly Item[];
  readonly edges: readonly FoldedEdge[];
}

/** The graph with the groups of `open` open, as far as those around them are. */
export function fold(graph: GraphData, open: ReadonlySet<number>): Folded {
  const { nodes, values, edges, loss } = graph;
  const drafts = new Map<string, { node?: number; group?: number; nodes: number[] }>();
  nodes.forEach(({ groups }, node) => {
    const group = groups.find((each) => !open.has(each));
    const key = group === undefined ? `node ${node}` : `group ${group}`;
    const draft = drafts.get(key) ?? { ...(group === undefined ? { node } : { group }), nodes: [] };
    draft.nodes.push(node);
    drafts.set(key, draft);
  });
  const ordered = [...drafts.values()].sort((a, b) => (a.nodes.at(-1) ?? 0) - (b.nodes.at(-1) ?? 0));
  const itemOf = new Map(ordered.flatMap(({ nodes: inside }, i) => inside.map((node) => [node, i] as const)));
  const merged = new Map<string, { from: number; to: number; value: number; edges: number[] }>();
  edges.forEach(({ value, to: reader }, i) => {
    const from = itemOf.get(values[value]?.node ?? -1);
    const to = itemOf.get(reader);
    if (from === undefined || to === undefined || from === to) return;
    const key = `${value} ${to}`;
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { from, to, value, edges: [i] });
    else known.edges.push(i);
  });
  const read = new Set([...merged.values()].map(({ value }) => value)).add(loss);
  const items = ordered.map(({ node, group, nodes: inside }): Item => {
    const made = inside.flatMap((each) => nodes[each]?.outputs ?? []);
    const outputs = made.filter((value) => read.has(value));
    const last = nodes[inside.at(-1) ?? -1]?.outputs ?? [];
    return { node, group, nodes: inside, outputs: outputs.length > 0 ? outputs : last };
  });
  return { items, edges: [...merged.values()] };
}

/** The groups to open at first: those that weights are in, all of a depth or none, while at most `most` boxes are seen. */
export function openedUpTo(graph: GraphData, most: number): Set<number> {
  const levels: Set<number>[] = [];
  for (const { groups, kind } of graph.nodes)
    if (kind === 'weight')
      for (const [depth, group] of groups.entries()) levels[depth] = (levels[depth] ?? new Set()).add(group);
  let open = new Set<number>();
  for (const level of levels) {
    const more = new Set([...open, ...level]);
    if (open.size > 0 && fold(graph, more).items.length > most) break;
    open = more;
  }
  return open;
}

/** The sum of tensors of one shape, as far as they were sampled. */
export function summed(parts: readonly (Numbers | undefined)[]): Numbers | undefined {
  const there = parts.filter((part) => part !== undefined);
  const [first, ...others] = there;
  if (first === undefined || others.length === 0) return first;
  const sample = Float64Array.from(first.sample, (x, i) =>
    others.reduce((sum, other) => sum + (other.sample[i] ?? 0), x),
  );
  // The norm of a sum is not known where the elements are not: as if the others were like those that are.
  const norm = normOf(sample) * Math.sqrt(first.count / Math.max(1, sample.length));
  return { ...first, sample, norm: there.every((part) => Number.isFinite(part.norm)) ? norm : Number.NaN };
}
