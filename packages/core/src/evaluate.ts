import { allocateArray } from './dtype.ts';
import { CapturedValueError } from './errors.ts';
import { describeOrigin } from './origin.ts';
import { sizeOf } from './shape.ts';
import { fit, type Tensor, type TensorLike } from './tensor.ts';
import type { Value, Vertex } from './value.ts';

/**
 * The numbers of `outputs` by the primitives' own meaning, vertex by vertex.
 * @param feeds a tensor for every placeholder upstream.
 * @throws CapturedValueError when a placeholder has none.
 */
export function evaluate(
  outputs: readonly Value[],
  feeds: ReadonlyMap<Value, TensorLike> = new Map(),
): Tensor[] {
  const done = new Map<Value, Tensor>();
  for (const [value, like] of feeds) done.set(value, fit(like, value.spec, 'a tensor'));
  const result = (value: Value): Tensor => {
    const found = done.get(value);
    if (found === undefined)
      throw new CapturedValueError({
        got: 'a placeholder without a tensor',
        expected: 'a tensor for every placeholder',
        at: describeOrigin(value.origin),
      });
    return found;
  };
  for (const vertex of pending(outputs, done)) {
    const [meant] = vertex.expansion ?? [];
    if (meant !== undefined) {
      done.set(vertex.output, result(meant));
      continue;
    }
    if (vertex.node.kind === 'composite' || vertex.node.kind === 'leaf') continue;
    const { shape, dtype } = vertex.output.spec;
    const output = { shape, dtype, data: allocateArray(dtype, sizeOf(shape)) };
    vertex.node.evaluate(vertex.inputs.map(result), output, vertex.attributes);
    done.set(vertex.output, output);
  }
  return outputs.map(result);
}

/** The vertices upstream that have no result yet, oldest first. */
function pending(outputs: readonly Value[], done: ReadonlyMap<Value, Tensor>): Vertex[] {
  const seen = new Set<Vertex>();
  const waiting = [...outputs];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (seen.has(value.vertex) || done.has(value)) continue;
    seen.add(value.vertex);
    waiting.push(...(value.vertex.expansion ?? value.inputs));
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
