import type { Wiring } from '../simulation.ts';
import type { Wired } from './numbers.ts';
import { element, ink, picture, text } from './svg.ts';

const [large, small, left] = [26, 13, 60] as const;

/**
 * Weights as squares, their area as large as the weight, black where it excites and red where it inhibits: a row for each unit, a column for
 * each that it is linked from, the bias last.
 */
export function drawBlobs(wiring: readonly Wiring[], { links, biases }: Wired, title: string): string {
  const weights = [...links.map(({ weight }) => weight), ...biases.values()];
  const largest = Math.max(...weights.map(Math.abs), 1e-9);
  const side = wiring.some(({ from }) => from.length > 12) ? small : large;
  const font = side === large ? 10 : 8;
  const parts: string[] = [];
  let [y, width] = [30, 0];
  for (const { from, to } of wiring) {
    const every = from.length > 12 ? 5 : 1;
    [...from, 'bias'].forEach((source, i) => {
      const x = left + (i + 0.5) * side;
      if (i % every === 0 || source === 'bias')
        parts.push(text(x, y - 6, source, { fill: ink.note, 'font-size': font }));
    });
    to.forEach((unit, k) => {
      const baseline = y + (k + 0.5) * side + 4;
      parts.push(text(left - 8, baseline, unit, { 'text-anchor': 'end', fill: ink.note, 'font-size': font }));
    });
    const grid = to.map((unit) => {
      const own = new Map(links.filter((link) => link.to === unit).map((link) => [link.from, link.weight]));
      return [...from.map((source) => own.get(source) ?? 0), biases.get(unit) ?? 0];
    });
    parts.push(blobs(left, y, side, grid, largest));
    width = Math.max(width, left + (from.length + 1) * side + 20);
    y += to.length * side + 34;
  }
  return picture(width, y - 14, title, parts);
}

/** Weights in a square, as a receptive field has them. */
export function drawField(
  weights: ArrayLike<number>,
  columns: number,
  caption: string,
  title: string,
): string {
  const all = Array.from(weights);
  const largest = Math.max(...all.map(Math.abs), 1e-9);
  const side = 2 * large;
  const grid = Array.from({ length: all.length / columns }, (_, i) =>
    all.slice(i * columns, (i + 1) * columns),
  );
  const [width, bottom] = [columns * side, 16 + grid.length * side];
  return picture(width + 40, bottom + 34, title, [
    blobs(20, 16, side, grid, largest),
    text(20 + width / 2, bottom + 20, caption, { 'font-size': 11 }),
  ]);
}

/** A grid of weights: all that excite are one path, and all that inhibit another. */
function blobs(
  x: number,
  y: number,
  side: number,
  grid: readonly (readonly number[])[],
  largest: number,
): string {
  const [columns, rows] = [grid[0]?.length ?? 0, grid.length];
  const squares = (chosen: (weight: number) => boolean): string =>
    grid
      .flatMap((row, k) =>
        row.map((weight, i) => {
          const size = (side - 2) * Math.sqrt(Math.abs(weight) / largest);
          if (!chosen(weight) || size < 0.5) return '';
          const edge = (side - size) / 2;
          return `M${fixed(x + i * side + edge)} ${fixed(y + k * side + edge)}h${fixed(size)}v${fixed(size)}h-${fixed(size)}z`;
        }),
      )
      .join('');
  const across = Array.from({ length: rows + 1 }, (_, k) => `M${x} ${y + k * side}h${columns * side}`);
  const down = Array.from({ length: columns + 1 }, (_, i) => `M${x + i * side} ${y}v${rows * side}`);
  return [
    element('rect', { x, y, width: columns * side, height: rows * side, fill: '#f4f2ee' }),
    element('path', { d: [...across, ...down].join(''), stroke: '#d8d4cc', 'stroke-width': 0.5 }),
    element('path', { d: squares((weight) => weight > 0), fill: ink.excite }),
    element('path', { d: squares((weight) => weight < 0), fill: ink.inhibit }),
  ].join('');
}

const fixed = (length: number): string => String(Math.round(length * 10) / 10);
