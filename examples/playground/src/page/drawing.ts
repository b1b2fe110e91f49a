/** The colours of the page as it is now, light or dark. */
export interface Colours {
  readonly ink: string;
  readonly quiet: string;
  readonly line: string;
  readonly accent: string;
  readonly panel: string;
  readonly low: Colour;
  readonly middle: Colour;
  readonly high: Colour;
}

export type Colour = readonly [red: number, green: number, blue: number];

export type Paint = (
  context: CanvasRenderingContext2D,
  size: { readonly width: number; readonly height: number; readonly colours: Colours },
) => void;

/** A canvas in the pixels of its screen, painted at most once a frame: when something is new, when its size or the colours change. */
export class Drawing {
  readonly #canvas: HTMLCanvasElement;
  readonly #paint: Paint;
  #waiting = false;

  constructor(canvas: HTMLCanvasElement, paint: Paint) {
    this.#canvas = canvas;
    this.#paint = paint;
    new ResizeObserver(() => this.changed()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      known = undefined;
      this.changed();
    });
  }

  set label(text: string) {
    this.#canvas.setAttribute('aria-label', text);
  }

  changed(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const context = this.#canvas.getContext('2d');
    if (context === null || width === 0 || height === 0) return;
    const scale = devicePixelRatio;
    const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
    if (this.#canvas.width !== w) this.#canvas.width = w;
    if (this.#canvas.height !== h) this.#canvas.height = h;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    this.#paint(context, { width, height, colours: colours() });
  }
}

let known: Colours | undefined;

function colours(): Colours {
  known ??= read();
  return known;
}

function read(): Colours {
  const style = getComputedStyle(document.documentElement);
  const text = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const colour = (name: string): Colour => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
      Number.parseInt(text(name).slice(at, at + 2), 16),
    );
    return [red, green, blue];
  };
  return {
    ink: text('ink'),
    quiet: text('quiet'),
    line: text('line'),
    accent: text('accent'),
    panel: text('panel'),
    low: colour('low'),
    middle: colour('middle'),
    high: colour('high'),
  };
}

/** The pixel for every number from -128 to 127, at 128 more: from `low` through `middle` at 0 to `high`. */
export function paletteOf({ low, middle, high }: Colours): Uint32Array {
  const bytes = new Uint8ClampedArray(4 * 256);
  for (let i = 0; i < 256; i++) {
    const end = i < 128 ? low : high;
    const share = Math.min(1, Math.abs(i - 128) / 127);
    bytes.set([...middle.map((from, k) => from + ((end[k] ?? 0) - from) * share), 255], 4 * i);
  }
  return new Uint32Array(bytes.buffer);
}

/** The pixels of an image as numbers, to be written one by one. */
export function pixelsOf(image: ImageData): Uint32Array {
  return new Uint32Array(image.data.buffer);
}
