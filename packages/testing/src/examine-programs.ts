import { type FloatDType, formatProgram } from '@pullback/core';
import fc from 'fast-check';
import { ConformanceError } from './case.ts';
import { programOf, type RandomProgram, type Recipe, type RecipeOptions, recipes } from './random-program.ts';

export interface ProgramsOptions extends Pick<RecipeOptions, 'specials'> {
  readonly dtype: FloatDType;
  /** How many. */
  readonly programs: number;
  /** As a failure has printed them; another seed at every run when left out. */
  readonly seed?: number | undefined;
  readonly path?: string | undefined;
}

/** A function that tells in words how a random Program goes wrong; undefined when all is well. */
export type Examine = (random: RandomProgram) => string | undefined | Promise<string | undefined>;

/**
 * Examines random Programs, and shrinks the first that fails.
 * @throws ConformanceError with the Program, what is wrong with it, and the seed and the path that make it again.
 */
export async function examinePrograms(
  examine: Examine,
  { dtype, programs, seed, path, specials = true }: ProgramsOptions,
): Promise<void> {
  const property = fc.asyncProperty(recipes(dtype, { specials }), async (recipe) => {
    const wrong = await examine(programOf(recipe));
    if (wrong !== undefined) throw new Error(wrong);
  });
  const found = await fc.check(property, {
    numRuns: programs,
    ...(seed !== undefined && { seed }),
    ...(path !== undefined && { path, endOnFailure: true }),
  });
  const [recipe] = found.counterexample ?? [];
  if (found.failed && recipe !== undefined)
    throw new ConformanceError({
      what: `a random Program of ${dtype}, shrunk ${found.numShrinks} times`,
      got: `${describe(recipe)}\n${String(found.errorInstance)}\nseed ${found.seed}, path ${found.counterexamplePath}`,
      expected: 'what the primitives mean',
    });
}

function describe(recipe: Recipe): string {
  const { program, over, times } = programOf(recipe);
  const places = over.map((input) => (input === undefined ? 'a buffer of its own' : `that of %${input}`));
  return `\n${formatProgram(program)}\n${times} times, outputs in ${places.join(', ')}\n${JSON.stringify(recipe)}`;
}
