import { type Tensor, type TensorSpec, tensorOf, type Value, type Vertex } from '@pullback/core';
import { ConformanceError } from './case.ts';
import { placeOf } from './numbers-as-text.ts';

/**
 * The numbers of Values as they were written: every vertex by its own meaning, nothing merged, folded or left out. The results of a
 * trace and a compiler of the same graph are held against them.
 * @param widened what a float that comes from no input was meant to be: given, every float32 is held as a float64.
 * @throws ConformanceError when a primitive changes what it reads.
 */
export function vertexByVertex(
  inputs: readonly Value[],
  outputs: readonly Value[],
  widened?: (x: number) => number,
): (given: readonly Float64Array[]) => Tensor[] {
  const made = ({ shape, dtype }: TensorSpec): Tensor =>
    tensorOf({ shape, dtype: widened !== undefined && dtype === 'float32' ? 'float64' : dtype });
  const vertices = upstream(outputs, inputs);
  return (given) => {
    const known = new Map<Value, Tensor>();
    inputs.forEach((input, i) => {
      const tensor = tensorOf(input.spec);
      tensor.data.set(given[i] ?? []);
      known.set(input, tensor);
    });
    const at = (value: Value): Tensor => known.get(value) ?? tensorOf(value.spec);
    for (const { node, inputs: operands, attributes, expansion, outputs: results } of vertices) {
      if (node.kind === 'composite') {
        expansion?.forEach((meant, i) => {
          const output = results[i];
          if (output !== undefined) known.set(output, at(meant));
        });
        continue;
      }
      const [first, ...others] = results.map(({ spec }) => made(spec));
      if (first === undefined) continue;
      const read = operands.map(at);
      const before = read.map(({ data }) => data.slice());
      const wide = widened !== undefined && attributes['dtype'] === 'float32';
      node.evaluate(read, [first, ...others], wide ? { ...attributes, dtype: 'float64' } : attributes);
      read.forEach(({ data }, i) => {
        const changed = data.findIndex((x, k) => !Object.is(x, before[i]?.[k]));
        if (changed >= 0)
          throw new ConformanceError({
            what: `'${node.name}' changes its input ${i}`,
            got: `${data[changed]} at ${placeOf(changed, read[i]?.shape ?? [])} after it was evaluated`,
            expected: String(before[i]?.[changed]),
          });
      });
      results.forEach((output, i) => {
        const tensor = [first, ...others][i] ?? first;
        if (widened !== undefined && output.dtype.startsWith('float') && operands.length === 0)
          tensor.data.set(Array.from(tensor.data, widened));
        known.set(output, tensor);
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
