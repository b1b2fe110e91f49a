import {
  formatShape,
  isFloat,
  NonFiniteError,
  type Program,
  type Tensor,
  tensorOf,
  unrolled,
} from '@pullback/core';

/**
 * Runs a Program by the primitives' own meaning and stops at the first node that makes a NaN or an infinity.
 * @throws NonFiniteError that names the node, its pass, the place and the step; or the input that held it.
 */
export function checkFinite(
  program: Program,
  names: readonly string[],
  inputs: readonly Tensor[],
  step: number,
): void {
  const values = [...inputs];
  inputs.forEach((input, i) => {
    const found = firstNonFinite(input);
    if (found !== undefined)
      throw new NonFiniteError({
        got: `${found} in '${names[i]}', at step ${step}`,
        expected: 'finite numbers',
        at: '',
      });
  });
  for (const { primitive, attributes, inputs: operands, outputs, origins } of unrolled(program).body) {
    const [first, ...others] = outputs.map(tensorOf);
    if (first === undefined) continue;
    const read = operands.flatMap((operand) => values[operand] ?? []);
    primitive.evaluate(read, [first, ...others], attributes);
    values.push(first, ...others);
    for (const output of [first, ...others]) {
      const found = firstNonFinite(output);
      if (found === undefined) continue;
      const [origin] = origins;
      throw new NonFiniteError({
        got: `'${origin?.path ?? primitive.name}' produced ${found} in the ${origin?.pass ?? 'forward'} pass, step ${step}`,
        expected: 'finite numbers',
        at: '',
        hint: `Its operands: ${read.map(range).join('; ') || 'none'}.`,
      });
    }
  }
}

function firstNonFinite({ shape, dtype, data }: Tensor): string | undefined {
  if (!isFloat(dtype)) return undefined;
  const at = data.findIndex((x) => !Number.isFinite(x));
  if (at < 0) return undefined;
  const place: number[] = [];
  let rest = at;
  for (const extent of [...shape].reverse()) {
    place.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return `${data[at]} at ${formatShape(place)}`;
}

function range({ shape, data }: Tensor): string {
  let [low, high] = [Infinity, -Infinity];
  for (const x of data) [low, high] = [Math.min(low, x), Math.max(high, x)];
  return `${formatShape(shape)} from ${low} to ${high}`;
}
