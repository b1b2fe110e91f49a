import { bytesOf, sizeOf } from '@pullback/core';
import { planNames } from './names.ts';
import type { Plan } from './step-program.ts';

/** Bytes of all that a Program on one sample computes from it, were all of it kept at once. */
export function sampleBytes({ program: { inputs, body }, inputs: names, specs }: Plan): number {
  const ofSample = inputs.map((_, i) => planNames.isOfBatch(names[i] ?? ''));
  let bytes = 0;
  for (const [name, { shape, dtype }] of specs)
    if (planNames.isOfBatch(name)) bytes += sizeOf(shape) * bytesOf(dtype);
  for (const { inputs: operands, first, outputs } of body) {
    const depends = operands.some((operand) => ofSample[operand]);
    outputs.forEach(({ shape, dtype }, i) => {
      ofSample[first + i] = depends;
      if (depends) bytes += sizeOf(shape) * bytesOf(dtype);
    });
  }
  return bytes;
}
