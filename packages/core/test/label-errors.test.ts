// log sum e^z - z_label, by its definition in float64: values, J^T g, and labels that are no class.

import * as p from '@pullback/core';
import { describe, expect, test } from 'vitest';

const f64 = { dtype: 'float64' } as const;
const z = [
  [1, -2, 0.5],
  [3, 3, -1],
];
const softmax = (row: readonly number[]) => {
  const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
  return row.map((x) => Math.exp(x) / total);
};
const error = (row: readonly number[], label: number) => -Math.log(softmax(row)[label] ?? Number.NaN);
const close = (value: p.Value | undefined, expected: readonly number[]) => {
  const found = value === undefined ? [] : Array.from(p.evaluate(value).data);
  expect(found.length).toBe(expected.length);
  found.forEach((x, i) => {
    expect(x).toBeCloseTo(expected[i] ?? Number.NaN, 12);
  });
};
const int = (labels: number[]) => p.constant(labels, { dtype: 'int32' });

describe('labelErrors', () => {
  const x = p.constant(z, f64);
  test('along the last axis', () => {
    const y = p.labelErrors(x, int([2, 0]));
    expect(y.node).toMatchObject({ kind: 'composite', name: 'labelErrors' });
    expect(y.shape).toEqual([2]);
    close(y, [error(z[0] ?? [], 2), error(z[1] ?? [], 0)]);
  });
  test('along another axis', () => {
    const y = p.labelErrors(p.transpose(x), int([2, 0]), { axis: 0 });
    close(y, [error(z[0] ?? [], 2), error(z[1] ?? [], 0)]);
    expect(
      p.labelErrors(
        p.ones([2, 4, 3]),
        p.constant(
          [
            [0, 1, 3],
            [0, 0, 0],
          ],
          { dtype: 'int32' },
        ),
        { axis: 1 },
      ).shape,
    ).toEqual([2, 3]);
  });
  test('J^T g is g (softmax(z) - one-hot)', () => {
    const g = p.constant([2, -0.5], f64);
    const [dz] = p.gradient(p.sum(p.mul(g, p.labelErrors(x, int([2, 0])))), [x]);
    const [first, second] = [softmax(z[0] ?? []), softmax(z[1] ?? [])];
    close(dz, [
      ...first.map((y, i) => 2 * (y - (i === 2 ? 1 : 0))),
      ...second.map((y, i) => -0.5 * (y - (i === 0 ? 1 : 0))),
    ]);
  });
  test('the last axis of three, and J^T g along the first', () => {
    const cube = p.constant([z], f64);
    close(p.labelErrors(cube, p.constant([[2, 0]], { dtype: 'int32' })), [
      error(z[0] ?? [], 2),
      error(z[1] ?? [], 0),
    ]);
    const turned = p.transpose(x);
    const [dz] = p.gradient(p.sum(p.labelErrors(turned, int([2, 0]), { axis: 0 })), [turned]);
    const [straight] = p.gradient(p.sum(p.labelErrors(x, int([2, 0]))), [x]);
    close(p.transpose(dz ?? x), Array.from(p.evaluate(straight ?? x).data));
  });
  test('a label that is no class gives 0 and no gradient, beside NaN and infinity too', () => {
    for (const row of [z[0], [Number.NaN, 1, 2], [Number.POSITIVE_INFINITY, 0, 0]]) {
      const own = p.constant([row ?? [], z[1] ?? []], f64);
      for (const label of [-1, 3, -2147483648]) {
        const y = p.labelErrors(own, int([label, 1]));
        close(y, [0, error(z[1] ?? [], 1)]);
        const [dz] = p.gradient(p.sum(y), [own]);
        close(p.slice(dz ?? own, [0, 0], [1, 3]), [0, 0, 0]);
      }
    }
  });
});
