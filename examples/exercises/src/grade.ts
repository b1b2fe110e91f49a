import { barrier, defineNode, gradient, type Value } from '@pullback/core';
import { conformNode } from '@pullback/testing';
import { type Answer, type Exercise, type ExerciseName, exercises } from './exercises.ts';

/**
 * An answer examined by the conformance kit: J^T g beside central differences of the function, in float64.
 * @returns the first case that failed, with the entry of J that disagrees; undefined where all is right.
 */
export async function grade(name: ExerciseName, answer: Answer): Promise<string | undefined> {
  const { forward, asked, shapes, ...rest }: Exercise = exercises[name];
  const node = defineNode(name, {
    forward: (...inputs: Value[]) => forward(...inputs),
    vjp: (g, { inputs, output }) => {
      const given = answer(g, { inputs, output });
      if (!Array.isArray(given) || given.length !== asked)
        throw new TypeError(`an answer is a list of ${asked === 1 ? 'one Value' : `${asked} Values`}`);
      const others = inputs.map(barrier); // one Value may stand in two places
      return [...given, ...gradient(forward(...others), others.slice(asked), g)];
    },
  });
  for (const { name: what, run } of conformNode(node, { name, shapes, ...rest }))
    try {
      await run();
    } catch (failure) {
      return `${what}: ${failure instanceof Error ? failure.message : String(failure)}`;
    }
  return undefined;
}
