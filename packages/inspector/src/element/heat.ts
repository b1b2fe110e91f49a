import type { Numbers } from '../data.ts';
import { histogramOf, rangeOf } from '../numbers.ts';

export type Colour = readonly [red: number, green: number, blue: number];

/** From negative through 0 to positive numbers; what is no number is of the fourth. */
export interface Palette {
  readonly low: Colour;
  readonly middle: Colour;
  readonly high: Colour;
  readonly lost: Colour;
}

/** A matrix as a picture, a pixel a number, the largest in size in full colour. */
export function paintHeat(canvas: HTMLCanvasElement, numbers: Numbers | undefined, palette: Palette): void {
  const { rows = 0, columns = 0, sample = [] } = numbers ?? {};
  // Long columns, such as samples of one number, lie on their side.
  const turned = rows > 4 * columns && columns > 0;
  const [width, height] = turned ? [rows, columns] : [columns, rows];
  canvas.width = Math.max(1, width);
  canvas.height = Math.max(1, height);
  const context = canvas.getContext('2d');
  if (context === null || rows * columns === 0) return;
  const [low, high] = rangeOf(sample) ?? [0, 0];
  const most = Math.max(Math.abs(low), Math.abs(high));
  const image = new ImageData(width, height);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const x = sample[row * columns + column] ?? 0;
      const at = turned ? column * rows + row : row * columns + column;
      image.data.set([...colourOf(x, most, palette), 255], 4 * at);
    }
  context.putImageData(image, 0, 0);
}

function colourOf(x: number, most: number, { low, middle, high, lost }: Palette): Colour {
  if (!Number.isFinite(x)) return lost;
  const share = most === 0 ? 0 : Math.abs(x) / most;
  const end = x < 0 ? low : high;
  const mix = (k: 0 | 1 | 2) => middle[k] + (end[k] - middle[k]) * share;
  return [mix(0), mix(1), mix(2)];
}

const bins = 24;

/** How often which size occurs, from the least number to the largest; the line is 0. */
export function paintHistogram(canvas: HTMLCanvasElement, numbers: Numbers, palette: Palette): void {
  const [width, height] = [bins * 6, 72];
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  const range = rangeOf(numbers.sample);
  if (context === null || range === undefined) return;
  const [low, high] = range;
  const counts = histogramOf(numbers.sample, bins);
  const most = Math.max(1, ...counts);
  counts.forEach((count, i) => {
    const middle = low + ((i + 0.5) * (high - low)) / bins;
    context.fillStyle = `rgb(${(middle < 0 ? palette.low : palette.high).join()})`;
    const size = (count / most) * (height - 2);
    context.fillRect(i * 6, height - size, 5, size);
  });
}
