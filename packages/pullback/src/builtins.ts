import type { FloatDType } from '@pullback/core';
import { layersPlugin } from '@pullback/layers/plugin';
import { lossesPlugin } from '@pullback/losses/plugin';
import { metricsPlugin } from '@pullback/metrics/plugin';
import { optimizersPlugin } from '@pullback/optimizers/plugin';
import { Plugin, plugin } from '@pullback/plugin';
import { backendOf } from './backends.ts';

declare module '@pullback/plugin' {
  interface BackendSpecs {
    auto: { dtype?: FloatDType };
    cpu: object;
    wasm: object;
    webgpu: object;
  }
}

const own = plugin(
  ({ backend }) => {
    backend('auto', (options: { dtype?: FloatDType }) => backendOf('auto', options), {
      doc: 'the fastest that the machine has',
    });
    backend('cpu', () => backendOf('cpu'), { doc: 'the reference: every primitive by its own meaning' });
    backend('wasm', () => backendOf('wasm'), { doc: 'float32 as SIMD kernels in one WebAssembly module' });
    backend('webgpu', () => backendOf('webgpu'), { doc: 'kernels on the GPU, in float32' });
  },
  { name: 'pullback' },
);

/** Everything that comes with Pullback, by name: one plugin like any other. */
export const builtins = new Plugin(
  'builtins',
  [layersPlugin, lossesPlugin, metricsPlugin, optimizersPlugin, own].flatMap(({ entries }) => entries),
  [],
);
