export { inChannels } from './channels.ts';
export { decodeImage } from './decode.ts';
export { encodePng, type PictureOptions } from './encode-png.ts';
export { type MosaicOptions, mosaic } from './mosaic.ts';
export { type PixelSource, pixelsOf } from './pixels.ts';
export { type ImageOptions, prepared } from './prepared.ts';
export { resized } from './resized.ts';
