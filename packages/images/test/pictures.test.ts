// Files by Pillow, resizing by JAX: fixtures/pictures.py.

import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError, OptionError, ShapeError, UnsupportedError } from '@pullback/core';
import {
  decodeImage,
  drawPicture,
  encodePng,
  inChannels,
  mosaic,
  pixelsOf,
  prepared,
  resized,
} from '@pullback/images';
import { imageFolder, readImage, saveImage } from '@pullback/images/files';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

interface File {
  readonly file: string;
  readonly shape: readonly number[];
  readonly pixels: readonly number[];
}
interface Fixture {
  readonly png: Readonly<Record<string, File>>;
  readonly jpeg: Readonly<Record<string, File>>;
  readonly resized: Readonly<
    Record<string, { readonly size: readonly [number, number]; readonly numbers: readonly number[] }>
  >;
}
const fixture: Fixture = JSON.parse(readFileSync(new URL('fixtures/pictures.json', import.meta.url), 'utf8'));
const bytesOf = ({ file }: File) => new Uint8Array(Buffer.from(file, 'base64'));
const withChannels = ([height = 0, width = 0, channels = 1]: readonly number[]) => [height, width, channels];

describe('PNG files: the pixels that Pillow wrote', () => {
  for (const [name, file] of Object.entries(fixture.png))
    test(name, () => {
      const { shape, data, dtype } = decodeImage(bytesOf(file));
      expect([shape, dtype]).toEqual([withChannels(file.shape), name === '16 bits' ? 'int32' : 'uint8']);
      expect(Array.from(data)).toEqual(file.pixels);
    });
});

describe('JPEG files: the pixels that Pillow reads, but for rounding', () => {
  for (const [name, file] of Object.entries(fixture.jpeg))
    test(name, () => {
      const { shape, data } = decodeImage(bytesOf(file));
      const three = shape[2] === 3 && file.shape.length === 2;
      expect(shape).toEqual(three ? [...file.shape, 3] : withChannels(file.shape));
      const away = file.pixels.map((pixel, i) => Math.abs(pixel - (data[three ? 3 * i : i] ?? 0)));
      // Half of the colours are interpolated in one and repeated in the other.
      expect(Math.max(...away)).toBeLessThanOrEqual(name === 'halved colours' ? 60 : 3);
      expect(away.reduce((sum, d) => sum + d, 0) / away.length).toBeLessThan(
        name === 'halved colours' ? 4 : 1,
      );
    });
});

test('other formats, damaged files and none', () => {
  expect(() => decodeImage(Uint8Array.of(0x47, 0x49, 0x46, 0x38))).toThrow(/begins with 47 49 46 38/);
  expect(() => decodeImage(new Uint8Array())).toThrow(DataError);
  for (const file of [fixture.png['colours'], fixture.jpeg['colours']])
    expect(() => decodeImage(bytesOf(file as File).subarray(0, 60))).toThrow(DataError);
});

describe('resized, as jax.image.resize does', () => {
  const x = { shape: [5, 7, 2], data: Float64Array.from({ length: 70 }, (_, i) => Math.sin(0.7 * i + 0.3)) };
  for (const [name, { size, numbers }] of Object.entries(fixture.resized))
    test(name, () => {
      const { shape, data } = resized(x, size);
      expect(shape).toEqual([...size, 2]);
      numbers.forEach((number, i) => {
        expect(Math.abs(number - (data[i] ?? Number.NaN))).toBeLessThan(1e-9);
      });
    });
  test('bytes are rounded, and stay bytes', () => {
    const { data, dtype } = resized({ shape: [1, 2], data: Uint8Array.of(0, 255) }, [1, 4]);
    expect([dtype, Array.from(data)]).toEqual(['uint8', [0, 64, 191, 255]]);
    expect(() => resized(x, [0, 3])).toThrow(OptionError);
    expect(() => resized([1, 2], [2, 2])).toThrow(ShapeError);
  });
});

test('channels: brightness, equal colours, transparency', () => {
  const colors = { shape: [1, 2, 3], data: Uint8Array.of(255, 0, 0, 10, 20, 30) };
  expect(Array.from(inChannels(colors, 1).data)).toEqual([76, 18]);
  expect(Array.from(inChannels(colors, 4).data)).toEqual([255, 0, 0, 255, 10, 20, 30, 255]);
  expect(Array.from(inChannels({ shape: [1, 1, 2], data: Uint8Array.of(7, 9) }, 4).data)).toEqual([
    7, 7, 7, 9,
  ]);
  expect(Array.from(inChannels({ shape: [1, 1], data: Uint8Array.of(7) }, 3).data)).toEqual([7, 7, 7]);
  expect(Array.from(inChannels({ shape: [1, 1, 4], data: Uint8Array.of(1, 2, 3, 4) }, 3).data)).toEqual([
    1, 2, 3,
  ]);
  expect(() => inChannels(colors, 2)).toThrow(OptionError);
});

test('what a page has: ImageData, canvases, bitmaps', () => {
  const image = { width: 2, height: 1, data: Uint8ClampedArray.of(255, 0, 0, 255, 10, 20, 30, 255) };
  expect(pixelsOf(image)).toMatchObject({ shape: [1, 2, 4], dtype: 'uint8' });
  expect(Array.from(pixelsOf(image, { channels: 1 }).data)).toEqual([76, 18]);
  const canvas = { width: 2, height: 1, getContext: () => ({ drawImage() {}, getImageData: () => image }) };
  expect(Array.from(pixelsOf(canvas, { channels: 3 }).data)).toEqual([255, 0, 0, 10, 20, 30]);
  expect(() => pixelsOf({ ...canvas, getContext: () => null })).toThrow(/2d context/);
  expect(() => pixelsOf({ width: 2, height: 1 })).toThrow(UnsupportedError);
  expect(() => pixelsOf({ width: 0, height: 1 })).toThrow(DataError);
});

describe('pictures of numbers', () => {
  test('a PNG from low to high, as another program reads it', () => {
    const { data } = decodeImage(encodePng([[-1, 0, 1, Number.NaN, 5]], { low: -1, high: 1 }));
    expect(Array.from(data)).toEqual([0, 128, 255, 0, 255]);
    expect(Array.from(decodeImage(encodePng([[2, 4, 3]])).data)).toEqual([0, 255, 128]);
    expect(Array.from(decodeImage(encodePng({ shape: [1, 2], data: Uint8Array.of(3, 7) })).data)).toEqual([
      3, 7,
    ]);
    expect(Array.from(decodeImage(encodePng([[4, 4]])).data)).toEqual([0, 0]);
    expect(() => encodePng({ shape: [0, 3], data: new Uint8Array() })).toThrow(OptionError);
    expect(() => encodePng([1, 2])).toThrow(ShapeError);
  });
  test('mosaic: samples, feature maps and kernels side by side', () => {
    const samples = [[[0, 1]], [[2, 3]], [[4, 4]]];
    expect(mosaic(samples, { columns: 2, gap: 1 })).toMatchObject({
      shape: [3, 5, 1],
      data: Float32Array.of(0, 1 / 4, 0, 2 / 4, 3 / 4, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0),
    });
    const maps = { shape: [1, 2, 3], data: Float32Array.of(0, 2, 4, 1, 3, 4) };
    const side = { gap: 0, columns: 3 };
    expect(mosaic(maps, { axis: -1, ...side }).data).toEqual(mosaic(samples, side).data);
    const kernel = { shape: [1, 2, 1, 3], data: maps.data };
    expect(mosaic(kernel, { axis: -1, ...side }).data).toEqual(mosaic(samples, side).data);
    expect(Array.from(mosaic(samples, { ...side, each: true }).data)).toEqual([0, 1, 0, 1, 0, 0]);
    expect(mosaic(samples, { columns: 3, gap: 0, zoom: 2 })).toMatchObject({ shape: [2, 12, 1] });
    expect(() => mosaic([[1, 2]])).toThrow(ShapeError);
    expect(() => mosaic({ shape: [2, 3, 3, 5], data: new Float32Array(90) })).toThrow(/1 or 3 channels/);
  });
});

describe('a folder of pictures by class', () => {
  let root = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'pictures-'));
    for (const [k, name] of ['dogs', 'cats'].entries()) {
      await mkdir(join(root, name));
      for (let i = 0; i < 3 + k; i++)
        await saveImage(join(root, name, `${i}.png`), {
          shape: [2, 2],
          data: new Uint8Array(4).fill(100 * k + i),
        });
      await writeFile(join(root, name, 'notes.txt'), 'no picture');
    }
    await writeFile(join(root, 'readme.txt'), 'no class');
  });
  afterAll(() => rm(root, { recursive: true }));

  const labelsOf = async (
    stream: AsyncIterable<{ x: { data: ArrayLike<number> }; y: { data: ArrayLike<number> } }>,
  ) => {
    const found: [number, number][] = [];
    for await (const { x, y } of stream)
      found.push(...Array.from(y.data, (label, i): [number, number] => [label, x.data[4 * i] ?? -1]));
    return found;
  };
  const all = [0, 1, 2, 3].map((i) => [0, 100 + i]).concat([0, 1, 2].map((i) => [1, i]));

  test('classes by their names, every picture once, in batches, in another order every epoch', async () => {
    const folder = await imageFolder(root, { batchSize: 3, seed: 1 });
    expect([folder.classes, folder.count]).toEqual([['cats', 'dogs'], 7]);
    const [first, second] = [await labelsOf(folder), await labelsOf(folder)];
    expect([...first].sort().map(String)).toEqual([...all].sort().map(String));
    expect([...second].sort()).toEqual([...first].sort());
    expect(second).not.toEqual(first);
    expect(await labelsOf(await imageFolder(root, { batchSize: 3, seed: 1 }))).toEqual(first);
    const shapes = [];
    for await (const { x } of folder) shapes.push(x.shape);
    expect(shapes).toEqual([
      [3, 2, 2, 1],
      [3, 2, 2, 1],
      [1, 2, 2, 1],
    ]);
    expect(await labelsOf(await imageFolder(root, { shuffle: false }))).toEqual(all);
    expect((await folder.load()).x.shape).toEqual([7, 2, 2, 1]);
  });
  test('augmentation on the way, other extents and channels', async () => {
    const brighter = await imageFolder(root, {
      size: [4, 3],
      channels: 3,
      shuffle: false,
      map: (picture, random) => ({
        ...picture,
        data: picture.data.map(() => Math.floor(256 * random.uniform())),
      }),
    });
    for await (const { x } of brighter) {
      expect(x.shape).toEqual([7, 4, 3, 3]);
      expect(new Set(x.data).size).toBeGreaterThan(100);
    }
  });
  test('split: every picture on one side', async () => {
    const [training, validation] = (await imageFolder(root)).split(0.3);
    expect([training.count, validation.count]).toEqual([5, 2]);
    expect([...(await labelsOf(training)), ...(await labelsOf(validation))].sort().map(String)).toEqual(
      [...all].sort().map(String),
    );
    await expect(imageFolder(root).then((folder) => folder.split(0.01))).rejects.toThrow(OptionError);
  });
  test('nothing there, pictures of several shapes, damaged ones: the file is named', async () => {
    await expect(imageFolder(join(root, 'cats'))).rejects.toThrow(/no folders/);
    const folder = await imageFolder(root, { shuffle: false });
    await saveImage(join(root, 'cats', '3.png'), [[1, 2, 3]]);
    await expect(folder.load()).rejects.toThrow(/\[1, 3, 1\] beside one of \[2, 2, 1\][\s\S]*3\.png/);
    const path = join(root, 'cats', '2.png');
    await writeFile(path, (await readFile(path)).subarray(0, 40));
    await expect(readImage(path)).rejects.toThrow(/2\.png/);
    await expect(readImage(join(root, 'none.png'))).rejects.toThrow(/ENOENT/);
  });
});

test('prepared: size and channels at once', () => {
  expect(
    prepared({ shape: [4, 4, 3], data: new Uint8Array(48).fill(9) }, { size: [2, 2], channels: 1 }),
  ).toMatchObject({
    shape: [2, 2, 1],
    data: Uint8Array.of(9, 9, 9, 9),
  });
});

describe('a picture in a page', () => {
  /** A canvas as the standard has it: a new size clears it. */
  const canvasOf = (found: unknown = undefined) => {
    const shown: { data: number[] } = { data: [] };
    const context = {
      createImageData: (width: number, height: number) => ({
        data: new Uint8ClampedArray(4 * width * height),
      }),
      putImageData: ({ data }: { data: Uint8ClampedArray }) => {
        shown.data = Array.from(data);
      },
    };
    return { shown, canvas: { width: 0, height: 0, getContext: () => found ?? context } };
  };

  test('grey, colours and transparency, with a size of its own', () => {
    const { shown, canvas } = canvasOf();
    drawPicture(canvas, [[-1, 0, 1]], { low: -1, high: 1 });
    expect([canvas.width, canvas.height]).toEqual([3, 1]);
    expect(shown.data).toEqual([0, 0, 0, 255, 128, 128, 128, 255, 255, 255, 255, 255]);
    drawPicture(canvas, { shape: [2, 1, 4], data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
    expect([canvas.width, canvas.height]).toEqual([1, 2]);
    expect(shown.data).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('a refusal leaves the canvas as it was', () => {
    const { shown, canvas } = canvasOf();
    expect(() => drawPicture(canvas, [1, 2])).toThrow(ShapeError);
    expect(() => drawPicture(canvas, { shape: [1, 1, 5], data: new Uint8Array(5) })).toThrow(OptionError);
    expect([canvas.width, canvas.height, shown.data]).toEqual([0, 0, []]);
    expect(() => drawPicture(canvasOf(1).canvas, [[1]])).toThrow(DataError);
  });
});
