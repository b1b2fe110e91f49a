import type { Value, Vertex } from './value.ts';

/** The Values that a gradient flows on to: the inputs, or those that `forward` built where the chain rule does the work. */
export function sources(vertex: Vertex): readonly Value[] {
  return vertex.node.vjp === undefined && vertex.expansion !== undefined ? vertex.expansion : vertex.inputs;
}

/**
 * The vertices that `values` depend on, oldest first.
 * @param behind what a vertex depends on.
 * @param known Values behind which nothing is looked for.
 */
export function upstream(
  values: readonly Value[],
  behind: (vertex: Vertex) => readonly Value[],
  known: { has(value: Value): boolean } = new Set<Value>(),
): Vertex[] {
  const seen = new Set<Vertex>();
  // A stack of its own: a graph may be deeper than the call stack.
  const waiting = [...values];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (known.has(value) || seen.has(value.vertex)) continue;
    seen.add(value.vertex);
    for (const source of behind(value.vertex)) waiting.push(source);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
