import { CapturedValueError } from '../errors.ts';
import { describeOrigin, type Origin } from '../origin.ts';
import type { Attributes, Value, Vertex } from '../value.ts';
import type { Instruction, Program } from './program.ts';

/**
 * The Program that computes `outputs` from `inputs`: composites opened, common subexpressions merged, what no output
 * needs left out. Two vertices are one when the same primitive, by reference, has equal attributes and operands.
 * @throws CapturedValueError when a placeholder that is not among `inputs` is reached.
 */
export function trace(inputs: readonly Value[], outputs: readonly Value[]): Program {
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
  const body: (Instruction & { readonly origins: Origin[] })[] = [];
  for (const vertex of upstream(outputs, numbers)) {
    const { node, attributes, expansion, output, origin } = vertex;
    const [meant] = expansion ?? [];
    if (meant !== undefined) {
      numbers.set(output, numberOf(meant));
      continue;
    }
    if (node.kind === 'composite' || node.kind === 'leaf') continue;
    const operands = vertex.inputs.map(numberOf);
    const key = keyOf(node, operands, attributes);
    const known = merged.get(key);
    if (known !== undefined) {
      numbers.set(output, known);
      body[known - inputs.length]?.origins.push(origin);
      continue;
    }
    const number = inputs.length + body.length;
    body.push({ primitive: node, attributes, inputs: operands, spec: output.spec, origins: [origin] });
    merged.set(key, number);
    numbers.set(output, number);
  }
  return { inputs: inputs.map((input) => input.spec), body, outputs: outputs.map(numberOf) };
}

/** The vertices that the outputs need, oldest first; composites with all that they stand for. */
function upstream(outputs: readonly Value[], given: ReadonlyMap<Value, number>): Vertex[] {
  const seen = new Set<Vertex>();
  const waiting = [...outputs];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (given.has(value) || seen.has(value.vertex)) continue;
    seen.add(value.vertex);
    waiting.push(...(value.vertex.expansion ?? value.inputs));
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/** Writes out the whole structure of an application; objects count as equal by reference alone. */
function structuralKeys(): (node: object, operands: readonly number[], attributes: Attributes) => string {
  const identities = new Map<object, number>();
  const identity = (object: object): string => {
    const id = identities.get(object) ?? identities.size;
    identities.set(object, id);
    return `#${id}`;
  };
  return (node, operands, attributes) => {
    const parts = Object.keys(attributes)
      .sort()
      .map((name) => {
        const value = attributes[name];
        if (Array.isArray(value)) return `${name}=[${value.join()}]`;
        if (typeof value === 'object') return `${name}=${identity(value)}`;
        return `${name}=${typeof value}:${Object.is(value, -0) ? '-0' : value}`;
      });
    return `${identity(node)}(${operands.join()})${JSON.stringify(parts)}`;
  };
}
