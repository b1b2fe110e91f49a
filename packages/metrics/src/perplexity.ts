import {
  cast,
  checkOptions,
  DataError,
  DTypeError,
  equal,
  type FieldsOf,
  field,
  isFloat,
  labelErrors,
  log,
  type Metric,
  type MetricPlacement,
  mul,
  noSamples,
  not,
  placeOf,
  reshape,
  ShapeError,
  select,
  stack,
  sum,
  type Value,
  weigh,
} from '@pullback/core';
import { named, type WeightedOptions, weightedFields } from './options.ts';
import { isLabels, outputsOf } from './targets.ts';

export interface PlacesOptions extends WeightedOptions {
  /** A label that counts nothing, as that of padding; -1 when left out. */
  readonly ignore?: number;
}

export const placesFields = { ...weightedFields, ignore: field.whole() } satisfies FieldsOf<PlacesOptions>;

/**
 * e^h, with h the mean of -log of the probability of the right class over all places that count; labels as whole numbers.
 * @throws ShapeError for other targets, DataError for a label outside of the classes.
 */
export function perplexity(options: PlacesOptions = {}): Metric {
  return ofPlaces('perplexity', options, Math.exp);
}

/**
 * The mean of -log_2 of the probability of the right class over all places that count, such as bits a character.
 * @throws as perplexity.
 */
export function bitsPerSymbol(options: PlacesOptions = {}): Metric {
  return ofPlaces('bits per symbol', options, (h) => h / Math.LN2);
}

function ofPlaces(name: string, options: PlacesOptions, figure: (h: number) => number): Metric {
  const { ignore = -1, weighted = false } = checkOptions(`metric '${name}'`, options, placesFields);
  return {
    name: named(name, options),
    better: 'lower',
    weighted,
    observe: (prediction, target, at, weights) => {
      const labels = labelsOf(prediction, target, at);
      const dtype = isFloat(prediction.dtype) ? prediction.dtype : 'float32';
      const counted = cast(not(equal(labels, ignore)), dtype);
      const logits = at.meaning?.as === 'probabilities' ? log(prediction) : prediction;
      const errors = select(equal(labels, ignore), 0, labelErrors(logits, labels, { axis: at.classAxis }));
      if (weights === undefined) return stack([sum(errors), sum(counted)]);
      const sample = at.layout === 'row' ? 0 : labels.shape.length - 1;
      const own = reshape(
        cast(weights, dtype),
        labels.shape.map((extent, i) => (i === sample ? extent : 1)),
      );
      return stack([sum(weigh(errors, own)), sum(mul(counted, own))]);
    },
    summarize: ([total = 0, count = 0]) => {
      if (count === 0) throw noSamples(name);
      return figure(total / count);
    },
    check: (target, prediction, at) => {
      if (!isLabels(target, prediction, at)) throw notLabels(target.shape);
      const classes = outputsOf(prediction, at);
      const wrong = target.data.findIndex(
        (label) => label !== ignore && !(Number.isInteger(label) && label >= 0 && label < classes),
      );
      if (wrong >= 0)
        throw new DataError({
          got: `the label ${target.data[wrong]} at ${placeOf(wrong, target.shape)}`,
          expected: `whole numbers from 0 to ${classes - 1}, or ${ignore} for what counts nothing`,
        });
    },
  };
}

function labelsOf(prediction: Value, target: Value, at: MetricPlacement): Value {
  if (!isLabels(target, prediction, at)) throw notLabels(target.shape);
  if (target.dtype === 'bool') throw new DTypeError({ got: 'labels of bool', expected: 'whole numbers' });
  return cast(target, 'int32');
}

function notLabels(shape: readonly number[]): ShapeError {
  return new ShapeError({
    got: `a target of [${shape.join(', ')}]`,
    expected: 'one label for each place of the prediction',
  });
}
