import { type Activation, evaluate, gradient, placeholder, sum } from 'pullback';
import { activationOf } from '../expression/activation.ts';
import { ExpressionError, functions } from '../expression/expression.ts';
import { Drawing, type Paint } from './drawing.ts';
import { element, made, write } from './elements.ts';

const presets = [
  'tanh(x)',
  'max(0, x)',
  'sigmoid(x)',
  'x * sigmoid(x)',
  'x / (1 + abs(x))',
  'sin(2 * x)',
  'exp(-x^2)',
  'x * tanh(softplus(x))',
];

/** Where f and f' are drawn: so many points from -4 to 4. */
const points = 161;
const range = 4;
const xs = Float64Array.from({ length: points }, (_, i) => (2 * range * i) / (points - 1) - range);

/** The field in which an activation is typed: what is wrong with it and where, or its curve with that of its derivative. */
export class ActivationField {
  readonly #input = element('activation', HTMLInputElement);
  readonly #error = element('activation-error', HTMLElement);
  readonly #where = element('activation-where', HTMLElement);
  readonly #use = element('use', HTMLButtonElement);
  readonly #drawing = new Drawing(element('preview', HTMLCanvasElement), (...to) => this.#paint(...to));
  #curves: { readonly f: ArrayLike<number>; readonly df: ArrayLike<number> } | undefined;

  /**
   * @param text the first.
   * @param use called with an activation that can be used.
   */
  constructor(text: string, use: (text: string) => void) {
    this.#input.value = text;
    element('functions', HTMLElement).textContent = Object.entries(functions)
      .map(([name, operands]) => `${name}(${operands === 1 ? 'x' : 'a, b'})`)
      .join(', ');
    element('presets', HTMLElement).append(
      ...presets.map((text) => {
        const button = made('button', text);
        button.type = 'button';
        button.addEventListener('click', () => {
          this.#input.value = text;
          this.#check();
          use(text);
        });
        return button;
      }),
    );
    this.#input.addEventListener('input', () => this.#check());
    element('settings', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#check()) use(this.text);
      else this.#input.focus();
    });
    this.#check();
  }

  get text(): string {
    return this.#input.value.trim();
  }

  /** Whether what is typed can be used; shows it, or what is wrong. */
  #check(): boolean {
    try {
      this.#curves = curvesOf(activationOf(this.#input.value));
      write(this.#error, '');
      write(this.#where, '');
    } catch (failure) {
      if (!(failure instanceof ExpressionError)) throw failure;
      this.#curves = undefined;
      write(this.#error, `Character ${failure.from + 1}: ${failure.message}`);
      write(this.#where, pointedOut(this.#input.value, failure));
    }
    const fine = this.#curves !== undefined;
    this.#input.setAttribute('aria-invalid', String(!fine));
    this.#use.disabled = !fine;
    this.#drawing.label = fine
      ? `The curve of ${this.text} and of its derivative, from -4 to 4`
      : 'No curve: see the error';
    this.#drawing.changed();
    return fine;
  }

  readonly #paint: Paint = (context, { width, height, colours }) => {
    if (this.#curves === undefined) return;
    const { f, df } = this.#curves;
    const finite = [...Array.from(f), ...Array.from(df)].filter((y) => Math.abs(y) < 1e3);
    const top = Math.min(range, Math.max(1, ...finite)) * 1.1;
    const bottom = Math.max(-range, Math.min(-0.2, ...finite)) * 1.1;
    const x = (at: number) => ((at + range) / (2 * range)) * width;
    const y = (value: number) => ((top - value) / (top - bottom)) * height;
    context.strokeStyle = colours.line;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(0, y(0));
    context.lineTo(width, y(0));
    context.moveTo(x(0), 0);
    context.lineTo(x(0), height);
    context.stroke();
    context.fillStyle = colours.quiet;
    context.font = '11px system-ui, sans-serif';
    context.textBaseline = 'bottom';
    for (const [at, align] of [
      [-range, 'left'],
      [0, 'left'],
      [range, 'right'],
    ] as const) {
      context.textAlign = align;
      context.fillText(String(at).replace('-', '−'), x(at) + (align === 'left' ? 4 : -4), height - 3);
    }
    const curve = (values: ArrayLike<number>) => {
      context.beginPath();
      let down = false;
      for (let i = 0; i < points; i++) {
        const value = values[i] ?? Number.NaN;
        const drawn = Math.abs(value) < 1e3;
        if (drawn && down) context.lineTo(x(xs[i] ?? 0), y(value));
        else if (drawn) context.moveTo(x(xs[i] ?? 0), y(value));
        down = drawn;
      }
      context.stroke();
    };
    const [red, green, blue] = colours.high;
    context.lineWidth = 2;
    context.strokeStyle = `rgb(${red} ${green} ${blue})`;
    context.setLineDash([5, 4]);
    curve(df);
    context.setLineDash([]);
    context.strokeStyle = colours.accent;
    curve(f);
  };
}

/** f and f' at the points, by the same graph that is trained. */
function curvesOf(activation: Activation) {
  const x = placeholder({ shape: [points], dtype: 'float64' }, 'x');
  const y = activation(x);
  const [dy = y] = gradient(sum(y), [x]);
  const [f, df] = evaluate([y, dy], new Map([[x, { shape: [points], data: xs }]]));
  return { f: f?.data ?? [], df: df?.data ?? [] };
}

/** The part of the text that an error is about, with its place marked below. */
function pointedOut(text: string, { from, to }: ExpressionError): string {
  const width = 20;
  const start = Math.max(0, from - width);
  const part = text.slice(start, from + width);
  const marks = '^'.repeat(Math.max(1, Math.min(to, start + part.length) - from));
  return `${part}\n${' '.repeat(from - start)}${marks}`;
}
