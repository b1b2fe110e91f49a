import { expect, test } from 'vitest';
import { Accesses } from '../src/accesses.ts';

const bytes = (offset: number, end: number) =>
  ({ dtype: 'float32', buffer: undefined, offset, bytes: end - offset, packed: false, half: false }) as const;

test('each part of a value waits for those that had its memory before, and none for another part', () => {
  const accesses = new Accesses();
  expect(accesses.write(0, bytes(0, 20))).toEqual([]);
  expect(accesses.read(1, bytes(0, 20))).toEqual([0]);
  for (const part of [2, 3, 4]) expect(accesses.write(part, bytes(0, 96), 12)).toEqual([0, 1]);
  expect([...new Set(accesses.read(5, bytes(0, 96)))]).toEqual([2, 3, 4]);
  expect(accesses.write(6, bytes(64, 128))).toEqual([2, 3, 4, 5]);
});
