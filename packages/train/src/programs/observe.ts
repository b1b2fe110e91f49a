import { add, cast, type FloatDType, fill, meaningOf, mul, sub, type Value, within } from '@pullback/core';
import type { Definition } from '../definition/definition.ts';
import { errorOf, mixedError } from '../definition/outputs.ts';
import { lossTotal, type Watched } from './metric-sums.ts';
import { planNames } from './names.ts';
import type { Names } from './plan.ts';
import { type BatchSpecs, computable, type Walked } from './walk-through.ts';

/** The addend of a batch to the sum of that name: of errors, or of a metric. */
export interface Addend {
  readonly name: string;
  readonly more: Value;
  /** Whether it is kept beside those of the batches before, and not added. */
  readonly keeps: boolean;
}

/**
 * The weighted sum of the outputs' errors, and what the batch adds to the sums of losses and metrics.
 * @param share the share of the samples of a whole batch, where these are a part of it: means are multiplied by it.
 */
export function observe(
  { heads, placement, dtype }: Definition,
  specs: BatchSpecs,
  { predictions, chosen, walk: { mixture } }: Walked,
  names: Names,
  share?: Value,
) {
  const weights = specs.weights && chosen.take(names.add(planNames.weights, specs.weights), 0);
  const outputs = heads.flatMap((head, i) => {
    const prediction = predictions[i];
    if (prediction === undefined) return [];
    const given = names.add(planNames.target(i), specs.targets[i] ?? prediction.spec);
    const target = computable(chosen.take(given, placement.sampleAxis), dtype);
    const error = mixture
      ? mixedError(head, prediction, target, placement, { ...mixture, weights })
      : errorOf(head, prediction, target, placement, weights);
    return [{ ...head, prediction, target, error }];
  });
  const addends = (watched: readonly Watched[]): Addend[] => [
    ...outputs.map(({ error, prediction, loss }, i) => {
      const samples = prediction.shape.at(placement.sampleAxis) ?? 1;
      const more = mul(error, loss.reduction === 'mean' ? samples : 1);
      return { name: lossTotal(i), more, keeps: false };
    }),
    ...watched.flatMap(({ metric, head, figure, total }) => {
      const output = outputs[head];
      if (output === undefined) return [];
      const { prediction, target } = output;
      const at = { ...placement, meaning: meaningOf(prediction, output.loss) };
      const counted = metric.weighted === true ? weights : undefined;
      const more = within(figure, () => metric.observe(prediction, target, at, counted));
      return [{ name: total, more, keeps: metric.keeps === true }];
    }),
  ];
  const shared = outputs.map(({ error, weight, loss }) => ({
    error: share === undefined || loss.reduction === 'sum' ? error : mul(error, share),
    weight,
  }));
  return { loss: weightedSum(shared), addends, targets: outputs.map(({ target }) => target), weights };
}

/** The sums, grown by what a batch adds, with what their rounding left out; beside them what is kept. */
export function grown(
  addends: readonly Addend[],
  names: Names,
  dtype: FloatDType,
): (readonly [string, Value])[] {
  return addends.flatMap(({ name, more: addend, keeps }): (readonly [string, Value])[] => {
    if (keeps) return [[planNames.kept(name), addend]];
    const more = cast(addend, dtype);
    const held = (total: string) => names.add(total, { shape: more.shape, dtype });
    const [total, rest] = [planNames.total(name), planNames.totalRest(name)];
    if (dtype === 'float64') return [[total, add(held(total), more)]];
    const { sum, error } = sumWithError(held(total), more);
    const left = add(held(rest), error);
    const next = add(sum, left);
    return [
      [total, next],
      [rest, sub(left, sub(next, sum))],
    ];
  });
}

/**
 * a + b as it is rounded, and what the rounding took off: together they are the sum.
 * Source: Knuth 1969, The Art of Computer Programming, volume 2, 4.2.2, theorem B.
 */
function sumWithError(a: Value, b: Value): { readonly sum: Value; readonly error: Value } {
  const s = add(a, b);
  const ofB = sub(s, a);
  return { sum: s, error: add(sub(a, sub(s, ofB)), sub(b, ofB)) };
}

/** sum weight_i error_i; an error of weight 0 is left out, whatever it is. */
export function weightedSum(errors: readonly { readonly error: Value; readonly weight: number }[]): Value {
  const [first, ...others] = errors.flatMap(({ error, weight }) =>
    weight === 0 ? [] : [weight === 1 ? error : mul(error, weight)],
  );
  return others.reduce(add, first ?? fill(0, [], errors[0]?.error.dtype));
}
