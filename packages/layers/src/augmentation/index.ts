export { type MixupOptions, mixup } from './mixup.ts';
export { cutout, type RandomFlipOptions, randomCrop, randomFlip, randomShift } from './moving.ts';
