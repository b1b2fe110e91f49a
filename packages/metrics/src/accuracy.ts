import {
  argmax,
  checkOptions,
  defineMetric,
  equal,
  field,
  greater,
  type Metric,
  max,
  OptionError,
} from '@pullback/core';
import { float, whereKnown } from './counting.ts';
import { type DecisionOptions, thresholdOf } from './decision.ts';
import { named, type WeightedOptions, weightedFields } from './options.ts';
import { checkClasses, checkSides, classOf, outputsOf, sameAs } from './targets.ts';

/**
 * The share of samples whose largest output is the labelled class, labels as integers or one-hot.
 * @throws ShapeError, OptionError for a single output, DataError for labels outside of the classes and for several labels of a sample.
 */
export function categoricalAccuracy(options: WeightedOptions = {}): Metric {
  checkOptions("metric 'categoricalAccuracy'", options, weightedFields);
  return defineMetric(
    named('accuracy', options),
    (prediction, target, at) => {
      if (outputsOf(prediction, at) < 2)
        throw new OptionError({
          got: 'one output, for the metric categoricalAccuracy',
          expected: 'one for each class',
          hint: 'accuracy() and binaryAccuracy() take one output.',
        });
      const axis = at.classAxis;
      const right = equal(argmax(prediction, { axis }), classOf(prediction, target, at));
      return whereKnown(float(right, prediction), max(prediction, { axis }));
    },
    { better: 'higher', check: checkClasses, ...options },
  )();
}

export const binaryFields = { threshold: field.number(), ...weightedFields };

/**
 * The share of outputs on the target's side of the threshold, which the network's last function or the loss tells where it is left out.
 * @throws ShapeError, OptionError where nobody tells, DataError for targets outside of [0, 1].
 */
export function binaryAccuracy(options: Pick<DecisionOptions, 'threshold'> & WeightedOptions = {}): Metric {
  const { threshold, ...others } = options;
  checkOptions("metric 'binaryAccuracy'", options, binaryFields);
  return defineMetric(
    named('accuracy', options),
    (prediction, target, at) => {
      const t = sameAs(prediction, target, at);
      const said = greater(prediction, thresholdOf('binaryAccuracy', at, options));
      return whereKnown(float(equal(said, greater(t, 0.5)), prediction), prediction, t);
    },
    { better: 'higher', check: (target) => checkSides(target, { soft: true }), ...others },
  )();
}

/**
 * The share of samples that are right: by class when there are several outputs, by the side of the threshold when there is one.
 * @throws as categoricalAccuracy and binaryAccuracy do.
 */
export function accuracy(options: WeightedOptions = {}): Metric {
  const [byClass, bySide] = [categoricalAccuracy(options), binaryAccuracy(options)];
  const meant = (prediction: { readonly shape: readonly number[] }, at: Parameters<typeof outputsOf>[1]) =>
    outputsOf(prediction, at) > 1 ? byClass : bySide;
  return {
    ...byClass,
    observe: (prediction, target, at, weights) =>
      meant(prediction, at).observe(prediction, target, at, weights),
    check: (target, prediction, at) => meant(prediction, at).check?.(target, prediction, at),
  };
}
