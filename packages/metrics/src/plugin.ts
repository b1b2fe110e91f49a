import { plugin } from '@pullback/plugin';
import * as v from 'valibot';
import { accuracy, binaryAccuracy, categoricalAccuracy } from './accuracy.ts';
import { auc } from './auc.ts';
import { meanAbsoluteDistance, meanSquaredDistance, rootMeanSquaredDistance } from './distances.ts';
import { f1, precision, recall, type ThresholdOptions } from './precision-recall.ts';
import { r2 } from './r2.ts';
import { topK } from './top-k.ts';

declare module '@pullback/plugin' {
  interface MetricSpecs {
    accuracy: object;
    categoricalAccuracy: object;
    binaryAccuracy: ThresholdOptions;
    topK: { readonly k: number };
    precision: ThresholdOptions;
    recall: ThresholdOptions;
    f1: ThresholdOptions;
    auc: { readonly bins?: number };
    meanSquaredError: object;
    meanAbsoluteError: object;
    rootMeanSquaredError: object;
    r2: object;
  }
}

const number = v.optional(v.number());
const described = (doc: string, entries: v.ObjectEntries = {}) => ({
  doc,
  options: v.strictObject(entries),
});

/** The metrics of this package, by name. */
export const metricsPlugin = plugin(
  ({ metric }) => {
    metric('accuracy', accuracy, described('the share of samples that are right'));
    metric('categoricalAccuracy', categoricalAccuracy, described('the same for several classes'));
    metric(
      'binaryAccuracy',
      binaryAccuracy,
      described('the share of components on the right side of the threshold', { threshold: number }),
    );
    metric(
      'topK',
      ({ k }: { readonly k: number }) => topK(k),
      described('the share of samples whose class is among the k largest', { k: v.number() }),
    );
    metric(
      'precision',
      precision,
      described('right positives among those that were called so', { threshold: number }),
    );
    metric('recall', recall, described('right positives among those that are', { threshold: number }));
    metric('f1', f1, described('the harmonic mean of precision and recall', { threshold: number }));
    metric('auc', auc, described('the area under the ROC curve', { bins: number }));
    metric('meanSquaredError', meanSquaredDistance, described('mean (x - t)^2'));
    metric('meanAbsoluteError', meanAbsoluteDistance, described('mean |x - t|'));
    metric('rootMeanSquaredError', rootMeanSquaredDistance, described('sqrt mean (x - t)^2'));
    metric('r2', r2, described('1 - sum (x - t)^2 / sum (t - mean t)^2'));
  },
  { name: '@pullback/metrics' },
);
