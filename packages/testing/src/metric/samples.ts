import { RandomStream, type TensorLike } from '@pullback/core';
import { type Example, numbersOf } from '../example.ts';
import { nested } from '../numbers-as-text.ts';

/** The targets of a metric: numbers of an interval, a label for each sample, rows with a single 1, zeros and ones, or -1 and 1. */
export type MetricTargets = readonly [number, number] | 'labels' | 'one-hot' | 'binary' | 'signs';

/** Predictions of `outputs` numbers for each sample, row by row, with their targets and, where samples have some, their weights. */
export interface MetricSamples {
  readonly count: number;
  readonly outputs: number;
  readonly predictions: Float64Array;
  readonly targets: Float64Array;
  /** Whether a target is one label and not a row of `outputs` numbers. */
  readonly labels: boolean;
  readonly weights?: Float64Array;
}

/** Targets that a metric must refuse, beside predictions of so many outputs. */
export interface RefusedTarget {
  readonly outputs: number;
  readonly target: TensorLike;
}

/** The looks of an example's samples: as drawn; in few steps, so that many are equal; near 0; near the target; of every size; all of one class. */
export type Manner = 'plain' | 'ties' | 'small' | 'near' | 'wide' | 'one class';

export interface SampleRules {
  readonly predictions: readonly [number, number];
  readonly targets: MetricTargets;
  readonly outputs: readonly number[];
}

/** The samples of an example. Their number is the product of its first and last extents. */
export function samplesOf(example: Example, rules: SampleRules, manner: Manner): MetricSamples {
  const [a, b, c] = example.sizes;
  const count = a * c;
  const outputs = rules.outputs[b % rules.outputs.length] ?? 1;
  const targets = targetsOf(example, rules, { count, outputs, oneClass: manner === 'one class' });
  const [drawn = new Float64Array()] = numbersOf(example, [[count, outputs]], rules.predictions);
  const best = perfect({ count, outputs, targets, labels: rules.targets === 'labels' }, rules);
  const [low, high] = rules.predictions;
  const predictions = drawn.map((x, i) => {
    if (manner === 'ties') return inside(Math.round(x * 4) / 4 + 1 / 16, rules.predictions);
    if (manner === 'small' && low === 0) return x ** 9;
    if (manner === 'near')
      return inside((best[i] ?? 0) + 1e-3 * (x - (low + high > 0 ? low : 0)), rules.predictions);
    if (manner === 'wide' && low === -Infinity && high === Infinity) return x * 10 ** ((i % 5) - 1);
    return x;
  });
  return { count, outputs, predictions, targets, labels: rules.targets === 'labels' };
}

function inside(x: number, [low, high]: readonly [number, number]): number {
  return Math.min(Math.max(x, low), high);
}

function targetsOf(
  example: Example,
  { targets }: SampleRules,
  { count, outputs, oneClass }: { count: number; outputs: number; oneClass: boolean },
): Float64Array {
  const random = RandomStream.of(example.seed, 'targets');
  const pick = (classes: number) => (oneClass ? 0 : Math.floor(classes * random.uniform()));
  switch (targets) {
    case 'labels':
      return Float64Array.from({ length: count }, () => pick(outputs));
    case 'one-hot': {
      const hot = new Float64Array(count * outputs);
      for (let i = 0; i < count; i++) hot[i * outputs + pick(outputs)] = 1;
      return hot;
    }
    case 'binary':
      return Float64Array.from({ length: count * outputs }, () => pick(2));
    case 'signs':
      return Float64Array.from({ length: count * outputs }, () => 2 * pick(2) - 1);
    default: {
      const [drawn = new Float64Array()] = numbersOf(example, [[count, outputs]], targets, 'targets');
      return oneClass ? drawn.fill(drawn[0] ?? 0) : drawn;
    }
  }
}

/** Predictions that say just what the targets do. */
export function perfect(
  { count, outputs, targets, labels }: Pick<MetricSamples, 'count' | 'outputs' | 'targets' | 'labels'>,
  rules: SampleRules,
): Float64Array {
  const [low, high] = rules.predictions.map((x) => (Number.isFinite(x) ? x : 5 * Math.sign(x)));
  const side = (yes: boolean) => (yes ? high : low) ?? 0;
  if (labels)
    return Float64Array.from({ length: count * outputs }, (_, i) =>
      side(targets[Math.floor(i / outputs)] === i % outputs),
    );
  return targets.map((t) =>
    typeof rules.targets === 'string' ? side(t > 0.5) : inside(t, rules.predictions),
  );
}

/** The samples at `places`, in that order. */
export function taken(samples: MetricSamples, places: readonly number[]): MetricSamples {
  const { outputs, labels, weights } = samples;
  const width = labels ? 1 : outputs;
  const rows = (x: Float64Array, w: number) =>
    Float64Array.from(places.flatMap((place) => Array.from(x.subarray(place * w, (place + 1) * w))));
  return {
    ...samples,
    count: places.length,
    predictions: rows(samples.predictions, outputs),
    targets: rows(samples.targets, width),
    ...(weights && { weights: rows(weights, 1) }),
  };
}

/** The samples in batches of those sizes, one after the other. */
export function split(samples: MetricSamples, sizes: readonly number[]): MetricSamples[] {
  let from = 0;
  return sizes.map((size) => {
    const places = Array.from({ length: size }, (_, i) => from + i);
    from += size;
    return taken(samples, places);
  });
}

/** Predictions and targets as rows of numbers; a label is a row of one. */
export function rowsOf({ count, outputs, predictions, targets, labels }: MetricSamples) {
  const rows = (x: Float64Array, width: number) =>
    Array.from({ length: count }, (_, i) => Array.from(x.subarray(i * width, (i + 1) * width)));
  return { predictions: rows(predictions, outputs), targets: rows(targets, labels ? 1 : outputs) };
}

/** The samples as a finding shows them. */
export function samplesAsText({
  count,
  outputs,
  predictions,
  targets,
  labels,
  weights,
}: MetricSamples): string {
  const lines = [
    `predictions = ${nested(predictions, [count, outputs])}`,
    `targets = ${nested(targets, labels ? [count] : [count, outputs])}`,
    ...(weights === undefined ? [] : [`weights = ${nested(weights, [count])}`]),
  ];
  return `at ${lines.join('; ')}`;
}
