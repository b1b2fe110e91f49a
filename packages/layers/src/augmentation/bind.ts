import type { LayerOptions } from '@pullback/core';
import type { PluginBinder } from '@pullback/plugin';
import { type MixupOptions, mixup, mixupFields } from './mixup.ts';
import {
  cutout,
  cutoutFields,
  type RandomFlipOptions,
  randomCrop,
  randomCropFields,
  randomFlip,
  randomFlipFields,
  randomShift,
  randomShiftFields,
} from './moving.ts';

type Sized = LayerOptions & { readonly size: number | readonly number[] };
type Shifted = LayerOptions & { readonly places: number | readonly number[] };

/** Their options in a spec. */
export interface AugmentationSpecs {
  randomFlip: RandomFlipOptions;
  randomShift: Shifted;
  randomCrop: Sized;
  cutout: Sized;
  mixup: MixupOptions;
}

/** Binds the layers that disturb images while training, by name. */
export function bindAugmentations(layer: PluginBinder['layer']): void {
  layer('randomFlip', randomFlip, {
    doc: 'turned round with probability 1/2, while training',
    options: randomFlipFields,
  });
  layer('randomShift', ({ places, ...options }: Shifted) => randomShift(places, options), {
    doc: 'moved by some places, while training',
    options: randomShiftFields,
  });
  layer('randomCrop', ({ size, ...options }: Sized) => randomCrop(size, options), {
    doc: 'a part from anywhere while training, from the middle in prediction',
    options: randomCropFields,
  });
  layer('cutout', ({ size, ...options }: Sized) => cutout(size, options), {
    doc: 'zeros in a part, while training',
    options: cutoutFields,
  });
  layer('mixup', mixup, {
    doc: 'samples and targets mixed with others, while training',
    options: mixupFields,
  });
}
