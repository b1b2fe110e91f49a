import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@pullback/backend-cpu';
import { DataError, OptionError, ShapeError } from '@pullback/core';
import { decodeImage } from '@pullback/images';
import { dense, sequential, sigmoid, tanh } from '@pullback/layers';
import { binaryCrossEntropy } from '@pullback/losses';
import { confusionMatrix } from '@pullback/metrics';
import { adam } from '@pullback/optimizers';
import { Model } from '@pullback/train';
import { describe, expect, test } from 'vitest';
import { savePicture } from '../src/files.ts';
import { Picture, plotConfusion, plotHistory, plotMatrix, plotRegions, report } from '../src/index.ts';

const history = [
  { loss: 1, 'validation loss': 0.9, accuracy: 0.5 },
  { loss: 0.1, 'validation loss': 0.2, accuracy: 0.75 },
  { loss: 0.01, 'validation loss': 0.15, accuracy: 1 },
];
const only = (picture: Picture, kind: string) => picture.shapes.filter((shape) => shape.kind === kind);
const textsOf = (picture: Picture) =>
  picture.shapes.flatMap((shape) => (shape.kind === 'text' ? [shape.text] : []));

describe('plotHistory', () => {
  test('a decade of the loss is as far as the next, epochs are evenly apart, the validation is dashed', () => {
    const picture = plotHistory(history);
    const [loss, validation] = picture.shapes.flatMap((shape) =>
      shape.kind === 'line' && shape.points.length === 3 ? [shape] : [],
    );
    const [[x0, y0] = [0, 0], [x1, y1] = [0, 0], [x2, y2] = [0, 0]] = loss?.points ?? [];
    expect(x1 - x0).toBeCloseTo(x2 - x1);
    expect(y1 - y0).toBeCloseTo(y2 - y1);
    expect(y2).toBeGreaterThan(y0);
    expect([loss?.dashed, validation?.dashed]).toEqual([false, true]);
    expect(loss?.colour).toBe(validation?.colour);
    expect(textsOf(picture)).toEqual(
      expect.arrayContaining(['loss', 'validation loss', '0.01', '0.1', '1', '2', '3']),
    );
  });

  test('figures that are chosen, on a straight axis', () => {
    const texts = textsOf(plotHistory(history, { figures: ['accuracy'] }));
    expect(texts).toEqual(expect.arrayContaining(['accuracy', '0.5', '1']));
  });

  test('no epoch, one, figures that stay, NaN and infinities', () => {
    expect(plotHistory([]).toSvg()).toMatch(/^<svg/);
    expect(only(plotHistory([{ loss: 0.5 }]), 'dot')).toHaveLength(1);
    expect(plotHistory([{ loss: 0 }, { loss: 0 }]).toSvg()).not.toMatch(/NaN|Infinity/);
    const broken = plotHistory([
      { loss: 1 },
      { loss: Number.NaN },
      { loss: Infinity },
      { loss: 2 },
      { loss: 3 },
    ]);
    expect(broken.toSvg()).not.toMatch(/NaN|Infinity/);
    expect(broken.shapes.filter((shape) => shape.kind === 'dot')).toHaveLength(1);
  });

  test('an unknown figure is refused', () => {
    expect(() => plotHistory(history, { figures: ['los'] })).toThrow(DataError);
    expect(() => plotHistory(history, { figure: ['loss'] } as object)).toThrow(OptionError);
  });
});

describe('plotConfusion', () => {
  test('counts stand in their cells, the share of a row is its colour', () => {
    const picture = plotConfusion(
      [
        [3, 1],
        [0, 4],
      ],
      { labels: ['cat', 'dog'] },
    );
    expect(textsOf(picture)).toEqual(['taken for', 'cat', 'cat', '3', '1', 'dog', 'dog', '0', '4']);
    const boxes = picture.shapes.flatMap((shape) => (shape.kind === 'box' ? [shape.colour] : []));
    expect(boxes[3]).toBe('#1f5fbf');
    expect(boxes[2]).toBe('#f3f2ee');
  });

  test('what is no such matrix is refused', () => {
    expect(() => plotConfusion([[1, 2]])).toThrow(ShapeError);
    expect(() => plotConfusion([])).toThrow(ShapeError);
    expect(() => plotConfusion([[1]], { labels: ['a', 'b'] })).toThrow(DataError);
  });
});

test('a matrix is a square for each number, and one for NaN', () => {
  const colours = plotMatrix([
    [1, -1, 0],
    [0.5, Number.NaN, 0],
  ]).shapes.flatMap((shape) => (shape.kind === 'box' ? [shape.colour] : []));
  expect(colours).toEqual(['#c2570c', '#1f5fbf', '#f3f2ee', '#dba57d', '#dc00a0', '#f3f2ee']);
  expect(() => plotMatrix(3)).toThrow(ShapeError);
  expect(plotMatrix({ shape: [0, 3], data: new Float32Array(0) }).toSvg()).toMatch(/^<svg/);
});

test('regions: the output of a known function, up is up', async () => {
  const predict = async (x: number[][]) => ({
    shape: [x.length, 1],
    data: x.map(([, y = 0]) => (y > 0 ? 1 : 0)),
  });
  const picture = await plotRegions(predict, { side: 4, points: { x: [[0, 0.5]], y: [1] } });
  const colours = picture.shapes.flatMap((shape) => (shape.kind === 'box' ? [shape.colour] : []));
  expect(colours.slice(0, 8)).toEqual(new Array(8).fill('#c2570c'));
  expect(colours.slice(8)).toEqual(new Array(8).fill('#1f5fbf'));
  expect(picture.shapes.at(-1)).toMatchObject({ kind: 'dot', x: 180, y: 90 });
  const classes = await plotRegions(
    async (x) => ({ shape: [x.length, 3], data: x.flatMap(([a = 0]) => (a > 0 ? [0, 0, 1] : [1, 0, 0])) }),
    { side: 2 },
  );
  const [left, right] = classes.shapes.flatMap((shape) => (shape.kind === 'box' ? [shape.colour] : []));
  expect(left).not.toBe(right);
});

describe('drawn', () => {
  const picture = new Picture(
    20,
    10,
    [
      { kind: 'box', x: 0, y: 0, width: 10, height: 5, colour: '#ff0000' },
      {
        kind: 'line',
        points: [
          [0, 8],
          [20, 8],
        ],
        colour: '#0000ff',
        width: 2,
      },
      { kind: 'text', x: 15, y: 4, text: '<I>', anchor: 'middle', colour: '#000000' },
    ],
    'a & b',
  );

  test('as SVG: what is no markup stays none', () => {
    expect(picture.toSvg()).toContain('<title>a &amp; b</title>');
    expect(picture.toSvg()).toContain('&lt;I&gt;</text>');
  });

  test('as PNG: boxes, lines and background where they belong', () => {
    const { shape, data } = decodeImage(picture.toPng({ scale: 2 }));
    const [height = 0, width = 0, channels = 0] = shape;
    expect([height, width, channels]).toEqual([20, 40, 3]);
    const at = (x: number, y: number) => Array.from(data.slice((y * width + x) * 3, (y * width + x) * 3 + 3));
    expect(at(5, 5)).toEqual([255, 0, 0]);
    expect(at(20, 16)).toEqual([0, 0, 255]);
    expect(at(2, 12)).toEqual([255, 255, 255]);
    // The I in the middle has a column of seven dots, each of two pixels.
    const dark = Array.from(
      { length: 40 },
      (_, x) =>
        Array.from({ length: 20 }, (__, y) => at(x, y)).filter((pixel) => Math.max(...pixel) === 0).length,
    );
    expect(Math.max(...dark)).toBe(14);
  });

  test('as text: Braille for lines, shades for boxes, letters for texts', () => {
    const lines = picture.toText({ columns: 20, colour: false }).split('\n');
    expect(
      lines[0]?.startsWith('▓'.repeat(10)) ||
        lines[0]?.startsWith('▒'.repeat(10)) ||
        lines[0]?.startsWith('█'.repeat(10)),
    ).toBe(true);
    expect(lines.join('\n')).toContain('<I>');
    expect(lines.at(-1)).toMatch(/^[\u2801-\u28ff]{20}$/);
    expect(picture.toText({ columns: 20, colour: true })).toContain('\u001b[38;2;0;0;255m');
  });

  test('into files by their ending', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plots-'));
    try {
      await savePicture(join(folder, 'a.svg'), picture);
      await savePicture(join(folder, 'a.png'), picture);
      expect((await readdir(folder)).sort()).toEqual(['a.png', 'a.svg']);
      expect((await readFile(join(folder, 'a.svg'), 'utf8')).startsWith('<svg')).toBe(true);
      await expect(savePicture(join(folder, 'a.gif'), picture)).rejects.toThrow(OptionError);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test('a report of a real run: curves, confusion, network, machine and seed, and nothing from elsewhere', async () => {
  const network = sequential(dense(4, { activation: tanh }), dense(1, { activation: sigmoid }));
  const model = await Model.create({
    network,
    input: [2],
    loss: binaryCrossEntropy(),
    optimizer: adam({ learningRate: 0.1 }),
    backend: cpu(),
    seed: 5,
  });
  const x = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ];
  const y = [[0], [1], [1], [0]];
  const records = await model.fit(x, y, { epochs: 3, validationData: [x, y], progress: false });
  const confusion = confusionMatrix(await model.predict(x), [0, 1, 1, 0]);
  const weights = Object.values(await model.weights())[0];
  const html = report(model, records, {
    title: 'XOR <1>',
    confusion,
    seed: 5,
    pictures: weights === undefined ? [] : [plotMatrix(weights, { title: 'First weights' })],
    details: { Data: 'four patterns' },
  });
  expect(html).toMatch(/<title>XOR &lt;1&gt;<\/title>/);
  for (const part of [
    'validation loss',
    'taken for',
    'First weights',
    'network/0',
    'Seed</th><td>5',
    `Node ${process.versions.node}`,
    'four patterns',
  ])
    expect(html).toContain(part);
  expect(html.match(/<svg/g)).toHaveLength(3);
  expect(html).not.toMatch(/<script|<link|src=|https?:\/\/(?!www\.w3\.org)/);
  expect(report(model, [])).toContain('No epoch was trained');
});
