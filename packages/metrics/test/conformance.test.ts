// Every metric of the package, examined by the kit as one of somebody else's would be.
import type { Metric } from '@pullback/core';
import {
  accuracy,
  auc,
  binaryAccuracy,
  bitsPerSymbol,
  categoricalAccuracy,
  cosineSimilarity,
  f1,
  meanAbsoluteDistance,
  meanAbsolutePercentageError,
  meanSquaredDistance,
  meanSquaredLogarithmicError,
  metricsByName,
  perplexity,
  precision,
  r2,
  recall,
  rootMeanSquaredDistance,
  topK,
} from '@pullback/metrics';
import { conformMetric, type MetricConformance } from '@pullback/testing';
import { describe, expect, test } from 'vitest';
import { meanings } from './over.ts';

const weighted = { weighted: true } as const;
const labels = { targets: 'labels', outputs: [2, 3], meaning: meanings.softmaxLogits } as const;
const oneHot = {
  targets: 'one-hot',
  outputs: [2, 3],
  predictions: [0, 1],
  meaning: meanings.softmax,
} as const;
const binary = { targets: 'binary', outputs: [1], predictions: [0, 1], meaning: meanings.sigmoid } as const;
const logits = { targets: 'binary', outputs: [1], meaning: meanings.sigmoidLogits } as const;
const several = { ...binary, outputs: [2, 3] } as const;
const signs = { targets: 'signs', outputs: [1], meaning: meanings.signs } as const;
const labelled = { ...labels, refuses: [{ outputs: 3, target: Int32Array.of(0, 3) }] } as const;

const examined: Readonly<Record<string, readonly [() => Metric, MetricConformance?][]>> = {
  accuracy: [
    [() => accuracy(weighted), labelled],
    [accuracy, logits],
  ],
  categoricalAccuracy: [[categoricalAccuracy, oneHot]],
  binaryAccuracy: [
    [() => binaryAccuracy(weighted), several],
    [binaryAccuracy, signs],
  ],
  topK: [[() => topK(2, weighted), labelled]],
  precision: [
    [() => precision(weighted), binary],
    [() => precision({ average: 'weighted' }), labelled],
  ],
  recall: [
    [() => recall(weighted), several],
    [() => recall({ average: 'micro' }), oneHot],
  ],
  f1: [
    [() => f1(weighted), labelled],
    [f1, logits],
    [f1, signs],
  ],
  auc: [
    [() => auc(weighted), binary],
    [auc, labels],
    [() => auc({ average: 'micro' }), several],
  ],
  meanSquaredError: [[() => meanSquaredDistance(weighted)]],
  meanAbsoluteError: [[() => meanAbsoluteDistance(weighted)]],
  rootMeanSquaredError: [[() => rootMeanSquaredDistance(weighted)]],
  meanAbsolutePercentageError: [
    [() => meanAbsolutePercentageError(weighted), { targets: [0.5, 9], predictions: [0.5, 9] }],
  ],
  meanSquaredLogarithmicError: [
    [() => meanSquaredLogarithmicError(weighted), { targets: [0, Infinity], predictions: [0, Infinity] }],
  ],
  cosineSimilarity: [[() => cosineSimilarity(weighted), { outputs: [2, 3] }]],
  perplexity: [[() => perplexity(weighted), labelled]],
  bitsPerSymbol: [[bitsPerSymbol, labelled]],
  r2: [[() => r2(weighted)], [() => r2({ average: 'variance' })]],
};

for (const [name, forms] of Object.entries(examined))
  describe(name, () => {
    forms.forEach(([make, options], i) => {
      for (const { name: what, run } of conformMetric(make, { runs: 2, ...options }))
        test(`${i}, ${what}`, run);
    });
  });

test('no metric is left out', () => {
  expect(Object.keys(examined).sort()).toEqual(Object.keys(metricsByName).sort());
});
