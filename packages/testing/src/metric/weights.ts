import type { Metric } from '@pullback/core';
import type { Example } from '../example.ts';
import { figureOf, refuseNaN, refuseOther, type Showing } from './figures.ts';
import { type MetricSamples, split, taken } from './samples.ts';

/** Weights of 0, 1, 2 and 3, in turn from a place that the example gives. */
function wholeWeights(count: number, { seed }: Example): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => (3 * i + seed) % 4);
}

/** That a weight of 1 changes nothing, one of 2 counts twice, and one of 0 leaves out whatever stands there. */
export function examineWeights(
  metric: Metric,
  samples: MetricSamples,
  example: Example,
  showing: Showing,
): void {
  const { count } = samples;
  const ones = { ...samples, weights: new Float64Array(count).fill(1) };
  refuseOther(
    'the figure of weights of 1',
    [figureOf(metric, [ones], showing), figureOf(metric, [samples], showing)],
    {
      why: 'as without weights',
      samples: ones,
    },
  );
  const weights = wholeWeights(count, example);
  const places = Array.from(weights).flatMap((weight, i) => new Array<number>(weight).fill(i));
  if (places.length === 0) return;
  const repeated = figureOf(metric, [taken(samples, places)], showing);
  const weighted = { ...samples, weights };
  const why = 'as with every sample so often';
  refuseOther('the weighted figure', [figureOf(metric, [weighted], showing), repeated], {
    why,
    samples: weighted,
  });
  const singles = split(weighted, [
    ...new Array<number>(Math.min(3, count - 1)).fill(1),
    Math.max(1, count - 3),
  ]);
  refuseOther('the weighted figure over batches', [figureOf(metric, singles, showing), repeated], {
    why,
    samples: weighted,
  });
  const masked = {
    ...weighted,
    predictions: samples.predictions.map((x, i) =>
      weights[Math.floor(i / samples.outputs)] === 0 ? Number.NaN : x,
    ),
    targets: samples.labels
      ? samples.targets
      : samples.targets.map((t, i) => (weights[Math.floor(i / samples.outputs)] === 0 ? Number.NaN : t)),
  };
  refuseOther('the figure with a NaN under a weight of 0', [figureOf(metric, [masked], showing), repeated], {
    why: 'as without that sample',
    samples: masked,
  });
}

/** That weights of 0 alone give a number or an error, and no NaN. */
export function examineNoWeight(metric: Metric, samples: MetricSamples, showing: Showing): void {
  const none = { ...samples, weights: new Float64Array(samples.count) };
  refuseNaN('the figure of samples whose weights are all 0', figureOf(metric, [none], showing), none);
}
