import { rgbOf } from './raster.ts';
import type { Colour, Shape, Shapes } from './shapes.ts';

export interface TerminalOptions {
  /** 72 when left out. */
  readonly columns?: number;
  /** Whether it may have colours; the terminal's own answer when left out. */
  readonly colour?: boolean;
}

/** The bits of the dots of a Braille character, by row and column. */
const dots = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

interface Cell {
  dots: number;
  text: string;
  colour: Colour | undefined;
  behind: Colour | undefined;
}

/** A picture as text: two columns and four rows of dots in each character. */
export function terminalText(
  picture: Shapes,
  { columns = 72, colour = mayHaveColours() }: TerminalOptions,
): string {
  const scale = (2 * columns) / picture.width;
  // Characters are about twice as high as wide, dots are square.
  const rows = Math.max(1, Math.ceil((picture.height * scale) / 4));
  const cells = Array.from(
    { length: rows * columns },
    (): Cell => ({ dots: 0, text: '', colour: undefined, behind: undefined }),
  );
  const cellAt = (x: number, y: number) =>
    x < 0 || x >= columns || y < 0 || y >= rows ? undefined : cells[y * columns + x];
  const put = (x: number, y: number, of: Colour) => {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const cell = cellAt(column >> 1, row >> 2);
    if (cell === undefined) return;
    cell.dots |= dots[row & 3]?.[column & 1] ?? 0;
    cell.colour = of;
  };
  for (const shape of picture.shapes) drawIn(shape, scale, { put, cellAt });
  const lines = Array.from({ length: rows }, (_, row) =>
    cells
      .slice(row * columns, (row + 1) * columns)
      .map((cell) => written(cell, colour))
      .join('')
      .trimEnd(),
  );
  return lines.join('\n');
}

interface Canvas {
  put(x: number, y: number, colour: Colour): void;
  cellAt(x: number, y: number): Cell | undefined;
}

function drawIn(shape: Shape, scale: number, { put, cellAt }: Canvas): void {
  switch (shape.kind) {
    case 'line':
      shape.points.slice(1).forEach(([x1, y1], i) => {
        const [x0, y0] = shape.points[i] ?? [x1, y1];
        const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0)) * scale));
        for (let k = 0; k <= steps; k++) {
          const x = (x0 + ((x1 - x0) * k) / steps) * scale;
          if (shape.dashed === true && Math.floor(x) % 4 > 1) continue;
          put(x, (y0 + ((y1 - y0) * k) / steps) * scale, shape.colour);
        }
      });
      break;
    case 'dot':
      put(shape.x * scale, shape.y * scale, shape.colour);
      break;
    case 'box': {
      const [left, right] = [shape.x, shape.x + shape.width].map((x) => Math.round((x * scale) / 2));
      const [top, bottom] = [shape.y, shape.y + shape.height].map((y) => Math.round((y * scale) / 4));
      for (let y = top ?? 0; y < (bottom ?? 0); y++)
        for (let x = left ?? 0; x < (right ?? 0); x++) {
          const cell = cellAt(x, y);
          if (cell !== undefined) cell.behind = shape.colour;
        }
      break;
    }
    case 'text': {
      const characters = [...shape.text];
      const shift = { start: 0, middle: Math.floor(characters.length / 2), end: characters.length }[
        shape.anchor
      ];
      characters.forEach((text, i) => {
        const cell = cellAt(
          Math.round((shape.x * scale) / 2) - shift + i,
          Math.round((shape.y * scale) / 4 - 0.5),
        );
        if (cell !== undefined) Object.assign(cell, { text, colour: shape.colour });
      });
      break;
    }
    default:
      shape satisfies never;
  }
}

const shades = ' ░▒▓█';

function written({ dots: set, text, colour, behind }: Cell, coloured: boolean): string {
  const front = text !== '' ? text : set === 0 ? ' ' : String.fromCodePoint(0x2800 + set);
  if (!coloured) return front !== ' ' || behind === undefined ? front : (shades[darkness(behind)] ?? ' ');
  const codes = [
    ...(colour === undefined || front === ' ' ? [] : [`38;2;${rgbOf(colour).join(';')}`]),
    ...(behind === undefined ? [] : [`48;2;${rgbOf(behind).join(';')}`]),
  ];
  return codes.length === 0 ? front : `\u001b[${codes.join(';')}m${front}\u001b[0m`;
}

function darkness(colour: Colour): number {
  const [red, green, blue] = rgbOf(colour);
  return Math.min(4, Math.round((1 - (0.3 * red + 0.6 * green + 0.1 * blue) / 255) * 5));
}

function mayHaveColours(): boolean {
  const { process } = globalThis;
  return process !== undefined && process.stdout?.isTTY === true && process.env?.['NO_COLOR'] === undefined;
}
