import type { Picture } from '../protocol.ts';
import { Drawing, type Paint, paletteOf, pixelsOf } from './drawing.ts';
import { element, made } from './elements.ts';

type XorPicture = Extract<Picture, { readonly problem: 'xor' }>;

const [from, to] = [-0.5, 1.5];

/** The output as a coloured square, the zero lines of the hidden units and the four patterns. */
export class XorView {
  readonly #drawing = new Drawing(element('surface', HTMLCanvasElement), (...to) => this.#paint(...to));
  readonly #rows: readonly HTMLElement[];
  #picture: XorPicture | undefined;
  readonly #pixels = document.createElement('canvas');

  constructor() {
    const body = element('outputs', HTMLElement);
    this.#rows = ['0 0', '0 1', '1 0', '1 1'].map((input, i) => {
      const [row, head, output] = [made('tr'), made('th', input), made('td', '–')];
      head.scope = 'row';
      row.append(head, made('td', i === 1 || i === 2 ? '1' : '0'), output);
      body.append(row);
      return output;
    });
  }

  show(picture: XorPicture): void {
    this.#picture = picture;
    picture.outputs.forEach((output, i) => {
      const cell = this.#rows[i];
      if (cell !== undefined) cell.textContent = output.toFixed(3);
    });
    this.#drawing.label = `Output of the network between the four patterns; at 00, 01, 10, 11 it is ${picture.outputs.map((y) => y.toFixed(2)).join(', ')}`;
    this.#drawing.changed();
  }

  readonly #paint: Paint = (context, { width, height, colours }) => {
    if (this.#picture === undefined) return;
    const { surface, side, outputs, units } = this.#picture;
    const image = new ImageData(side, side);
    const [pixels, palette] = [pixelsOf(image), paletteOf(colours)];
    surface.forEach((output, i) => {
      pixels[i] = palette[output + 128] ?? 0;
    });
    this.#pixels.width = this.#pixels.height = side;
    this.#pixels.getContext('2d')?.putImageData(image, 0, 0);
    context.drawImage(this.#pixels, 0, 0, width, height);

    const x = (a: number) => ((a - from) / (to - from)) * width;
    const y = (b: number) => (1 - (b - from) / (to - from)) * height;
    context.strokeStyle = colours.ink;
    context.lineWidth = 1;
    context.globalAlpha = 0.45;
    for (const [w0, w1, bias] of units) {
      // w0 a + w1 b + bias = 0, along the axis on which it is less steep.
      context.beginPath();
      for (const end of [from, to])
        if (Math.abs(w1) > Math.abs(w0)) context.lineTo(x(end), y(-(bias + w0 * end) / w1));
        else context.lineTo(x(-(bias + w1 * end) / w0), y(end));
      context.stroke();
    }
    context.globalAlpha = 1;
    context.font = '600 13px system-ui, sans-serif';
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    outputs.forEach((_, i) => {
      const [a, b] = [i >> 1, i & 1];
      context.beginPath();
      context.arc(x(a), y(b), 13, 0, 2 * Math.PI);
      context.fillStyle = colours.panel;
      context.fill();
      context.strokeStyle = colours.ink;
      context.lineWidth = 1.5;
      context.stroke();
      context.fillStyle = colours.ink;
      context.fillText(String(a ^ b), x(a), y(b) + 0.5);
    });
  };
}
