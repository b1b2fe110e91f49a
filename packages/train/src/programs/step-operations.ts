import { operationsOf } from '@pullback/core';
import type { Definition } from '../definition/definition.ts';
import { planOf } from './step-program.ts';
import { samplesOf } from './walk-through.ts';

/** The samples of a batch where `fit` is told no other number. */
const samples = 32;
/** A gradient takes twice as long as what it is of. */
const passes = 3;

/** Roughly how many operations a training step of such a model is, on a usual batch. @throws what the layers throw. */
export function stepOperations(definition: Definition): number {
  return samples * passes * operationsOf(planOf('prediction', definition, samplesOf(definition, 1)).program);
}
