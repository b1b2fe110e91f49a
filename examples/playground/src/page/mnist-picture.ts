import type { Mistake, Picture } from '../protocol.ts';
import { Drawing, type Paint, paletteOf, pixelsOf } from './drawing.ts';
import { count, element, made, write } from './elements.ts';

type MnistPicture = Extract<Picture, { readonly problem: 'mnist' }>;

const edge = 28;
const across = 8;
const cell = edge + 2;

/** The weights of the hidden units as images, and digits that are taken for others. */
export class MnistView {
  readonly #drawing = new Drawing(element('kernels', HTMLCanvasElement), (...to) => this.#paint(...to));
  readonly #title = element('mistakes-title', HTMLElement);
  readonly #list = element('mistakes', HTMLElement);
  readonly #pixels = document.createElement('canvas');
  #picture: MnistPicture | undefined;

  show(picture: MnistPicture): void {
    this.#picture = picture;
    this.#drawing.changed();
    const { wrong, tested, mistakes } = picture;
    const some = wrong > mistakes.length ? ` (${mistakes.length} shown)` : '';
    write(this.#title, `Mistaken digits: ${count(wrong)} of ${count(tested)}${some}`);
    while (this.#list.children.length > mistakes.length) this.#list.lastElementChild?.remove();
    mistakes.forEach((mistake, i) => {
      const item = this.#list.children[i] ?? this.#newItem();
      show(mistake, item);
    });
  }

  #newItem(): HTMLElement {
    const [item, canvas] = [made('li'), made('canvas')];
    canvas.width = canvas.height = edge;
    canvas.setAttribute('aria-hidden', 'true');
    item.append(canvas, made('span'));
    this.#list.append(item);
    return item;
  }

  readonly #paint: Paint = (context, { width, height, colours }) => {
    if (this.#picture === undefined) return;
    const { kernels } = this.#picture;
    const units = kernels.length / (edge * edge);
    const side = across * cell - 2;
    const image = new ImageData(side, side);
    const [pixels, palette] = [pixelsOf(image), paletteOf(colours)];
    for (let unit = 0; unit < units; unit++) {
      const corner = Math.floor(unit / across) * cell * side + (unit % across) * cell;
      for (let i = 0; i < edge * edge; i++) {
        const weight = kernels[unit * edge * edge + i] ?? 0;
        pixels[corner + Math.floor(i / edge) * side + (i % edge)] = palette[weight + 128] ?? 0;
      }
    }
    this.#pixels.width = this.#pixels.height = side;
    this.#pixels.getContext('2d')?.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#pixels, 0, 0, width, height);
  };
}

/** White on black, as the bytes say. What is shown already stays. */
function show({ place, image, label, taken }: Mistake, item: Element): void {
  const [canvas, text] = item.children;
  if (!(canvas instanceof HTMLCanvasElement) || !(text instanceof HTMLElement)) return;
  write(text, `${label}, not ${taken}`);
  if (shown.get(canvas) === place) return;
  shown.set(canvas, place);
  const drawn = new ImageData(edge, edge);
  image.forEach((value, i) => {
    drawn.data.fill(value, 4 * i, 4 * i + 3).fill(255, 4 * i + 3, 4 * i + 4);
  });
  canvas.getContext('2d')?.putImageData(drawn, 0, 0);
}

const shown = new WeakMap<HTMLCanvasElement, number>();
