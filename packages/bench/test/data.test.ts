import { expect, test } from 'vitest';
import { cases } from '../src/cases.ts';
import { trainingData } from '../src/data.ts';

test('data and first weights are the same at every call, and every batch another', () => {
  const small = { ...cases.mlp128, widths: [20, 8, 4], batch: 16 };
  const [one, two] = [trainingData(small), trainingData(small)];
  expect(one).toEqual(two);
  const firsts = one.batches.map(({ x }) => x.data[0]);
  expect(new Set(firsts).size).toBe(small.batches);
});

test('targets are one-hot, and several classes are taught', () => {
  const [batch] = trainingData(cases.mlp128).batches;
  const { shape = [], data = new Float32Array() } = batch?.y ?? {};
  expect(shape).toEqual([128, 10]);
  const labels = Array.from({ length: 128 }, (_, row) =>
    [...data.subarray(row * 10, row * 10 + 10)].indexOf(1),
  );
  expect(data.reduce((sum, t) => sum + t, 0)).toBe(128);
  expect(labels.every((label) => label >= 0)).toBe(true);
  expect(new Set(labels).size).toBeGreaterThan(3);
});

test('the data of xor are its four patterns', () => {
  const [batch] = trainingData(cases.xor).batches;
  expect([...(batch?.x.data ?? [])]).toEqual([0, 0, 0, 1, 1, 0, 1, 1]);
  expect([...(batch?.y.data ?? [])]).toEqual([0, 1, 1, 0]);
});
