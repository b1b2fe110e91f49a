import type { Wiring } from '../simulation.ts';
import { type Link, printed, type Wired } from './numbers.ts';
import { element, ink, picture, text } from './svg.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

const [radius, gapX, gapY, margin] = [19, 118, 128, 40] as const;

/**
 * A net as the chapter draws it: input units below, output units above, weights on their links and each bias in its unit. Links are as
 * thick as their weights are large, red where they inhibit.
 */
export function drawNet(wiring: readonly Wiring[], { links, biases }: Wired, title: string): string {
  const rows = rowsOf(wiring);
  const widest = Math.max(...rows.map((row) => row.length));
  const width = 2 * margin + widest * gapX;
  const height = 2 * margin + (rows.length - 1) * gapY;
  const at = new Map<string, Point>();
  rows.forEach((row, level) => {
    row.forEach((unit, i) => {
      const x = width / 2 + (i - (row.length - 1) / 2) * gapX;
      at.set(unit, { x, y: height - margin - level * gapY });
    });
  });
  const largest = Math.max(...links.map(({ weight }) => Math.abs(weight)), 1e-9);
  const lines = links.map((link) => lineOf(link, at, largest));
  const units = [...at].map(([name, point]) => unitOf(name, point, biases.get(name)));
  return picture(width, height, title, [...lines, ...labelsOf(links, at), ...units]);
}

/** Units by level: a unit stands one above the highest that it is linked from. */
function rowsOf(wiring: readonly Wiring[]): string[][] {
  const levels = new Map<string, number>();
  for (const { from, to } of wiring) {
    for (const unit of from) if (!levels.has(unit)) levels.set(unit, 0);
    const level = 1 + Math.max(...from.map((unit) => levels.get(unit) ?? 0));
    for (const unit of to) levels.set(unit, level);
  }
  const rows: string[][] = [];
  for (const [unit, level] of levels) rows[level] = [...(rows[level] ?? []), unit];
  return rows;
}

function lineOf({ from, to, weight }: Link, at: ReadonlyMap<string, Point>, largest: number): string {
  const [a, b] = [at.get(from), at.get(to)];
  if (a === undefined || b === undefined) return '';
  return element('line', {
    x1: a.x,
    y1: a.y,
    x2: b.x,
    y2: b.y,
    stroke: weight < 0 ? ink.inhibit : ink.excite,
    'stroke-width': 0.4 + (4 * Math.abs(weight)) / largest,
    'stroke-opacity': 0.55,
  });
}

/** Where along its link a weight may be printed, the best place first. */
const places = [0.4, 0.55, 0.28, 0.68, 0.2, 0.78];

/** The weights on their links, each in the first place where it meets no other. */
function labelsOf(links: readonly Link[], at: ReadonlyMap<string, Point>): string[] {
  const taken: { readonly x: number; readonly y: number; readonly half: number }[] = [];
  return links.map(({ from, to, weight }) => {
    const [a, b] = [at.get(from), at.get(to)];
    if (a === undefined || b === undefined) return '';
    const words = printed(weight);
    const half = 3.4 * words.length + 1;
    const spots = places.map((along) => ({
      x: a.x + (b.x - a.x) * along,
      y: a.y + (b.y - a.y) * along,
      half,
    }));
    const free = spots.find((spot) =>
      taken.every(
        (other) => Math.abs(other.x - spot.x) > other.half + half || Math.abs(other.y - spot.y) > 14,
      ),
    );
    const { x, y } = free ?? spots[0] ?? a;
    taken.push({ x, y, half });
    const paper = { x: x - half, y: y - 8, width: 2 * half, height: 15, fill: 'white', 'fill-opacity': 0.85 };
    const colour = { fill: weight < 0 ? ink.inhibit : ink.excite };
    return element('rect', paper) + text(x, y + 4, words, colour);
  });
}

function unitOf(name: string, { x, y }: Point, bias: number | undefined): string {
  const circle = element('circle', {
    cx: x,
    cy: y,
    r: radius,
    fill: 'white',
    stroke: ink.excite,
    'stroke-width': 1.5,
  });
  const inside = bias === undefined ? name : printed(bias);
  const beside =
    bias === undefined ? '' : text(x + radius + 5, y + 4, name, { 'text-anchor': 'start', fill: ink.note });
  return circle + text(x, y + 4, inside) + beside;
}
