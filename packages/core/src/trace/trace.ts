import { CapturedValueError } from '../errors.ts';
import { describeOrigin, type Origin } from '../graph/origin.ts';
import { upstream } from '../graph/upstream.ts';
import type { Instruction, Primitive, Program } from '../graph/value.ts';
import { expectValues, type Value, type Vertex } from '../graph/value.ts';
import { fill, filledWith } from '../ops/leaves.ts';
import { tensorOf } from '../tensors/tensor.ts';
import { withoutDead } from './dead.ts';
import { structuralKeys } from './keys.ts';

/**
 * The Program that computes `outputs` from `inputs`: composites opened, common subexpressions merged, constants folded,
 * what no output needs left out. Two vertices are one when the same primitive, by reference, has equal attributes and
 * operands.
 * @throws CapturedValueError when a placeholder that is not among `inputs` is reached.
 */
export function trace(inputs: readonly Value[], outputs: readonly Value[]): Program {
  expectValues(inputs, (i) => `input ${i} of a Program`);
  expectValues(outputs, (i) => `output ${i} of a Program`);
  const numbers = new Map(inputs.map((input, i) => [input, i]));
  const numberOf = (value: Value): number => {
    const number = numbers.get(value);
    if (number === undefined)
      throw new CapturedValueError({
        got: 'a placeholder that is not among the inputs',
        expected: 'every placeholder that an output depends on',
        at: describeOrigin(value.origin),
      });
    return number;
  };
  const keyOf = structuralKeys();
  const merged = new Map<string, number>();
  const makers = new Map<number, Draft>();
  const body: Draft[] = [];
  let next = inputs.length;

  const behind = meaningFor(new Set(inputs));
  for (const original of upstream(outputs, behind, numbers)) {
    if (original.expansion !== undefined) {
      behind(original).forEach((meant, i) => {
        const output = original.outputs[i];
        if (output !== undefined) numbers.set(output, numberOf(meant));
      });
      continue;
    }
    const operands = original.inputs.map(numberOf);
    const splats = operands.map((operand) => splatOf(makers.get(operand)));
    const vertex = foldedFill(original, splats) ?? original;
    const { node, attributes } = vertex;
    if (node.kind === 'composite' || node.kind === 'leaf') continue;
    const [only] = operands;
    if (node.form?.kind === 'same' && node.vjp === undefined && only !== undefined) {
      numbers.set(original.output, only);
      continue;
    }
    const reads = vertex === original ? operands : [];
    const key = keyOf(node, reads, attributes);
    const known = merged.get(key);
    const first = known ?? next;
    original.outputs.forEach((output, i) => {
      numbers.set(output, first + i);
    });
    if (known !== undefined) {
      makers.get(known)?.origins.push(original.origin);
      continue;
    }
    const specs = vertex.outputs.map(({ spec }) => spec);
    const draft: Draft = {
      primitive: node,
      attributes,
      inputs: reads,
      first,
      outputs: specs,
      origins: [original.origin],
    };
    body.push(draft);
    merged.set(key, first);
    makers.set(first, draft);
    next += specs.length;
  }
  return withoutDead({ inputs: inputs.map((input) => input.spec), body, outputs: outputs.map(numberOf) });
}

/**
 * The Values that a vertex is computed from: composites stand for the graph that they built, by the detour where the
 * Values that it leads through are given.
 */
function meaningFor(given: ReadonlySet<Value>): (vertex: Vertex) => readonly Value[] {
  return ({ node, inputs, expansion, detour }) => {
    const through = node.kind === 'composite' && node.detour !== undefined ? node.detour.through : [];
    const fed = through.some((i) => inputs[i] !== undefined && given.has(inputs[i]));
    return (fed ? detour : expansion) ?? inputs;
  };
}

type Draft = Instruction & { readonly primitive: Primitive; readonly origins: Origin[] };

/** The number that an instruction puts everywhere, if it does. */
function splatOf(maker: Draft | undefined): number | undefined {
  return maker && filledWith(maker.primitive, maker.attributes);
}

/** A fill instead of what only moves or computes element by element what are fills themselves; a plugin's primitive is left as it is. */
function foldedFill(
  { node, inputs, attributes, output }: Vertex,
  splats: readonly (number | undefined)[],
): Vertex | undefined {
  const [first] = splats;
  if (first === undefined || splats.includes(undefined)) return undefined;
  const { shape, dtype } = output.spec;
  const form = node.kind === 'composite' ? undefined : node.form;
  if (form?.kind === 'view' || form?.kind === 'parts') {
    const same = !('fill' in form) && splats.every((splat) => Object.is(splat, first));
    return same ? fill(first, shape, dtype).vertex : undefined;
  }
  if (form?.kind !== 'elements' || node.kind === 'composite') return undefined;
  const result = tensorOf({ shape: [1], dtype });
  const operands = inputs.map((input, i) => {
    const operand = tensorOf({ shape: [1], dtype: input.dtype });
    operand.data[0] = splats[i] ?? 0;
    return operand;
  });
  node.evaluate(operands, [result], attributes);
  return fill(result.data[0] ?? 0, shape, dtype).vertex;
}
