import { CapturedValueError, CycleError } from '../errors.ts';
import type { TensorSpec } from '../tensors/dtype.ts';
import type { Attributes } from './attributes.ts';
import { currentOrigin, within } from './origin.ts';
import type { Composite, Node, Outputs, Primitive } from './value.ts';
import { expectValues, Value, Vertex, vertexCount } from './value.ts';

const deepest = 500;
let depth = 0;
let eldestHere = 0;

/** Whether a Value was made by the `forward` that runs now, or outside of all: its inner structure is then known to whoever uses it. */
export function madeHere({ vertex }: Value): boolean {
  return vertex.id >= eldestHere;
}

/**
 * A composite applied to values. `forward` runs once; what it built is kept as the vertex's expansion, from which
 * the shape, the derived gradient and the trace come.
 * @throws CapturedValueError when `forward` used a Value that it was not given and that depends on a placeholder.
 * @throws CycleError when the node applies itself without end.
 */
export function apply<In extends readonly Value[]>(node: Composite<In, Value>, ...inputs: In): Value;
export function apply<In extends readonly Value[]>(
  node: Composite<In, readonly Value[]>,
  ...inputs: In
): readonly Value[];
export function apply<In extends readonly Value[]>(node: Composite<In>, ...inputs: In): Outputs;
export function apply<In extends readonly Value[]>(node: Composite<In>, ...inputs: In): Outputs {
  if (depth === deepest)
    throw new CycleError({
      got: `'${node.name}' applied ${deepest} deep inside itself`,
      expected: 'a graph without cycles',
    });
  expectValues(inputs, (i) => `input ${i} of '${node.name}'`);
  const eldest = vertexCount();
  const outer = eldestHere;
  eldestHere = eldest;
  depth++;
  try {
    return within(node.name, () => {
      const made = node.forward(...inputs);
      const expansion = made instanceof Value ? [made] : made;
      const other = node.detour?.forward(...inputs);
      const detour = other === undefined || other instanceof Value ? other && [other] : other;
      for (const output of [...expansion, ...(detour ?? [])]) refuseCaptured(node, output, inputs, eldest);
      const specs = expansion.map((output) => output.spec);
      const vertex = new Vertex(node, inputs, {}, specs, expansion, currentOrigin(), detour);
      return made instanceof Value ? vertex.output : vertex.outputs;
    });
  } finally {
    eldestHere = outer;
    depth--;
  }
}

/** A primitive with one output applied to values. */
export function applyPrimitive<In extends readonly Value[], A extends Attributes>(
  node: Primitive<In, A, Value>,
  inputs: In,
  attributes: A,
): Value {
  return vertexOf(node, inputs, attributes).output;
}

/** A primitive with several outputs applied to values. */
export function applyMany<In extends readonly Value[], A extends Attributes>(
  node: Primitive<In, A, readonly Value[]>,
  inputs: In,
  attributes: A,
): readonly Value[] {
  return vertexOf(node, inputs, attributes).outputs;
}

/** The vertex of a primitive, with as many outputs as it has. */
export function vertexOf(node: Primitive, inputs: readonly Value[], attributes: Attributes): Vertex {
  return within(node.name, () => {
    expectValues(inputs, (i) => `input ${i} of '${node.name}'`);
    const specs: readonly TensorSpec[] = [
      node.infer(
        inputs.map((input) => input.spec),
        attributes,
      ),
    ].flat();
    return new Vertex(node, inputs, attributes, specs, undefined, currentOrigin());
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
