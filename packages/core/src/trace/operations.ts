import type { Program } from '../graph/value.ts';
import type { TensorSpec } from '../tensors/dtype.ts';
import { sizeOf } from '../tensors/shape.ts';

/**
 * Roughly how many operations on numbers a Program is: two for each product of a contraction, for all else as many as the largest array that it reads
 * or makes; none for views, and those of its body a step for a repetition.
 */
export function operationsOf({ inputs, body }: Program): number {
  const specs: TensorSpec[] = [...inputs];
  let operations = 0;
  for (const { primitive, attributes, inputs: operands, outputs } of body) {
    specs.push(...outputs);
    const { form } = primitive;
    const given = operands.map((operand) => specs[operand]?.shape ?? []);
    if (form?.kind === 'contract') {
      const { a, b } = form.labels(attributes);
      const extents = new Map(
        [a, b].flatMap((labels, i) => labels.map((label, axis) => [label, given[i]?.[axis] ?? 1])),
      );
      operations += 2 * sizeOf([...extents.values()]);
    } else if (form?.kind === 'repeat') {
      const { body: step, length } = form.repeat(attributes);
      operations += length * operationsOf(step);
    } else if (form === undefined || !free.has(form.kind))
      operations += Math.max(...[...given, ...outputs.map(({ shape }) => shape)].map(sizeOf));
  }
  return operations;
}

const free: ReadonlySet<string> = new Set(['view', 'same', 'number', 'place', 'data']);
