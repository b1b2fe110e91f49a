import { planNames } from './names.ts';
import type { Plan } from './plan.ts';

/** For every value of a Program, whether it depends on something that belongs to a batch. */
export function dependents({ program, inputs }: Pick<Plan, 'program' | 'inputs'>): readonly boolean[] {
  const depends = program.inputs.map((_, i) => planNames.isOfBatch(inputs[i] ?? ''));
  for (const { inputs: operands, first, outputs } of program.body) {
    const any = operands.some((operand) => depends[operand]);
    outputs.forEach((_, i) => {
      depends[first + i] = any;
    });
  }
  return depends;
}
