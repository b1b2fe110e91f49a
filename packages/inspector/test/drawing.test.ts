import { describe, expect, test } from 'vitest';
import type { GraphData, NodeData } from '../src/data.ts';
import { fold, openedUpTo, summed } from '../src/folding.ts';
import { layout } from '../src/layout.ts';
import { histogramOf, normOf, rangeOf, short } from '../src/numbers.ts';
import { walkOf } from '../src/walk.ts';

/** A chain of `layers` groups, each of a weight and two nodes. */
function chain(layers: number): GraphData {
  const nodes: NodeData[] = [];
  const edges: { value: number; to: number }[] = [];
  const add = (kind: NodeData['kind'], name: string, groups: number[], ...reads: number[]) => {
    const place = nodes.length;
    nodes.push({
      kind,
      name,
      path: name,
      groups,
      outputs: [place],
      formula: '',
      elementwise: false,
      equation: '',
    });
    for (const value of reads) edges.push({ value, to: place });
    return place;
  };
  let last = add('input', 'x', []);
  for (let i = 0; i < layers; i++) {
    const weight = add('weight', `w${i}`, [i]);
    last = add('node', `tanh${i}`, [i], add('node', `product${i}`, [i], last, weight));
  }
  return {
    nodes,
    groups: Array.from({ length: layers }, (_, i) => ({
      name: 'dense',
      path: `layer${i}`,
      kind: 'layer',
      elementwise: false,
      equation: '',
      back: '',
    })),
    values: nodes.map((_, node) => ({ node, shape: [], dtype: 'float32' })),
    edges: edges.map((edge, i) => ({ ...edge, input: i, vjp: 'g', equation: '' })),
    loss: last,
    listings: [],
  };
}

describe('folding', () => {
  test('closed groups are one box each, open ones what is in them', () => {
    const graph = chain(3);
    expect(fold(graph, new Set()).items.map(({ group }) => group)).toEqual([undefined, 0, 1, 2]);
    expect(fold(graph, new Set([1])).items).toHaveLength(6);
    expect(fold(graph, new Set([0, 1, 2])).items).toHaveLength(10);
  });

  test('at first as much is open as fits', () => {
    expect([...openedUpTo(chain(3), 14)]).toEqual([0, 1, 2]);
    expect(fold(chain(200), new Set()).items).toHaveLength(201);
  });

  test('edges into one box are summed', () => {
    const numbers = (sample: number[]) => ({ norm: normOf(sample), count: 2, rows: 1, columns: 2, sample });
    expect(summed([numbers([1, 2]), undefined, numbers([2, 2])])).toMatchObject({
      norm: 5,
      sample: Float64Array.of(3, 4),
    });
    expect(summed([undefined])).toBeUndefined();
    expect(summed([numbers([1, 2]), numbers([Number.NaN, 0])])?.norm).toBeNaN();
  });
});

describe('layout', () => {
  const options = { direction: 'right', width: 10, height: 4, gap: [2, 1] } as const;

  test('layers follow each other, no two boxes share a place, weights stand right before their reader', () => {
    const graph = chain(5);
    const folded = fold(graph, new Set([0, 1, 2, 3, 4]));
    const { boxes, width } = layout(folded, options);
    for (const { from, to } of folded.edges) expect(boxes[from]?.x).toBeLessThan(boxes[to]?.x ?? 0);
    expect(new Set(boxes.map(({ x, y }) => `${x} ${y}`)).size).toBe(boxes.length);
    const weight = folded.items.findIndex(({ node }) => graph.nodes[node ?? -1]?.name === 'w4');
    const reader = folded.edges.find(({ from }) => from === weight)?.to ?? -1;
    expect((boxes[reader]?.x ?? 0) - (boxes[weight]?.x ?? 0)).toBe(12);
    expect(width).toBe(11 * 12 - 2);
  });

  test('more than 500 nodes stand apart from each other', () => {
    const graph = chain(170);
    const folded = fold(graph, new Set(graph.groups.keys()));
    const { boxes } = layout(folded, options);
    const { items } = folded;
    expect(items.length).toBeGreaterThan(500);
    expect(new Set(boxes.map(({ x, y }) => `${x} ${y}`)).size).toBe(items.length);
  });

  test('nothing at all has a size of nothing', () => {
    expect(layout({ items: [], edges: [] }, options)).toMatchObject({ boxes: [] });
  });
});

test('(1.4) the walk goes through all nodes and back through those that a gradient comes to', () => {
  const folded = fold(chain(2), new Set());
  const stops = walkOf(folded, (item) => item > 0);
  expect(stops.map(({ item, pass }) => `${pass} ${item}`)).toEqual([
    'forward 0',
    'forward 1',
    'forward 2',
    'backward 2',
    'backward 1',
  ]);
});

describe('numbers', () => {
  test('a norm is right where squares overflow or underflow', () => {
    expect(normOf([3e200, 4e200])).toBeCloseTo(5e200, -190);
    expect(normOf([3e-200, 4e-200]) / 1e-200).toBeCloseTo(5, 10);
    expect(normOf([])).toBe(0);
    expect(normOf([1, -Infinity])).toBe(Infinity);
    expect(normOf([Infinity, Number.NaN])).toBeNaN();
  });

  test('a histogram counts what is finite', () => {
    expect(histogramOf([0, 1, 2, 3, Number.NaN], 4)).toEqual([1, 1, 1, 1]);
    expect(histogramOf([5, 5], 4)).toEqual([0, 0, 2, 0]);
    expect(histogramOf([], 2)).toEqual([0, 0]);
    expect(rangeOf([Number.NaN])).toBeUndefined();
  });

  test.each([
    [0, '0'],
    [0.12345, '0.123'],
    [-1234.5, '-1230'],
    [1e-7, '1.00e-7'],
    [1e9, '1.00e9'],
    [Number.NaN, 'NaN'],
    [-Infinity, '-∞'],
  ])('%f is told as %s', (x, text) => {
    expect(short(x)).toBe(text);
  });
});
