import { formatProgram } from '@pullback/core';
import { planOf } from '../programs/step-program.ts';
import type { Engine } from '../running/engine.ts';
import type { Shaped } from '../samples/batch.ts';
import { specsOf } from '../samples/samples.ts';

/** The prediction of such samples or, where they have targets, the training step, as the backend puts it; the bare Program where it does not tell. */
export async function explainModel(engine: Engine, batch: Shaped): Promise<string> {
  const samples = engine.shaped(batch);
  const kind = samples.targets.length > 0 ? 'training' : 'prediction';
  const { program } = planOf(kind, engine.definition, specsOf(samples));
  return (await engine.store.backend.explain?.(program)) ?? formatProgram(program);
}
