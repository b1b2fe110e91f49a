import { vmap } from '../derive/vmap.ts';
import { copied } from '../graph/copied.ts';
import { upstream } from '../graph/upstream.ts';
import type { Value, Vertex } from '../graph/value.ts';
import { placeholder } from '../ops/leaves.ts';
import { type Operands, pacesOf, type Step } from './step.ts';

/** A step, what it is run on, and the Values that are asked for beside the next carries. */
export interface Repetition {
  readonly step: Step;
  readonly operands: Operands;
  readonly asked: readonly Value[];
}

/**
 * The same repetition with less in it. Products that do not depend on the carries are taken before it, all steps at once, and what is the same in
 * every step once; the step reads the results.
 */
export function hoisted(repetition: Repetition): Repetition {
  const { step, operands, asked } = repetition;
  const paceOf = pacesOf(step);
  const lifted = liftedOf(repetition, (vertex) => vertex.outputs.map(paceOf)[0]);
  if (lifted.length === 0) return repetition;
  const [once, each] = [
    lifted.filter((value) => paceOf(value) === 'once'),
    lifted.filter((value) => paceOf(value) === 'each'),
  ];
  const before = copied(once, step.captured, operands.captured);
  const all =
    each.length === 0
      ? []
      : vmap((...slices: Value[]): readonly Value[] =>
          copied(each, [...step.captured, ...step.slices], [...operands.captured, ...slices]),
        )(...operands.sequences);
  const standIns = [...once, ...each].map(({ spec }, i) => placeholder(spec, `hoisted${i}`));
  const made = copied([...step.next, ...asked], [...once, ...each], standIns);
  return {
    step: {
      captured: [...step.captured, ...standIns.slice(0, once.length)],
      carries: step.carries,
      slices: [...step.slices, ...standIns.slice(once.length)],
      next: made.slice(0, step.next.length),
    },
    operands: {
      captured: [...operands.captured, ...before],
      carries: operands.carries,
      sequences: [...operands.sequences, ...all],
    },
    asked: made.slice(step.next.length),
  };
}

/** The Values that are computed before the steps and that the steps read. */
function liftedOf({ step, asked }: Repetition, paceOf: (vertex: Vertex) => string | undefined): Value[] {
  const found = new Set<Value>();
  const placeholders = new Set([...step.captured, ...step.carries, ...step.slices]);
  const isLifted = ({ vertex }: Value) => {
    const pace = paceOf(vertex);
    return pace === 'once' ? computes(vertex) : pace === 'each' && multiplies(vertex);
  };
  upstream([...step.next, ...asked], ({ inputs }) => inputs, {
    has: (value) => {
      if (placeholders.has(value)) return true;
      const is = isLifted(value);
      if (is) found.add(value);
      return is;
    },
  });
  return [...found];
}

/** Whether a vertex does more than to move elements or to make numbers; arrays of numbers are given to the steps as well. */
function computes({ node, inputs }: Vertex): boolean {
  if (node.kind === 'composite') return inputs.length > 0;
  const kind = node.form?.kind;
  return inputs.length === 0 ? kind === 'data' : kind !== 'view' && kind !== 'same';
}

/** Whether a vertex is a product or a repetition, or a composite of some. */
function multiplies({ outputs, inputs, expansion }: Vertex): boolean {
  const behind = (vertex: Vertex) => vertex.expansion ?? (expansion === undefined ? [] : vertex.inputs);
  return upstream(outputs, behind, new Set(inputs)).some(({ node }) => {
    const kind = node.kind === 'composite' ? undefined : node.form?.kind;
    return kind === 'contract' || kind === 'repeat';
  });
}
