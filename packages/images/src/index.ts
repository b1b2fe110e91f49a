export { inChannels } from './channels.ts';
export { decodeImage } from './decode.ts';
export { type DrawableCanvas, drawPicture } from './draw-picture.ts';
export { encodePng } from './encode-png.ts';
export type { PictureOptions } from './in-bytes.ts';
export { type MosaicOptions, mosaic } from './mosaic.ts';
export { type PixelSource, pixelsOf } from './pixels.ts';
export { type ImageOptions, prepared } from './prepared.ts';
export { resized } from './resized.ts';
