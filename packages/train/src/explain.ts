import { type Backend, formatProgram } from '@pullback/core';
import { type Samples, specsOf } from './data.ts';
import type { Definition } from './definition.ts';
import { planOf } from './plan.ts';

/** The prediction of such samples or, where they have targets, the training step, as the backend puts it; the bare Program where it does not tell. */
export function explainModel(definition: Definition, backend: Backend, samples: Samples): string {
  const kind = samples.targets.length > 0 ? 'training' : 'prediction';
  const { program } = planOf(kind, definition, specsOf(samples));
  return backend.explain?.(program) ?? formatProgram(program);
}
