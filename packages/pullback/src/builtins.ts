import type { FloatDType } from '@pullback/core';
import { layersPlugin } from '@pullback/layers/plugin';
import { lossesPlugin } from '@pullback/losses/plugin';
import { optimizersPlugin } from '@pullback/optimizers/plugin';
import { Plugin, plugin } from '@pullback/plugin';
import {
  accuracy,
  auc,
  binaryAccuracy,
  categoricalAccuracy,
  f1,
  meanAbsoluteDistance,
  meanSquaredDistance,
  precision,
  r2,
  recall,
  rootMeanSquaredDistance,
  type ThresholdOptions,
  topK,
} from '@pullback/train';
import { backendOf } from './backends.ts';

declare module '@pullback/plugin' {
  interface BackendSpecs {
    auto: { dtype?: FloatDType };
    cpu: object;
    wasm: object;
    webgpu: object;
  }
  interface MetricSpecs {
    accuracy: object;
    categoricalAccuracy: object;
    binaryAccuracy: { threshold?: number };
    topK: { k: number };
    precision: ThresholdOptions;
    recall: ThresholdOptions;
    f1: ThresholdOptions;
    auc: { bins?: number };
    meanSquaredError: object;
    meanAbsoluteError: object;
    rootMeanSquaredError: object;
    r2: object;
  }
}

const own = plugin(
  ({ backend, metric }) => {
    backend('auto', (options: { dtype?: FloatDType }) => backendOf('auto', options), {
      doc: 'the fastest that the machine has',
    });
    backend('cpu', () => backendOf('cpu'), { doc: 'the reference: every primitive by its own meaning' });
    backend('wasm', () => backendOf('wasm'), { doc: 'float32 as SIMD kernels in one WebAssembly module' });
    backend('webgpu', () => backendOf('webgpu'), { doc: 'kernels on the GPU, in float32' });
    metric('accuracy', accuracy, { doc: 'the share of samples that are right' });
    metric('categoricalAccuracy', categoricalAccuracy, { doc: 'the same for several classes' });
    metric('binaryAccuracy', (options: { threshold?: number }) => binaryAccuracy(options), {
      doc: 'the share of components on the right side of the threshold',
    });
    metric('topK', ({ k }: { k: number }) => topK(k), {
      doc: 'the share of samples whose class is among the k largest',
    });
    metric('precision', (options: ThresholdOptions) => precision(options), {
      doc: 'right positives among those that were called so',
    });
    metric('recall', (options: ThresholdOptions) => recall(options), {
      doc: 'right positives among those that are',
    });
    metric('f1', (options: ThresholdOptions) => f1(options), {
      doc: 'the harmonic mean of precision and recall',
    });
    metric('auc', (options: { bins?: number }) => auc(options), { doc: 'the area under the ROC curve' });
    metric('meanSquaredError', meanSquaredDistance, { doc: 'mean (x - t)^2' });
    metric('meanAbsoluteError', meanAbsoluteDistance, { doc: 'mean |x - t|' });
    metric('rootMeanSquaredError', rootMeanSquaredDistance, { doc: 'sqrt mean (x - t)^2' });
    metric('r2', r2, { doc: '1 - sum (x - t)^2 / sum (t - mean t)^2' });
  },
  { name: 'pullback' },
);

/** Everything that comes with Pullback, by name: one plugin like any other. */
export const builtins = new Plugin(
  'builtins',
  [layersPlugin, lossesPlugin, optimizersPlugin, own].flatMap(({ entries }) => entries),
  [],
);
