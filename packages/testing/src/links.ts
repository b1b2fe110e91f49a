import { type InverseLink, type Shape, sigmoid, softmax, type Value } from '@pullback/core';
import { type Case, ConformanceError, guarded } from './case.ts';
import { numbersOf, type Shapes } from './example.ts';
import type { NodeFunction } from './node-options.ts';
import { allClose } from './numbers.ts';
import { build, runner } from './runner.ts';
import { upstream } from './vertex-by-vertex.ts';

/** A node that says which probabilities it makes of its input makes them. */
export function linkCases(
  name: string,
  f: NodeFunction,
  shapes: Shapes,
  domain: readonly [number, number],
): Case[] {
  return [
    guarded(`${name}: its inverse link is what it says`, () => examineLinks(f, shapes(2, 3, 2), domain)),
  ];
}

function examineLinks(f: NodeFunction, shapes: readonly Shape[], domain: readonly [number, number]): void {
  const { inputs, outputs } = build(f, shapes, 'float64');
  const at = numbersOf({ sizes: [2, 3, 2], seed: 51 }, shapes, domain);
  for (const { node, input, output } of composites(outputs, inputs)) {
    const [got, expected] = runner(inputs, [output, linked(input, node.inverseLink)])(at);
    if (!allClose(got?.data ?? [], expected?.data ?? [], 1e-9))
      throw new ConformanceError({
        what: `'${node.name}' declares the inverse link '${node.inverseLink.name}' and is another function: losses would start from wrong logits`,
        got: `[${Array.from(got?.data ?? []).join(', ')}]`,
        expected: `[${Array.from(expected?.data ?? []).join(', ')}]`,
      });
  }
}

function linked(logits: Value, link: InverseLink): Value {
  return link.name === 'logistic' ? sigmoid(logits) : softmax(logits, { axis: link.axis });
}

interface Linked {
  readonly node: { readonly name: string; readonly inverseLink: InverseLink };
  readonly input: Value;
  readonly output: Value;
}

function composites(outputs: readonly Value[], inputs: readonly Value[]): Linked[] {
  return upstream(outputs, inputs).flatMap(({ node, inputs: [input, ...more], output }) => {
    if (node.kind !== 'composite' || node.inverseLink === undefined || input === undefined || more.length > 0)
      return [];
    return [{ node: { name: node.name, inverseLink: node.inverseLink }, input, output }];
  });
}
