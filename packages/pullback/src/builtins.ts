import type { NativeOptions } from '@pullback/backend-native';
import type { WasmOptions } from '@pullback/backend-wasm';
import type { WebGpuOptions } from '@pullback/backend-webgpu';
import { type FloatDType, field } from '@pullback/core';
import { layersPlugin } from '@pullback/layers/plugin';
import { lossesPlugin } from '@pullback/losses/plugin';
import { metricsPlugin } from '@pullback/metrics/plugin';
import { optimizersPlugin } from '@pullback/optimizers/plugin';
import { Plugin, plugin } from '@pullback/plugin';
import { backendOf } from './backends.ts';

declare module '@pullback/plugin' {
  interface BackendSpecs {
    auto: { dtype?: FloatDType; operations?: () => number };
    cpu: object;
    wasm: WasmOptions;
    native: NativeOptions;
    webgpu: Omit<WebGpuOptions, 'device'>;
  }
}

const own = plugin(
  ({ backend }) => {
    backend(
      'auto',
      (options: { dtype?: FloatDType; operations?: () => number }) => backendOf('auto', options),
      {
        doc: 'the fastest that the machine has',
        options: {
          dtype: field.oneOf('float32', 'float64'),
          operations: field.callable('a function that gives a number'),
        },
      },
    );
    const named = [
      ['cpu', 'the reference: every primitive by its own meaning'],
      ['wasm', 'float32 as SIMD kernels in one WebAssembly module'],
      ['native', 'C for the own processor, by the compiler of the machine'],
      ['webgpu', 'kernels on the GPU, in float32'],
    ] as const;
    for (const [name, doc] of named)
      backend(name, (options: Readonly<Record<string, never>>) => backendOf(name, { options }), { doc });
  },
  { name: 'pullback' },
);

/** Everything that comes with Pullback, by name: one plugin like any other. */
export const builtins = new Plugin(
  'builtins',
  [layersPlugin, lossesPlugin, metricsPlugin, optimizersPlugin, own].flatMap(({ entries }) => entries),
  [],
);
