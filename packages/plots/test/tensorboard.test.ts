// Event files: beside bytes and checksums that TensorBoard itself wrote and read (fixtures/events.py).
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@pullback/backend-cpu';
import { OptionError, placeholder, sum, trace } from '@pullback/core';
import { dense } from '@pullback/layers';
import { meanSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { Model } from '@pullback/train';
import { expect, test } from 'vitest';
import { tensorBoard } from '../src/files.ts';
import { graphRecord, headerRecord, histogramsRecord, scalarsRecord } from '../src/tensorboard/events.ts';
import { maskedCrc } from '../src/tensorboard/wire.ts';
import written from './fixtures/events.json' with { type: 'json' };

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('CRC-32C of the check string is e3069283, masked as TensorFlow does', () => {
  // The check value of CRC-32/ISCSI, for "123456789".
  const crc = 0xe3069283;
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  expect(maskedCrc(new TextEncoder().encode('123456789'))).toBe(masked);
});

test('records are those of TensorBoard, byte for byte', () => {
  expect(hex(headerRecord(1.5))).toBe(written.header);
  expect(hex(scalarsRecord(2.5, 300, { loss: 0.25, accuracy: 0.5 }))).toBe(written.scalars);
  expect(
    hex(
      graphRecord(3.5, [
        { name: 'x', op: 'Placeholder', inputs: [] },
        { name: 'y', op: 'sum', inputs: ['x'] },
      ]),
    ),
  ).toBe(written.graph);
});

test('a histogram has the extremes, sums and counts of its numbers', () => {
  expect(hex(histogramsRecord(4.5, 7, { weights: [0, 1, 2, 30] }))).toBe(written.histogram);
});

/** The payloads of a file, every length and checksum looked at. */
function recordsOf(file: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 0; at < file.length; ) {
    const length = view.getUint32(at, true);
    expect(view.getUint32(at + 8, true)).toBe(maskedCrc(file.subarray(at, at + 8)));
    const payload = file.subarray(at + 12, at + 12 + length);
    expect(view.getUint32(at + 12 + length, true)).toBe(maskedCrc(payload));
    records.push(payload);
    at += length + 16;
  }
  return records;
}

test('a fit writes figures of each epoch, those of the validation beside them, histograms and the graph', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'events-'));
  try {
    const model = await Model.create({
      network: dense(1),
      input: [1],
      loss: meanSquaredError(),
      optimizer: sgd({ learningRate: 0.1 }),
      backend: cpu(),
    });
    const x = placeholder({ shape: [2], dtype: 'float32' }, 'x');
    const board = tensorBoard(folder, { model, histogramsEvery: 2, program: trace([x], [sum(x)]) });
    await model.fit([[1], [2]], [[2], [4]], {
      epochs: 4,
      validationData: [[[3]], [[6]]],
      callbacks: [board],
      progress: false,
    });
    const files = await readdir(folder);
    const [name = ''] = files.filter((file) => file.startsWith('events.out.tfevents.'));
    const text = recordsOf(await readFile(join(folder, name))).map((record) =>
      Buffer.from(record).toString('latin1'),
    );
    expect(text).toHaveLength(1 + 1 + 4 + 2);
    expect(text[0]).toContain('brain.Event:2');
    expect(text[1]).toContain('Placeholder');
    expect(text.filter((record) => record.includes('network/kernel'))).toHaveLength(2);
    expect(recordsOf(await readFile(join(folder, 'validation', name)))).toHaveLength(5);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('wrong options are refused', () => {
  expect(() => tensorBoard('x', { histogramsEvery: -1 })).toThrow(OptionError);
});
