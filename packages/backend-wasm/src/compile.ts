import type { Aliases } from '@pullback/compiler';
import { type Program, sizeOf } from '@pullback/core';
import type { Compiled, CompileOptions } from './built.ts';

/** About how many bytes of code straight lines take at most, as `straightLine` has it; twice as many elements are more than they can be of. */
const largestLine = 20_000;

/** Straight lines where the Program is small, else kernels. The code that writes each is loaded for the first Program that needs it: a page of small networks has no kernels. */
export async function compile(
  program: Program,
  options: CompileOptions,
  shared?: Aliases,
): Promise<Compiled> {
  if (isSmall(program) && options.straight !== false) {
    const { compileStraight } = await import('./straight-lines.ts');
    const straight = compileStraight(program, options, shared);
    if (straight !== undefined) return straight;
  }
  const { compileKernels } = await import('./build.ts');
  return compileKernels(program, options);
}

/** False of those that are surely no straight lines: more elements than one can name. */
function isSmall({ inputs, body, outputs }: Program): boolean {
  const read = new Set([...body.flatMap((instruction) => instruction.inputs), ...outputs]);
  const specs = [
    ...inputs.filter((_, i) => read.has(i)),
    ...body.flatMap((instruction) => instruction.outputs),
  ];
  return specs.reduce((total, { shape }) => total + sizeOf(shape), 0) <= 2 * largestLine;
}
