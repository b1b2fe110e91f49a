import type { TensorSpec } from './dtype.ts';
import { CapturedValueError, CycleError } from './errors.ts';
import type { Composite, Node, Primitive } from './node.ts';
import { currentOrigin, within } from './origin.ts';
import { type Attributes, type Value, Vertex, vertexCount } from './value.ts';

const deepest = 500;
let depth = 0;

/**
 * A composite applied to values. `forward` runs once; what it built is kept as the vertex's expansion, from which
 * the shape, the derived gradient and the trace come.
 * @throws CapturedValueError when `forward` used a Value that it was not given and that depends on a placeholder.
 * @throws CycleError when the node applies itself without end.
 */
export function apply<In extends readonly Value[]>(node: Composite<In>, ...inputs: In): Value {
  const eldest = vertexCount();
  if (++depth > deepest) {
    depth = 0;
    throw new CycleError({
      got: `'${node.name}' applied ${deepest} deep inside itself`,
      expected: 'a graph without cycles',
    });
  }
  try {
    return within(node.name, () => {
      const expansion = node.forward(...inputs);
      refuseCaptured(node, expansion, inputs, eldest);
      return new Vertex(node, inputs, {}, [expansion.spec], [expansion], currentOrigin(), false).output;
    });
  } finally {
    depth = Math.max(0, depth - 1);
  }
}

/** A primitive applied to values: one vertex. */
export function applyPrimitive<In extends readonly Value[], A extends Attributes>(
  node: Primitive<In, A>,
  inputs: In,
  attributes: A,
): Value {
  return within(node.name, () => {
    const spec: TensorSpec = node.infer(
      inputs.map((input) => input.spec),
      attributes,
    );
    return new Vertex(node, inputs, attributes, [spec], undefined, currentOrigin(), node.kind === 'leaf')
      .output;
  });
}

// Whatever is older than this call and not among the inputs came from outside.
function refuseCaptured(node: Node, output: Value, inputs: readonly Value[], eldest: number): void {
  const seen = new Set<Value>(inputs);
  const waiting = [output];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (seen.has(value) || value.vertex.constant) continue;
    seen.add(value);
    if (value.vertex.id < eldest || value.inputs.length === 0)
      throw new CapturedValueError({
        got: `'${node.name}' uses '${value.origin.path}', which it was not given`,
        expected: 'every Value that it depends on among its inputs',
        hint: `Pass it to ${node.name} as an input: captured, its gradient would be lost.`,
      });
    waiting.push(...value.inputs);
  }
}
