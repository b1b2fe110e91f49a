import { type Portrait, portray } from './portrait.ts';
import { simulations } from './problems/all.ts';
import type { Simulation } from './simulation.ts';
import { type BackendName, type Run, train } from './train.ts';

/** What a worker is asked for: runs of some seeds, or one run to be drawn. */
export type Question = { readonly problem: string; readonly backend: BackendName } & (
  | { readonly kind: 'runs'; readonly seeds: readonly number[] }
  | { readonly kind: 'portrait'; readonly seed: number; readonly sweeps: number }
);

export type Answer =
  | { readonly kind: 'runs'; readonly runs: readonly Run[] }
  | { readonly kind: 'portrait'; readonly portrait: Portrait };

export function isQuestion(message: unknown): message is Question {
  return typeof message === 'object' && message !== null && 'problem' in message && 'kind' in message;
}

export async function answer(question: Question): Promise<Answer> {
  const { backend } = question;
  const simulation = simulationOf(question.problem);
  if (question.kind === 'portrait')
    return {
      kind: 'portrait',
      portrait: await portray(simulation, question.seed, question.sweeps, backend),
    };
  const runs: Run[] = [];
  for (const seed of question.seeds) runs.push(await train(simulation, seed, backend));
  return { kind: 'runs', runs };
}

function simulationOf(name: string): Simulation {
  const found = simulations.find((simulation) => simulation.name === name);
  if (found === undefined) throw new Error(`no problem '${name}'`);
  return found;
}
