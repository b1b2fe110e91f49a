import {
  checkOptions,
  DataError,
  type FieldsOf,
  field,
  formatShape,
  ShapeError,
  type TensorLike,
  tensor,
} from '@pullback/core';
import type { EpochRecord } from '@pullback/train';
import { Picture } from './picture.ts';
import type { Colour, Shape } from './shapes.ts';

const ink: Colour = '#1d1f24';
const quiet: Colour = '#5b6069';
const rule: Colour = '#d9dad6';
const low: Colour = '#1f5fbf';
const high: Colour = '#c2570c';
const middle: Colour = '#f3f2ee';
const colours: readonly Colour[] = [low, high, '#2e7d4f', '#7a3db8', '#a8201a', '#5b6069'];

export interface HistoryOptions {
  /** The figures to draw, such as `loss`; the loss, and that of the validation, when left out. */
  readonly figures?: readonly string[];
  /** Whether the axis of figures is logarithmic; where all are above 0 and a tenth of the largest is not the least, when left out. */
  readonly logarithmic?: boolean;
  readonly title?: string;
}

const historyFields = {
  figures: field.list(field.text()),
  logarithmic: field.flag(),
  title: field.text(),
} satisfies FieldsOf<HistoryOptions>;

/**
 * Figures of a fit against its epochs; those of the validation are dashed, in the colour of the figure that they belong to.
 * @throws DataError for a figure that no epoch has.
 */
export function plotHistory(history: readonly EpochRecord[], options: HistoryOptions = {}): Picture {
  const { figures = ['loss', 'validation loss'].filter((name) => name in (history[0] ?? {})), title } =
    checkOptions('plotHistory', options, historyFields);
  const missing = figures.find((name) => history.length > 0 && !history.some((record) => name in record));
  if (missing !== undefined)
    throw new DataError({
      got: `the figure '${missing}'`,
      expected: Object.keys(history[0] ?? {}).join(', '),
    });
  const bases = [...new Set(figures.map((name) => name.replace(/^validation /, '')))];
  const curves = figures.map((name) => ({
    name,
    dashed: name.startsWith('validation '),
    colour: colours[bases.indexOf(name.replace(/^validation /, '')) % colours.length] ?? ink,
    points: history.map((record, i) => [i + 1, record[name] ?? Number.NaN] as const),
  }));
  return curvesOf(curves, { title: title ?? `${figures.join(', ')} against epochs`, ...options });
}

interface Curve {
  readonly name: string;
  readonly colour: Colour;
  readonly dashed: boolean;
  readonly points: readonly (readonly [number, number])[];
}

const [width, height] = [560, 320];
const margin = { left: 56, right: 16, top: 34, bottom: 34 };

function curvesOf(
  curves: readonly Curve[],
  { title, logarithmic }: { title: string; logarithmic?: boolean },
): Picture {
  const numbers = curves.flatMap(({ points }) => points.map(([, y]) => y)).filter(Number.isFinite);
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const isLog = logarithmic ?? (numbers.length > 0 && least > 0 && most > 10 * least);
  const last = Math.max(1, ...curves.map(({ points }) => points.length));
  const scaleOf = (y: number) => (isLog ? Math.log10(Math.max(y, 1e-300)) : y);
  const ticks = numbers.length === 0 ? [0, 1] : isLog ? decades(least, most) : niceTicks(least, most);
  const [bottom, top] = [scaleOf(ticks[0] ?? 0), scaleOf(ticks.at(-1) ?? 1)];
  const x = (epoch: number) =>
    margin.left + ((epoch - 1) / Math.max(1, last - 1)) * (width - margin.left - margin.right);
  const y = (value: number) =>
    height -
    margin.bottom -
    ((scaleOf(value) - bottom) / (top - bottom || 1)) * (height - margin.top - margin.bottom);
  const shapes: Shape[] = ticks.flatMap((tick): Shape[] => [
    {
      kind: 'line',
      points: [
        [margin.left, y(tick)],
        [width - margin.right, y(tick)],
      ],
      colour: rule,
      width: 1,
    },
    { kind: 'text', x: margin.left - 6, y: y(tick), text: tickText(tick), anchor: 'end', colour: quiet },
  ]);
  for (const epoch of epochTicks(last))
    shapes.push({
      kind: 'text',
      x: x(epoch),
      y: height - margin.bottom + 14,
      text: String(epoch),
      anchor: 'middle',
      colour: quiet,
    });
  for (const { points, colour, dashed } of curves)
    for (const part of finiteParts(points, isLog))
      shapes.push(
        part.length === 1
          ? {
              kind: 'dot',
              x: x(part[0]?.[0] ?? 0),
              y: y(part[0]?.[1] ?? 0),
              radius: 2.5,
              colour,
              edge: colour,
            }
          : {
              kind: 'line',
              points: part.map(([epoch, value]) => [x(epoch), y(value)]),
              colour,
              width: 2,
              dashed,
            },
      );
  let at = margin.left;
  for (const { name, colour, dashed } of curves) {
    shapes.push({
      kind: 'line',
      points: [
        [at, 16],
        [at + 20, 16],
      ],
      colour,
      width: 2,
      dashed,
    });
    shapes.push({ kind: 'text', x: at + 26, y: 16, text: name, anchor: 'start', colour: ink });
    at += 44 + 7 * name.length;
  }
  return new Picture(width, height, shapes, title);
}

/** A curve without what cannot be drawn, in the parts that are left. */
function finiteParts(points: Curve['points'], isLog: boolean): (readonly [number, number])[][] {
  const parts: (readonly [number, number])[][] = [[]];
  for (const point of points)
    if (Number.isFinite(point[1]) && (!isLog || point[1] > 0)) parts.at(-1)?.push(point);
    else parts.push([]);
  return parts.filter((part) => part.length > 0);
}

function decades(least: number, most: number): number[] {
  const [from, to] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  const step = Math.max(1, Math.ceil((to - from) / 6));
  return Array.from({ length: Math.floor((to - from) / step) + 2 }, (_, i) => 10 ** (from + i * step)).filter(
    (_, i, all) => i === 0 || (all[i - 1] ?? 0) < most,
  );
}

/** Round numbers that hold a range: 1, 2 or 5 times a power of ten apart. */
function niceTicks(least: number, most: number): number[] {
  const range = most - least || Math.abs(most) || 1;
  const power = 10 ** Math.floor(Math.log10(range / 4));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= range / 5) ?? 10);
  const [from, to] = [Math.floor(least / step), Math.ceil(most / step)];
  return Array.from({ length: Math.max(2, to - from + 1) }, (_, i) =>
    Number(((from + i) * step).toPrecision(12)),
  );
}

function epochTicks(last: number): number[] {
  const step = Math.max(1, ...niceTicks(0, last).slice(1, 2).map(Math.round));
  const ticks = Array.from({ length: Math.floor(last / step) }, (_, i) => (i + 1) * step);
  return ticks[0] === 1 ? ticks : [1, ...ticks];
}

function tickText(tick: number): string {
  const size = Math.abs(tick);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? tick.toExponential(0).replace('e+', 'e') : String(tick);
}

export interface ConfusionOptions {
  /** The names of the classes; their numbers when left out. */
  readonly labels?: readonly string[];
}

/**
 * How often class i (row) was taken for class j (column), as `confusionMatrix` counts: the darker, the larger the share of the row.
 * @throws ShapeError for a matrix that is not square, DataError for another number of labels.
 */
export function plotConfusion(
  matrix: readonly (readonly number[])[],
  options: ConfusionOptions = {},
): Picture {
  const classes = matrix.length;
  const { labels = matrix.map((_, i) => String(i)) } = checkOptions('plotConfusion', options, {
    labels: field.list(field.text()),
  });
  if (classes === 0 || matrix.some((row) => row.length !== classes))
    throw new ShapeError({
      got: formatShape([classes, matrix[0]?.length ?? 0]),
      expected: 'a row and a column for each class',
    });
  if (labels.length !== classes)
    throw new DataError({ got: `${labels.length} labels`, expected: `${classes}, one for each class` });
  const longest = Math.max(...labels.map((label) => label.length));
  const cell = Math.max(28, Math.min(56, 480 / classes), 7 * longest + 6);
  const left = 24 + 7 * longest;
  const shapes: Shape[] = [
    {
      kind: 'text',
      x: left + (classes * cell) / 2,
      y: 12,
      text: 'taken for',
      anchor: 'middle',
      colour: quiet,
    },
  ];
  matrix.forEach((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const centre = (k: number) => k * cell + cell / 2;
    shapes.push({
      kind: 'text',
      x: left - 8,
      y: 40 + centre(i),
      text: labels[i] ?? '',
      anchor: 'end',
      colour: ink,
    });
    shapes.push({
      kind: 'text',
      x: left + centre(i),
      y: 28,
      text: labels[i] ?? '',
      anchor: 'middle',
      colour: ink,
    });
    row.forEach((count, j) => {
      const share = total === 0 ? 0 : count / total;
      const box = { x: left + j * cell, y: 40 + i * cell, width: cell - 1, height: cell - 1 };
      shapes.push({ kind: 'box', ...box, colour: mixed(middle, i === j ? low : high, share) });
      shapes.push({
        kind: 'text',
        x: left + centre(j),
        y: 40 + centre(i),
        text: String(count),
        anchor: 'middle',
        colour: share > 0.55 ? '#ffffff' : ink,
      });
    });
  });
  return new Picture(
    left + classes * cell + 12,
    52 + classes * cell,
    shapes,
    `confusion of ${classes} classes`,
  );
}

/** A matrix as coloured squares, blue below 0 and orange above, in full colour at the largest size. @throws ShapeError for another number of axes. */
export function plotMatrix(like: TensorLike, options: { readonly title?: string } = {}): Picture {
  const { title = 'a matrix' } = checkOptions('plotMatrix', options, { title: field.text() });
  const { shape, data } = tensor(like);
  const [rows, columns] = shape.length === 1 ? [1, shape[0] ?? 0] : shape;
  if (shape.length < 1 || shape.length > 2 || rows === undefined || columns === undefined)
    throw new ShapeError({ got: formatShape(shape), expected: 'a matrix or a vector' });
  const most = Math.max(1e-300, ...Array.from(data, Number).filter(Number.isFinite).map(Math.abs));
  const cell = Math.max(2, Math.min(28, 480 / Math.max(1, rows, columns)));
  const shapes = Array.from(data, (x, i): Shape => {
    const value = Number(x);
    const colour = Number.isNaN(value)
      ? '#dc00a0'
      : mixed(middle, value < 0 ? low : high, Math.min(1, Math.abs(value) / most));
    return {
      kind: 'box',
      x: (i % columns) * cell,
      y: Math.floor(i / columns) * cell,
      width: cell,
      height: cell,
      colour,
    };
  });
  return new Picture(Math.max(1, columns * cell), Math.max(1, rows * cell), shapes, title);
}

export interface RegionOptions {
  /** From where to where, in both directions. -1 to 1 when left out. */
  readonly range?: readonly [low: number, high: number];
  /** Squares along a side; 60 when left out. */
  readonly side?: number;
  readonly points?: { readonly x: readonly (readonly [number, number])[]; readonly y: readonly number[] };
}

/** The answers of a network over the plane: its class by the largest output, or one output from 0 (blue) to 1 (orange); and points with their classes. */
export async function plotRegions(
  predict: (
    x: number[][],
  ) => Promise<{ readonly shape: readonly number[]; readonly data: ArrayLike<number> }>,
  options: RegionOptions = {},
): Promise<Picture> {
  const { range = [-1, 1], side = 60, points } = options;
  const [from, to] = range;
  const cell = 360 / side;
  const at = (i: number) => from + ((i + 0.5) / side) * (to - from);
  const grid = Array.from({ length: side * side }, (_, i) => [
    at(i % side),
    -at(Math.floor(i / side)) + from + to,
  ]);
  const { shape, data } = await predict(grid);
  const outputs = shape.at(-1) ?? 1;
  const shapes = grid.map((_, i): Shape => {
    const row = Array.from({ length: outputs }, (__, k) => Number(data[i * outputs + k]));
    const taken = row.indexOf(Math.max(...row));
    const [share = 0] = row;
    const colour =
      outputs === 1
        ? mixed(middle, share < 0.5 ? low : high, Math.min(1, Math.abs(2 * share - 1)))
        : mixed('#ffffff', colours[taken % colours.length] ?? ink, 0.35);
    return {
      kind: 'box',
      x: (i % side) * cell,
      y: Math.floor(i / side) * cell,
      width: cell,
      height: cell,
      colour,
    };
  });
  const place = (value: number) => ((value - from) / (to - from)) * 360;
  points?.x.forEach(([x, y], i) => {
    const label = points.y[i] ?? 0;
    const colour: Colour = (outputs === 1 ? [low, high] : colours)[label] ?? ink;
    shapes.push({ kind: 'dot', x: place(x), y: 360 - place(y), radius: 3, colour, edge: '#ffffff' });
  });
  return new Picture(360, 360, shapes, 'decision regions');
}

function mixed(from: Colour, to: Colour, share: number): Colour {
  const part = (at: number) => {
    const [a, b] = [from, to].map((colour) => Number.parseInt(colour.slice(at, at + 2), 16));
    return Math.round((a ?? 0) + ((b ?? 0) - (a ?? 0)) * share)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${part(1)}${part(3)}${part(5)}` as const;
}
