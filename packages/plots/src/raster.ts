import { glyphWidth, isSet } from './font.ts';
import type { Colour, Shape, Shapes } from './shapes.ts';

/** Pixels as [height, width, 3] bytes. */
export interface Pixels {
  readonly shape: readonly [number, number, 3];
  readonly dtype: 'uint8';
  readonly data: Uint8Array;
}

/** A picture as pixels: lines are as wide as they say and smooth, texts are of dots. */
export function rasterized({ width, height, shapes }: Shapes, scale: number): Pixels {
  const [columns, rows] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  const data = new Uint8Array(columns * rows * 3).fill(255);
  const blend: Blend = (x, y, [red, green, blue], share) => {
    if (x < 0 || y < 0 || x >= columns || y >= rows || share <= 0) return;
    const at = 3 * (y * columns + x);
    const mixed = (k: number, colour: number) =>
      (data[at + k] ?? 0) + (colour - (data[at + k] ?? 0)) * Math.min(1, share);
    data.set([mixed(0, red), mixed(1, green), mixed(2, blue)].map(Math.round), at);
  };
  for (const shape of shapes) draw(shape, scale, blend);
  return { shape: [rows, columns, 3], dtype: 'uint8', data };
}

type Rgb = readonly [number, number, number];
type Blend = (x: number, y: number, colour: Rgb, share: number) => void;

export function rgbOf(colour: Colour): Rgb {
  const part = (at: number) => Number.parseInt(colour.slice(at, at + 2), 16);
  return [part(1), part(3), part(5)];
}

function draw(shape: Shape, scale: number, blend: Blend): void {
  const colour = rgbOf(shape.colour);
  switch (shape.kind) {
    case 'box': {
      const [left, top] = [Math.round(shape.x * scale), Math.round(shape.y * scale)];
      const [right, bottom] = [
        Math.round((shape.x + shape.width) * scale),
        Math.round((shape.y + shape.height) * scale),
      ];
      for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) blend(x, y, colour, 1);
      break;
    }
    case 'dot':
      drawDisc(shape, (shape.radius + 0.5) * scale, rgbOf(shape.edge), scale, blend);
      drawDisc(shape, (shape.radius - 0.5) * scale, colour, scale, blend);
      break;
    case 'line':
      shape.points.slice(1).forEach((to, i) => {
        const from = shape.points[i] ?? to;
        drawSegment(
          [from, to],
          { half: (shape.width * scale) / 2, colour, scale, dashed: shape.dashed === true },
          blend,
        );
      });
      break;
    case 'text':
      drawText(shape, colour, scale, blend);
      break;
    default:
      shape satisfies never;
  }
}

function drawDisc(
  { x, y }: { x: number; y: number },
  radius: number,
  colour: Rgb,
  scale: number,
  blend: Blend,
): void {
  const [cx, cy] = [x * scale, y * scale];
  for (let py = Math.floor(cy - radius - 1); py <= cy + radius + 1; py++)
    for (let px = Math.floor(cx - radius - 1); px <= cx + radius + 1; px++)
      blend(px, py, colour, radius + 0.5 - Math.hypot(px + 0.5 - cx, py + 0.5 - cy));
}

/** Every pixel by how near it is to the segment. */
function drawSegment(
  [from, to]: readonly [readonly [number, number], readonly [number, number]],
  { half, colour, scale, dashed }: { half: number; colour: Rgb; scale: number; dashed: boolean },
  blend: Blend,
): void {
  const [x0, y0, x1, y1] = [from[0] * scale, from[1] * scale, to[0] * scale, to[1] * scale];
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = Math.hypot(dx, dy);
  const reach = half + 1;
  for (let y = Math.floor(Math.min(y0, y1) - reach); y <= Math.max(y0, y1) + reach; y++)
    for (let x = Math.floor(Math.min(x0, x1) - reach); x <= Math.max(x0, x1) + reach; x++) {
      const along =
        length === 0
          ? 0
          : Math.max(0, Math.min(1, ((x + 0.5 - x0) * dx + (y + 0.5 - y0) * dy) / length ** 2));
      // Dashes are counted by x: they go on from segment to segment.
      if (dashed && (x / scale) % 9 > 5) continue;
      const distance = Math.hypot(x + 0.5 - x0 - along * dx, y + 0.5 - y0 - along * dy);
      blend(x, y, colour, half + 0.5 - distance);
    }
}

function drawText(
  { x, y, text, anchor }: Extract<Shape, { kind: 'text' }>,
  colour: Rgb,
  scale: number,
  blend: Blend,
): void {
  const size = Math.max(1, Math.round(scale));
  const characters = [...text];
  const width = characters.length * glyphWidth * size;
  const left = Math.round(x * scale - { start: 0, middle: width / 2, end: width }[anchor]);
  const top = Math.round(y * scale - 3.5 * size);
  characters.forEach((character, i) => {
    for (let column = 0; column < 5; column++)
      for (let row = 0; row < 8; row++)
        if (isSet(character, column, row))
          for (let k = 0; k < size * size; k++)
            blend(
              left + (i * glyphWidth + column) * size + (k % size),
              top + row * size + Math.floor(k / size),
              colour,
              1,
            );
  });
}
