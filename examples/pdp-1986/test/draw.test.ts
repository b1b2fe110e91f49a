import { describe, expect, test } from 'vitest';
import { drawBlobs, drawField } from '../src/draw/blobs.ts';
import { drawCurve } from '../src/draw/curve.ts';
import { drawNet } from '../src/draw/net.ts';
import { printed, wired } from '../src/draw/numbers.ts';
import { xor } from '../src/problems/xor.ts';

const wiring = xor.wiring ?? [];
const weights = {
  'hidden/kernel': { shape: [2, 1], data: Float64Array.of(-6.4, -6.5) },
  'hidden/bias': { shape: [1], data: Float64Array.of(2.2) },
  'output/kernel': { shape: [3, 1], data: Float64Array.of(-4.2, -4.3, -9.4) },
  'output/bias': { shape: [1], data: Float64Array.of(16.3) },
};
const net = wired(wiring, weights);

/** Every tag that is opened is closed, in order. */
function wellFormed(svg: string): boolean {
  const open: string[] = [];
  for (const [, end, name, alone] of svg.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
    if (end === '/') {
      if (open.pop() !== name) return false;
    } else if (alone !== '/' && name !== undefined) open.push(name);
  }
  return open.length === 0;
}

test('weights are found by the units that they join', () => {
  expect(net.links).toContainEqual({ from: 'b', to: 'h', weight: -6.5 });
  expect(net.links).toContainEqual({ from: 'h', to: 'o', weight: -9.4 });
  expect(net.links.length).toBe(5);
  expect(net.biases.get('o')).toBe(16.3);
  expect([-6.44, 16.3, -0.04].map(printed)).toEqual(['-6.4', '16', '-0.0']);
});

describe('pictures', () => {
  const all = {
    net: drawNet(wiring, net, 'a < b & c'),
    blobs: drawBlobs(wiring, net, 'a < b & c'),
    field: drawField([1, -2, 3, -4], 2, 'seed 1', 'a < b & c'),
    curve: drawCurve(
      [
        [0, 2],
        [10, 1],
        [30, 0.1],
      ],
      'sweeps',
      'a < b & c',
    ),
  };
  test.each(Object.entries(all))('%s: whole, and its title escaped', (_, svg) => {
    expect(wellFormed(svg)).toBe(true);
    expect(svg).toContain('<title>a &lt; b &amp; c</title>');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });
  test('a net shows every weight and bias, and a circle for each unit', () => {
    for (const number of ['-6.4', '-6.5', '-4.2', '-4.3', '-9.4', '2.2', '16'])
      expect(all.net).toContain(`>${number}</text>`);
    expect(all.net.match(/<circle/g)?.length).toBe(4);
  });
  test('the area of a square is as large as its weight', () => {
    const sides = [...all.field.matchAll(/h([\d.]+)v\1h-\1z/g)].map(([, side]) => Number(side));
    const [black, , red] = [sides[0] ?? 0, sides[1] ?? 0, sides[3] ?? 0];
    expect((red / black) ** 2).toBeCloseTo(4, 1);
  });
  test('nothing but zeros can be drawn, too', () => {
    const nothing = {
      links: net.links.map((link) => ({ ...link, weight: 0 })),
      biases: new Map<string, number>(),
    };
    for (const svg of [
      drawNet(wiring, nothing, ''),
      drawBlobs(wiring, nothing, ''),
      drawField([0], 1, '', ''),
    ])
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(
      drawCurve(
        [
          [0, 0],
          [0, 0],
        ],
        '',
        '',
      ),
    ).not.toMatch(/NaN|undefined|Infinity/);
  });
});
