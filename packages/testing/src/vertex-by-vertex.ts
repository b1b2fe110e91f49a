import { type Tensor, tensorOf, type Value, type Vertex } from '@pullback/core';
import { ConformanceError } from './case.ts';
import { placeOf } from './numbers-as-text.ts';

/**
 * The numbers of Values as they were written: every vertex by its own meaning, nothing merged, folded or left out. What a trace and a
 * compiler make of the same graph is held against it.
 * @throws ConformanceError when a primitive changes what it reads.
 */
export function vertexByVertex(
  inputs: readonly Value[],
  outputs: readonly Value[],
): (given: readonly Float64Array[]) => Tensor[] {
  const vertices = upstream(outputs, inputs);
  return (given) => {
    const known = new Map<Value, Tensor>();
    inputs.forEach((input, i) => {
      const tensor = tensorOf(input.spec);
      tensor.data.set(given[i] ?? []);
      known.set(input, tensor);
    });
    const at = (value: Value): Tensor => known.get(value) ?? tensorOf(value.spec);
    for (const { node, inputs: operands, attributes, expansion, outputs: made } of vertices) {
      if (node.kind === 'composite') {
        expansion?.forEach((meant, i) => {
          const output = made[i];
          if (output !== undefined) known.set(output, at(meant));
        });
        continue;
      }
      const [first, ...others] = made.map(({ spec }) => tensorOf(spec));
      if (first === undefined) continue;
      const read = operands.map(at);
      const before = read.map(({ data }) => data.slice());
      node.evaluate(read, [first, ...others], attributes);
      read.forEach(({ data }, i) => {
        const changed = data.findIndex((x, k) => !Object.is(x, before[i]?.[k]));
        if (changed >= 0)
          throw new ConformanceError({
            what: `'${node.name}' changes its input ${i}`,
            got: `${data[changed]} at ${placeOf(changed, read[i]?.shape ?? [])} after it was evaluated`,
            expected: String(before[i]?.[changed]),
          });
      });
      made.forEach((output, i) => {
        known.set(output, [first, ...others][i] ?? first);
      });
    }
    return outputs.map(at);
  };
}

/** All that `outputs` are computed from, oldest first; composites behind what they built. */
export function upstream(outputs: readonly Value[], inputs: readonly Value[]): Vertex[] {
  const stop = new Set(inputs);
  const seen = new Set<Vertex>();
  const waiting = [...outputs];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (stop.has(value) || seen.has(value.vertex)) continue;
    seen.add(value.vertex);
    waiting.push(...(value.vertex.expansion ?? value.inputs));
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
