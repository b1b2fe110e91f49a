import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { DataError } from '@pullback/core';
import { type OnnxFile, type ReadOnnxOptions, readOnnx } from './onnx-file.ts';
import type { ExternalBytes } from './tensor-numbers.ts';

/**
 * An ONNX model of a file, with the files beside it in which its tensors lie; of those only what the tensors name is read.
 * @throws DataError for a location outside of the model's folder, also by way of a link, and for one that is too short.
 */
export async function readOnnxFile(
  path: string,
  options: Omit<ReadOnnxOptions, 'external'> = {},
): Promise<OnnxFile> {
  return readOnnx(await readFile(path), { ...options, external: bytesBeside(dirname(path)) });
}

function bytesBeside(folder: string): ExternalBytes {
  const root = realpathSync(folder);
  const inside = (path: string): boolean => {
    const way = relative(root, path);
    return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  };
  return (location, offset, length) => {
    const path = resolve(root, location);
    if (isAbsolute(location) || location.includes('\0') || !inside(path) || !inside(realPath(path, location)))
      throw new DataError({
        got: `the file '${location}', outside of the model's folder`,
        expected: 'a file inside of it',
      });
    return bytesOf(path, location, offset, length);
  };
}

function realPath(path: string, location: string): string {
  try {
    return realpathSync(path);
  } catch {
    throw new DataError({
      got: `no file '${location}'`,
      expected: 'the file that a tensor of the model names',
    });
  }
}

function bytesOf(path: string, location: string, offset: number, length: number | undefined): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const wanted = length ?? size - offset;
    if (wanted < 0 || offset + wanted > size)
      throw new DataError({ got: `${size} bytes in '${location}'`, expected: `${wanted} from ${offset} on` });
    const bytes = new Uint8Array(wanted);
    for (let read = 0; read < wanted; )
      read += readSync(file, bytes, read, Math.min(wanted - read, 2 ** 30), offset + read);
    return bytes;
  } finally {
    closeSync(file);
  }
}
