// The pictures of a page as tensors: the pixels that were drawn.
import { decodeImage, drawPicture, encodePng, mosaic, pixelsOf } from '@pullback/images';
import { expect, test } from 'vitest';

function drawn(canvas: OffscreenCanvas | HTMLCanvasElement) {
  const context = canvas.getContext('2d');
  if (!(context instanceof OffscreenCanvasRenderingContext2D || context instanceof CanvasRenderingContext2D))
    throw new Error('no context');
  context.fillStyle = 'rgb(255, 0, 0)';
  context.fillRect(0, 0, 1, 2);
  context.fillStyle = 'rgb(10, 20, 30)';
  context.fillRect(1, 0, 2, 2);
  return { canvas, data: context.getImageData(0, 0, 3, 2) };
}
const line = [255, 0, 0, 10, 20, 30, 10, 20, 30];

test('canvases, on the page and not, ImageData and ImageBitmap give the same bytes', async () => {
  const { canvas, data } = drawn(new OffscreenCanvas(3, 2));
  const element = document.createElement('canvas');
  [element.width, element.height] = [3, 2];
  const sources = [canvas, data, await createImageBitmap(canvas), drawn(element).canvas];
  for (const source of sources) {
    const { shape, dtype, data: pixels } = pixelsOf(source, { channels: 3 });
    expect([shape, dtype, Array.from(pixels)]).toEqual([[2, 3, 3], 'uint8', [...line, ...line]]);
  }
  expect(pixelsOf(canvas).shape).toEqual([2, 3, 4]);
  expect(pixelsOf(canvas, { size: [1, 1], channels: 1 }).shape).toEqual([1, 1, 1]);
});

test('a PNG of ours is a picture to the browser', async () => {
  const png = encodePng({ shape: [1, 3, 3], data: Uint8Array.from(line) });
  const bitmap = await createImageBitmap(new Blob([new Uint8Array(png)], { type: 'image/png' }));
  expect(Array.from(pixelsOf(bitmap, { channels: 3 }).data)).toEqual(line);
  expect(Array.from(decodeImage(png).data)).toEqual(line);
});

test('two kernels in a page: their numbers as grey, side by side, twice as large', () => {
  const kernels = { shape: [1, 2, 2], data: Float32Array.of(-1, 1, 0, 1) };
  for (const canvas of [new OffscreenCanvas(7, 7), document.createElement('canvas')]) {
    drawPicture(canvas, mosaic(kernels, { axis: -1, zoom: 2, gap: 0 }));
    const line = [0, 0, 128, 128, 255, 255, 255, 255];
    expect(Array.from(pixelsOf(canvas, { channels: 1 }).data)).toEqual([...line, ...line]);
  }
});
