import type { Metric } from '@pullback/core';
import { type Case, ConformanceError, guarded } from './case.ts';
import { Examination, type MetricConformance } from './metric/examination.ts';
import { figureCases } from './metric/figure-cases.ts';
import { batchCases } from './metric/over-batches.ts';
import { parityCases } from './metric/parity-cases.ts';
import { targetCases } from './metric/target-cases.ts';

/**
 * The examination of a metric: its figure against the formula over all samples at once, in float64; the same over any split into batches,
 * in any order, a second time, in columns, in float32 and with weights; which figures are better; NaN, no samples, one class; targets
 * that do not fit; backends.
 */
export function conformMetric(make: () => Metric, options: MetricConformance = {}): Case[] {
  const at = new Examination(make, options);
  return [
    guarded(`${at.name}: has a name`, () => {
      const { name }: { readonly name: unknown } = make();
      if (typeof name !== 'string' || name === '')
        throw new ConformanceError({
          what: 'the name of the metric',
          got: String(name),
          expected: 'the word that its figure stands under',
        });
    }),
    ...figureCases(at),
    ...batchCases(at),
    ...targetCases(at),
    ...parityCases(at),
  ];
}
