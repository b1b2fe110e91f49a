import { bytesOf, sizeOf } from '@pullback/core';
import { dependents } from './dependents.ts';
import { planNames } from './names.ts';
import type { Plan } from './plan.ts';

/** Bytes of all that a Program on one sample computes from it, were all of it kept at once. */
export function sampleBytes(plan: Plan): number {
  const ofSample = dependents(plan);
  let bytes = 0;
  for (const [name, { shape, dtype }] of plan.specs)
    if (planNames.isOfBatch(name)) bytes += sizeOf(shape) * bytesOf(dtype);
  for (const { first, outputs } of plan.program.body)
    outputs.forEach(({ shape, dtype }, i) => {
      if (ofSample[first + i]) bytes += sizeOf(shape) * bytesOf(dtype);
    });
  return bytes;
}
