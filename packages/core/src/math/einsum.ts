import { OptionError, ShapeError } from '../errors.ts';
import type { Value } from '../graph/value.ts';
import { sum } from '../ops/broadcast-sum.ts';
import { contract } from '../ops/contract.ts';
import { transpose } from '../ops/transpose.ts';
import { formatShape } from '../tensors/shape.ts';

interface Labelled {
  readonly x: Value;
  readonly labels: readonly string[];
}

/**
 * Sums of products by Einstein's convention: `einsum('bqhd,bkhd->bhqk', q, k)`. Each letter names an axis; axes of one letter go
 * together, and letters that the result lacks are summed over. Without `->` the result has the letters that stand once, in the order of
 * the alphabet. Several operands are multiplied from left to right.
 * @throws OptionError for an equation that does not fit, ShapeError for operands that do not.
 */
export function einsum(equation: string, ...operands: readonly Value[]): Value {
  const { inputs, output } = parse(equation, operands);
  const all = operands.map((x, i): Labelled => ({ x, labels: inputs[i] ?? [] }));
  const last = all.reduce((product, next, i) =>
    times(product, next, [...output, ...all.slice(i + 1).flatMap(({ labels }) => labels)]),
  );
  const summed = withOnly(last, output);
  return transpose(
    summed.x,
    output.map((label) => summed.labels.indexOf(label)),
  );
}

/** The product of two operands, summed over the letters that nothing later needs. */
function times(one: Labelled, two: Labelled, later: readonly string[]): Labelled {
  const a = withOnly(one, [...two.labels, ...later]);
  const b = withOnly(two, [...one.labels, ...later]);
  const letters = [...new Set([...a.labels, ...b.labels])];
  const numbers = (labels: readonly string[]) => labels.map((label) => letters.indexOf(label));
  const out = letters.filter((label) => later.includes(label));
  const x = contract(a.x, b.x, { a: numbers(a.labels), b: numbers(b.labels), out: numbers(out) });
  return { x, labels: out };
}

/** Summed over the letters that are not among `wanted`. */
function withOnly({ x, labels }: Labelled, wanted: readonly string[]): Labelled {
  const axes = labels.flatMap((label, i) => (wanted.includes(label) ? [] : [i]));
  return { x: sum(x, { axis: axes }), labels: labels.filter((label) => wanted.includes(label)) };
}

function parse(
  equation: string,
  operands: readonly Value[],
): { readonly inputs: readonly (readonly string[])[]; readonly output: readonly string[] } {
  const refuse = (expected: string): OptionError =>
    new OptionError({ got: `einsum('${equation}') of ${operands.length} operands`, expected });
  const [, left, right] = /^([a-zA-Z,]*)(?:->([a-zA-Z]*))?$/.exec(equation.replaceAll(' ', '')) ?? [];
  if (left === undefined) throw refuse("letters for each operand, as in 'ij,jk->ik'");
  const inputs = left.split(',').map((letters) => [...letters]);
  if (inputs.length !== operands.length) throw refuse(`letters for ${operands.length} operands`);
  const all = inputs.flat();
  const once = [...new Set(all)].filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter)).sort();
  const output = right === undefined ? once : [...right];
  if (new Set(output).size !== output.length || output.some((letter) => !all.includes(letter)))
    throw refuse('a result whose letters stand once and in an operand');
  const extents = new Map<string, number>();
  inputs.forEach((letters, i) => {
    const shape = operands[i]?.shape ?? [];
    if (new Set(letters).size !== letters.length)
      throw refuse('each letter once in an operand; a diagonal is not taken');
    const differs = letters.find((letter, axis) => (extents.get(letter) ?? shape[axis]) !== shape[axis]);
    if (letters.length !== shape.length || differs !== undefined)
      throw new ShapeError({
        got: `einsum('${equation}') of ${operands.map((x) => formatShape(x.shape)).join(' and ')}`,
        expected:
          letters.length === shape.length
            ? `one extent for '${differs}'`
            : `${letters.length} axes for '${letters.join('')}'`,
      });
    letters.forEach((letter, axis) => {
      extents.set(letter, shape[axis] ?? 1);
    });
  });
  return { inputs, output };
}
