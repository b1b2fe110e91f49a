import { RandomStream, threefry } from '@pullback/core';
import { expect, test } from 'vitest';

test('the n-th uniform number is 53 bits of the n-th block, however many are computed together', () => {
  const stream = RandomStream.of(7, 'a');
  const [k0, k1] = stream.key;
  for (let n = 0; n < 5000; n++) {
    const [high, low] = [threefry(k0, k1, n, 0, 0), threefry(k0, k1, n, 0, 1)];
    const wanted = ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
    if (!Object.is(stream.uniform(), wanted)) expect.unreachable(`number ${n}`);
  }
});

test('normal numbers are those of the polar method on these, two from a point', () => {
  const [stream, uniform] = [RandomStream.of(8, 'b'), RandomStream.of(8, 'b')];
  for (let n = 0; n < 500; n++) {
    let [x, y, s] = [1, 1, 2];
    while (s >= 1) {
      [x, y] = [2 * uniform.uniform() - 1, 2 * uniform.uniform() - 1];
      s = x * x + y * y;
    }
    const scale = Math.sqrt((-2 * Math.log(s)) / s);
    for (const wanted of [x * scale, y * scale])
      expect(Math.abs(stream.normal() - wanted)).toBeLessThanOrEqual(4 * 2 ** -53 * Math.abs(wanted));
  }
});
