import type { Mistake, Picture } from '../protocol.ts';
import { between, Drawing, type Paint } from './drawing.ts';
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
    const some = wrong > mistakes.length ? `, ${mistakes.length} of them` : '';
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
    for (let unit = 0; unit < units; unit++) {
      const numbers = kernels.subarray(unit * edge * edge, (unit + 1) * edge * edge);
      let largest = 1e-9;
      for (const weight of numbers) largest = Math.max(largest, Math.abs(weight));
      const corner = Math.floor(unit / across) * cell * side + (unit % across) * cell;
      numbers.forEach((weight, i) => {
        const place = 4 * (corner + Math.floor(i / edge) * side + (i % edge));
        image.data.set(between(colours, weight / largest), place);
        image.data[place + 3] = 255;
      });
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
  const pixels = new ImageData(edge, edge);
  image.forEach((value, i) => {
    pixels.data.set([value, value, value, 255], 4 * i);
  });
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
}

const shown = new WeakMap<HTMLCanvasElement, number>();
