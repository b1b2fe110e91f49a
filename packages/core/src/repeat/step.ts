import { upstream } from '../graph/upstream.ts';
import type { Value, Vertex } from '../graph/value.ts';
import { sizeOf } from '../tensors/shape.ts';

/** One step of a repetition as a graph over placeholders. */
export interface Step {
  /** The Values that are the same in every step, such as weights. */
  readonly captured: readonly Value[];
  readonly carries: readonly Value[];
  /** One place of each sequence. */
  readonly slices: readonly Value[];
  /** The carries of the next step. */
  readonly next: readonly Value[];
}

/** The stand-ins for the placeholders of a step. */
export interface Operands {
  readonly captured: readonly Value[];
  /** The carries of the first step. */
  readonly carries: readonly Value[];
  /** One place a step along the first axis. */
  readonly sequences: readonly Value[];
}

export interface Order {
  readonly length: number;
  /** Whether the last place is the first step. */
  readonly reverse: boolean;
}

export function placeholdersOf({ captured, carries, slices }: Step): Value[] {
  return [...captured, ...carries, ...slices];
}

/** The Value of a primitive that stands behind one of a composite. */
export function opened(value: Value): Value {
  let inner = value;
  while (inner.vertex.expansion !== undefined) inner = inner.vertex.expansion[inner.index] ?? inner;
  return inner;
}

/** The vertices of primitives behind `values`, composites opened, up to the placeholders of a step. */
export function openedVertices(values: readonly Value[], step: Step): Vertex[] {
  return upstream(
    values,
    ({ expansion, inputs }) => expansion ?? inputs,
    new Set(placeholdersOf(step)),
  ).filter(({ node }) => node.kind !== 'composite');
}

/**
 * When a Value is computed: once for all steps, at each place of the sequences, step after step, from the carries, or, behind a barrier, in its step
 * alone, where it is not to be kept.
 */
export type Pace = 'once' | 'each' | 'inTurn' | 'withinStep';
const paces: readonly Pace[] = ['once', 'each', 'inTurn', 'withinStep'];

/** The pace of every Value of a step. */
export function pacesOf(step: Step): (value: Value) => Pace {
  const known = new Map<Value, Pace>([
    ...step.captured.map((value) => [value, 'once'] as const),
    ...step.slices.map((value) => [value, 'each'] as const),
    ...step.carries.map((value) => [value, 'inTurn'] as const),
  ]);
  return (value) => {
    const own = known.get(value);
    if (own !== undefined) return own;
    for (const vertex of upstream([value], ({ inputs }) => inputs, known)) {
      const own = vertex.inputs.map((input) => paces.indexOf(known.get(input) ?? 'once'));
      const pace = isBarrier(vertex) ? 'withinStep' : (paces[Math.max(0, ...own)] ?? 'once');
      for (const output of vertex.outputs) known.set(output, pace);
    }
    return known.get(value) ?? 'once';
  };
}

/** Whether what is behind a vertex is computed again in order not to be kept. */
export function isBarrier({ node }: Vertex): boolean {
  return node.kind !== 'composite' && node.form?.kind === 'same' && node.vjp !== undefined;
}

/** Whether a primitive only reads its operand at other places, and makes no fewer elements of it. */
export function isMovement({ node, inputs, outputs }: Vertex): boolean {
  const size = (values: readonly Value[]) => values.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return (
    node.kind !== 'composite' &&
    node.form?.kind === 'view' &&
    inputs.length === 1 &&
    size(outputs) >= size(inputs)
  );
}

/** Whether a primitive makes what can be made anywhere: it has no operands. */
export function isGiven({ node, inputs }: Vertex): boolean {
  return inputs.length === 0 && node.kind !== 'composite' && node.kind !== 'leaf';
}
