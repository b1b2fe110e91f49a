import { type ExerciseName, exerciseNames } from '../../../../examples/exercises/src/exercises.ts';
import { functions } from '../../../../examples/exercises/src/functions.ts';
import { grade } from '../../../../examples/exercises/src/grade.ts';

const isExercise = (name: string): name is ExerciseName => exerciseNames.some((each) => each === name);

/** An answer as text, such as `(g, { output: x }) => [mul(g, x)]`: right, or the first case that failed. It is run as code, in the reader's own page. */
export async function graded(name: string, code: string): Promise<string> {
  if (!isExercise(name)) return `there is no exercise '${name}'`;
  try {
    const answer = new Function(...Object.keys(functions), `return (${code});`)(...Object.values(functions));
    return (await grade(name, answer)) ?? 'right';
  } catch (failure) {
    return String(failure);
  }
}
