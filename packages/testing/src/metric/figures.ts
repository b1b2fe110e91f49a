import {
  type FloatDType,
  type Layout,
  type Meaning,
  type Metric,
  PullbackError,
  placeholder,
  placementOf,
  type TensorSpec,
  type TypedArray,
  type Value,
} from '@pullback/core';
import { ConformanceError } from '../case.ts';
import { near } from '../numbers.ts';
import { runner } from '../runner.ts';
import { type MetricSamples, samplesAsText } from './samples.ts';

/** How samples are shown to a metric. */
export interface Showing {
  readonly dtype?: FloatDType;
  readonly layout?: Layout;
  readonly meaning?: Meaning | undefined;
}

/** A figure, or the error of ours that says why there is none. */
export type Outcome = number | PullbackError;

/** The numbers that a batch adds, as a function of prediction, target and weights; with their specs and numbers. */
export function observation(metric: Metric, samples: MetricSamples, showing: Showing = {}) {
  const { dtype = 'float64', layout = 'row', meaning } = showing;
  const { count, outputs, predictions, targets, labels, weights } = samples;
  const shape = layout === 'row' ? [count, outputs] : [outputs, count];
  const placed = (x: Float64Array) =>
    layout === 'row' ? x : x.map((_, i) => x[(i % count) * outputs + Math.floor(i / count)] ?? Number.NaN);
  const specs: TensorSpec[] = [
    { shape, dtype },
    labels ? { shape: [count], dtype: 'int32' } : { shape, dtype },
    ...(weights === undefined ? [] : [{ shape: [count], dtype }]),
  ];
  return {
    specs,
    numbers: [
      placed(predictions),
      labels ? targets : placed(targets),
      ...(weights === undefined ? [] : [weights]),
    ],
    observe: (...[x, t, w]: Value[]): Value => {
      if (x === undefined || t === undefined)
        throw new ConformanceError({
          what: 'a metric',
          got: 'no prediction',
          expected: 'prediction and target',
        });
      try {
        return metric.observe(x, t, { ...placementOf(layout), meaning }, w);
      } catch (error) {
        throw new ConformanceError({
          what: 'an error by observe, of samples that it is meant for',
          got: String(error),
          expected: 'the numbers that the batch adds',
          at: samplesAsText(samples),
        });
      }
    },
  };
}

/** The numbers that a batch adds, by the primitives' own meaning. */
export function observed(metric: Metric, samples: MetricSamples, showing: Showing = {}): TypedArray {
  const { specs, numbers, observe } = observation(metric, samples, showing);
  const inputs = specs.map((spec, i) => placeholder(spec, `input ${i}`));
  return runner(inputs, [observe(...inputs)])(numbers)[0]?.data ?? new Float64Array();
}

/** The numbers of batches, summed or kept one after the other. @throws ConformanceError for sums of another length than before. */
export function gathered(metric: Metric, batches: readonly ArrayLike<number>[]): number[] {
  if (metric.keeps === true) return batches.flatMap((batch) => Array.from(batch));
  const [first, ...others] = batches;
  const sums = Array.from(first ?? []);
  for (const other of others) {
    if (other.length !== sums.length)
      throw new ConformanceError({
        what: 'the numbers of batches that are summed',
        got: `${sums.length} of one batch and ${other.length} of another`,
        expected: 'as many of every batch, whatever its size; or `keeps: true`',
      });
    Array.from(other).forEach((x, i) => {
      sums[i] = (sums[i] ?? 0) + x;
    });
  }
  return sums;
}

/** The figure of some numbers. @throws ConformanceError when it is none, or when the numbers were changed. */
export function summarized(metric: Metric, numbers: readonly number[]): Outcome {
  const given = [...numbers];
  let figure: unknown;
  try {
    figure = metric.summarize(given);
  } catch (error) {
    if (error instanceof PullbackError) return error;
    throw new ConformanceError({
      what: 'an error of its own by summarize',
      got: String(error),
      expected: 'a figure, or a DataError that says what is missing',
    });
  }
  if (typeof figure !== 'number')
    throw new ConformanceError({ what: 'what summarize gives', got: String(figure), expected: 'a number' });
  const changed = given.findIndex((x, i) => !Object.is(x, numbers[i]));
  if (changed >= 0 || given.length !== numbers.length)
    throw new ConformanceError({
      what: 'the numbers after summarize',
      got: changed < 0 ? `${given.length} of them` : `${given[changed]} in place ${changed}`,
      expected: changed < 0 ? String(numbers.length) : `${numbers[changed]}, as before: sort a copy`,
    });
  return figure;
}

/** The figure over batches. */
export function figureOf(metric: Metric, batches: readonly MetricSamples[], showing: Showing = {}): Outcome {
  return summarized(
    metric,
    gathered(
      metric,
      batches.map((batch) => observed(metric, batch, showing)),
    ),
  );
}

/** An outcome in words. */
export function outcomeAsText(outcome: Outcome): string {
  return typeof outcome === 'number' ? String(outcome) : `${outcome.name}: ${outcome.got}`;
}

/** @throws ConformanceError when one is a figure and the other none, or when they are not near each other. */
export function refuseOther(
  what: string,
  [got, expected]: readonly [Outcome, Outcome],
  { why, samples, tolerance = 1e-9 }: { why: string; samples?: MetricSamples; tolerance?: number },
): void {
  const alike =
    typeof got === 'number' && typeof expected === 'number'
      ? near(got, expected, tolerance)
      : typeof got === typeof expected;
  if (alike) return;
  throw new ConformanceError({
    what,
    got: outcomeAsText(got),
    expected: `${outcomeAsText(expected)}, ${why}`,
    ...(samples && { at: samplesAsText(samples) }),
  });
}

/** @throws ConformanceError for a NaN. */
export function refuseNaN(what: string, outcome: Outcome, samples?: MetricSamples): void {
  if (typeof outcome !== 'number' || !Number.isNaN(outcome)) return;
  throw new ConformanceError({
    what,
    got: 'NaN',
    expected: 'a number, or a DataError that says what is missing',
    ...(samples && { at: samplesAsText(samples) }),
  });
}
