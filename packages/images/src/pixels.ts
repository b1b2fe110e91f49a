import { DataError, type Image, UnsupportedError } from '@pullback/core';
import type { Picture } from './image.ts';
import { type ImageOptions, prepared } from './prepared.ts';

interface Context {
  drawImage(image: Drawable, x: number, y: number): void;
  getImageData(x: number, y: number, width: number, height: number): Image;
}

/** A canvas, on the page or not. */
interface CanvasLike {
  readonly width: number;
  readonly height: number;
  getContext(kind: '2d', options?: object): unknown;
}

/** A source that can be drawn on a canvas: an ImageBitmap, an image or a frame of a video. */
interface Drawable {
  readonly width: number;
  readonly height: number;
}

/** The pictures of a page: an ImageData, a canvas, an ImageBitmap, an image element. */
export type PixelSource = Image | CanvasLike | Drawable;

/**
 * The pixels of what a page has, [height, width, channels] bytes; 4 channels when none are asked for.
 * @throws DataError for what is no picture; UnsupportedError where there is no canvas to draw on, as in Node.
 */
export function pixelsOf(source: PixelSource, options: ImageOptions = {}): Picture {
  return prepared(imageDataOf(source), options);
}

function imageDataOf(source: PixelSource): Image {
  const { width, height } = source;
  if (!(width > 0 && height > 0))
    throw new DataError({ got: `a picture of ${width} x ${height}`, expected: 'at least one pixel' });
  if ('data' in source) return source;
  const own = 'getContext' in source;
  const canvas = own ? source : new (offscreen())(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!isContext(context))
    throw new DataError({
      got: 'a canvas without a 2d context',
      expected: 'one that was not drawn on by WebGL or WebGPU',
      hint: 'await createImageBitmap(canvas) can be read.',
    });
  if (!own) context.drawImage(source, 0, 0);
  return context.getImageData(0, 0, width, height);
}

function isContext(given: unknown): given is Context {
  return typeof given === 'object' && given !== null && 'getImageData' in given;
}

type CanvasClass = new (width: number, height: number) => CanvasLike;

function isCanvasClass(given: unknown): given is CanvasClass {
  return typeof given === 'function';
}

function offscreen(): CanvasClass {
  const found: unknown = Reflect.get(globalThis, 'OffscreenCanvas');
  if (isCanvasClass(found)) return found;
  throw new UnsupportedError({
    got: 'a picture to be drawn, and no OffscreenCanvas',
    expected: 'a page or a worker',
    hint: 'decodeImage(bytes) reads PNG and JPEG files anywhere.',
  });
}
