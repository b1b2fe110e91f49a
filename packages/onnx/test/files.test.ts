import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constant, DataError, evaluate } from '@pullback/core';
import { onnxBytes, onnxFunction, readOnnx } from '@pullback/onnx';
import { readOnnxFile } from '@pullback/onnx/files';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'onnx-'));
  mkdirSync(join(folder, 'model'));
  const numbers = new Uint8Array(Float32Array.of(9, 9, 1, 2, 3).buffer);
  writeFileSync(join(folder, 'model', 'weights.bin'), numbers);
  writeFileSync(join(folder, 'secret.bin'), numbers);
  symlinkSync(join(folder, 'secret.bin'), join(folder, 'model', 'link.bin'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A model that multiplies by a tensor of three floats, at a location. */
function pointing(location: string, length = 12): Uint8Array {
  const external = { location, offset: 8, length };
  return onnxBytes({
    inputs: [{ name: 'x' }],
    outputs: [{ name: 'y' }],
    nodes: [{ operator: 'Mul', inputs: ['x', 'w'], outputs: ['y'] }],
    numbers: { w: { shape: [3], dtype: 'float32', data: new Float32Array(3), external } },
  });
}

async function run(bytes: Uint8Array): Promise<number[]> {
  const path = join(folder, 'model', 'model.onnx');
  writeFileSync(path, bytes);
  const { y } = onnxFunction(await readOnnxFile(path))({ x: constant([10]) });
  return y === undefined ? [] : Array.from(evaluate(y).data);
}

describe('numbers in files beside the model', () => {
  test('are read from their place', async () => {
    expect(await run(pointing('weights.bin'))).toEqual([10, 20, 30]);
    expect(await run(pointing('./weights.bin'))).toEqual([10, 20, 30]);
  });

  test('no path leaves the folder of the model', async () => {
    const outside = ['../secret.bin', 'x/../../secret.bin', join(folder, 'secret.bin'), 'link.bin', '.', ''];
    for (const location of outside) await expect(run(pointing(location))).rejects.toThrow(DataError);
  });

  test('files that are missing or too short are refused', async () => {
    await expect(run(pointing('nothing.bin'))).rejects.toThrow(DataError);
    await expect(run(pointing('weights.bin', 16))).rejects.toThrow(DataError);
  });

  test('without the files they are asked for by name', () => {
    const file = readOnnx(pointing('weights.bin'));
    expect(() => onnxFunction(file)({ x: constant([1]) })).toThrow(/'weights\.bin'/);
  });
});
