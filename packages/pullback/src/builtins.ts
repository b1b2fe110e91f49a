import { layersPlugin } from '@pullback/layers/plugin';
import { lossesPlugin } from '@pullback/losses/plugin';
import { optimizersPlugin } from '@pullback/optimizers/plugin';
import { Plugin, plugin } from '@pullback/plugin';
import { accuracy } from '@pullback/train';
import { backendOf } from './backends.ts';

declare module '@pullback/plugin' {
  interface BackendSpecs {
    auto: object;
    cpu: object;
  }
  interface MetricSpecs {
    accuracy: object;
  }
}

const own = plugin(
  ({ backend, metric }) => {
    backend('auto', () => backendOf('auto'), { doc: 'the fastest that the machine has' });
    backend('cpu', () => backendOf('cpu'), { doc: 'the reference: every primitive by its own meaning' });
    metric('accuracy', accuracy, { doc: 'the share of samples that are right' });
  },
  { name: 'pullback' },
);

/** Everything that comes with Pullback, by name: one plugin like any other. */
export const builtins = new Plugin(
  'builtins',
  [layersPlugin, lossesPlugin, optimizersPlugin, own].flatMap(({ entries }) => entries),
  [],
);
