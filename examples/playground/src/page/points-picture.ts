import type { Points } from '../points/data.ts';
import type { Picture } from '../protocol.ts';
import { type Colours, Drawing, type Paint, paletteOf, pixelsOf } from './drawing.ts';
import { element } from './elements.ts';

type PointsPicture = Extract<Picture, { readonly problem: 'points' }>;

const reach = 1.2;

/** The plane with its points, and the network with what each unit makes of the plane. */
export class PointsView {
  readonly #plane: Drawing;
  readonly #network: Drawing;
  readonly #canvas = element('plane', HTMLCanvasElement);
  readonly #pixels = document.createElement('canvas');
  #picture: PointsPicture | undefined;
  #points: { readonly train: Points; readonly test: Points } | undefined;
  /** Names of the features, which stand beside the first layer. */
  features: readonly string[] = [];

  /** @param clicked called with a place in the plane and a class. */
  constructor(clicked: (x: number, y: number, label: 0 | 1) => void) {
    this.#plane = new Drawing(this.#canvas, (...to) => this.#paintPlane(...to));
    this.#network = new Drawing(element('network', HTMLCanvasElement), (...to) => this.#paintNetwork(...to));
    this.#canvas.addEventListener('click', ({ offsetX, offsetY, shiftKey }) => {
      const { clientWidth, clientHeight } = this.#canvas;
      const place = (at: number, size: number) => Math.round(100 * reach * ((2 * at) / size - 1)) / 100;
      clicked(place(offsetX, clientWidth), -place(offsetY, clientHeight), shiftKey ? 1 : 0);
    });
  }

  /** The points of a new training; what the one before had learned goes. */
  begin(points: { readonly train: Points; readonly test: Points }): void {
    this.#points = points;
    this.#picture = undefined;
    this.#changed();
  }

  show(picture: PointsPicture): void {
    this.#picture = picture;
    const { units } = picture;
    const sizes = units.map((layer) => layer.length).join('-');
    this.#network.label = `The network ${sizes}: what each unit makes of the plane, and the weights between them`;
    this.#plane.label = `The plane with ${this.#points?.train.at.length ?? 0} points to train on and ${this.#points?.test.at.length ?? 0} to test with, coloured by the output of the network`;
    this.#changed();
  }

  #changed(): void {
    this.#plane.changed();
    this.#network.changed();
  }

  readonly #paintPlane: Paint = (context, { width, height, colours }) => {
    if (this.#picture !== undefined)
      this.#paintMap(context, this.#picture.surface, { x: 0, y: 0, size: width }, colours);
    const place = (value: number) => ((value / reach + 1) / 2) * width;
    const dot = ([x, y]: readonly [number, number], target: number, ring: boolean) => {
      context.beginPath();
      context.arc(place(x), height - place(y), ring ? 2.5 : 3.5, 0, 2 * Math.PI);
      const [red, green, blue] = target > 0.5 || (target > 0 && target !== 1) ? colours.high : colours.low;
      const colour = `rgb(${red} ${green} ${blue})`;
      context.lineWidth = 1.5;
      context.strokeStyle = ring ? colour : colours.panel;
      context.fillStyle = ring ? colours.panel : colour;
      context.fill();
      context.stroke();
    };
    const { train, test } = this.#points ?? { train: { at: [], targets: [] }, test: { at: [], targets: [] } };
    for (const [i, at] of test.at.entries()) dot(at, test.targets[i] ?? 0, true);
    for (const [i, at] of train.at.entries()) dot(at, train.targets[i] ?? 0, false);
  };

  readonly #paintNetwork: Paint = (context, { width, height, colours }) => {
    if (this.#picture === undefined) return;
    const { units, weights } = this.#picture;
    const most = Math.max(...units.map((layer) => layer.length));
    const size = Math.min(40, (height - 24) / most - 6, width / units.length / 2);
    const left = 34;
    const x = (layer: number) => left + (layer / Math.max(1, units.length - 1)) * (width - size - left - 2);
    const y = (layer: number, unit: number) => {
      const count = units[layer]?.length ?? 1;
      return (height - count * (size + 6)) / 2 + unit * (size + 6) + 3;
    };
    weights.forEach((kernel, layer) => {
      const to = units[layer + 1]?.length ?? 1;
      const largest = Math.max(1e-6, ...Array.from(kernel, Math.abs));
      kernel.forEach((weight, i) => {
        const [from, next] = [Math.floor(i / to), i % to];
        const [red, green, blue] = weight < 0 ? colours.low : colours.high;
        context.strokeStyle = `rgb(${red} ${green} ${blue} / ${0.15 + (0.75 * Math.abs(weight)) / largest})`;
        context.lineWidth = 0.5 + (3.5 * Math.abs(weight)) / largest;
        const [x0, y0] = [x(layer) + size, y(layer, from) + size / 2];
        const [x1, y1] = [x(layer + 1), y(layer + 1, next) + size / 2];
        const middle = (x0 + x1) / 2;
        context.beginPath();
        context.moveTo(x0, y0);
        context.bezierCurveTo(middle, y0, middle, y1, x1, y1);
        context.stroke();
      });
    });
    units.forEach((layer, i) => {
      layer.forEach((map, unit) => {
        this.#paintMap(context, map, { x: x(i), y: y(i, unit), size }, colours);
        context.strokeStyle = colours.line;
        context.lineWidth = 1;
        context.strokeRect(x(i), y(i, unit), size, size);
      });
    });
    context.fillStyle = colours.quiet;
    context.font = '12px system-ui, sans-serif';
    context.textBaseline = 'middle';
    context.textAlign = 'right';
    this.features.forEach((name, i) => {
      context.fillText(name, left - 5, y(0, i) + size / 2);
    });
  };

  #paintMap(
    context: CanvasRenderingContext2D,
    map: Int8Array,
    { x, y, size }: { readonly x: number; readonly y: number; readonly size: number },
    colours: Colours,
  ): void {
    const side = this.#picture?.side ?? 1;
    const image = new ImageData(side, side);
    const [pixels, palette] = [pixelsOf(image), paletteOf(colours)];
    map.forEach((output, i) => {
      pixels[i] = palette[output + 128] ?? 0;
    });
    this.#pixels.width = this.#pixels.height = side;
    this.#pixels.getContext('2d')?.putImageData(image, 0, 0);
    context.drawImage(this.#pixels, x, y, size, size);
  }
}
