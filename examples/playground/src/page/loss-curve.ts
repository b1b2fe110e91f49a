import { Drawing, type Paint } from './drawing.ts';
import { count, made } from './elements.ts';

interface Point {
  readonly step: number;
  readonly loss: number;
  /** Of what is not trained on. */
  readonly test?: { readonly loss: number };
}

interface Run {
  readonly name: string;
  points: Point[];
  /** Where the model was moved, and to which backend. */
  readonly moves: { readonly step: number; readonly backend: string }[];
}

const mostPoints = 1200;
const mostRuns = 4;
const margin = { left: 44, right: 12, top: 14, bottom: 22 };

/** Loss against steps on a logarithmic axis: the training of now, paler those before it, and marks where the backend was changed. */
export class LossCurve {
  readonly #drawing: Drawing;
  readonly #legend: HTMLElement;
  #runs: Run[] = [];

  constructor(canvas: HTMLCanvasElement, legend: HTMLElement) {
    this.#drawing = new Drawing(canvas, this.#paint);
    this.#legend = legend;
  }

  /** A new training; those before stay for comparison, unless they were of another problem. */
  begin(name: string, { compare }: { readonly compare: boolean }): void {
    const earlier = compare ? this.#runs.filter(({ points }) => points.length > 1) : [];
    this.#runs = [...earlier, { name, points: [], moves: [] }].slice(-mostRuns);
    this.#legend.replaceChildren(
      ...this.#runs.map((run, i) => {
        const item = made('li', run.name);
        if (i === this.#runs.length - 1) item.setAttribute('aria-current', 'true');
        return item;
      }),
    );
    this.#drawing.label = 'Loss against steps: nothing trained yet';
    this.#drawing.changed();
  }

  add(point: Point): void {
    const run = this.#runs.at(-1);
    if (run === undefined || !Number.isFinite(point.loss)) return;
    run.points.push(point);
    // Neighbours become one: the curve keeps its shape, and never more than so many points.
    if (run.points.length > mostPoints) run.points = halved(run.points);
    const [first = point] = run.points;
    this.#drawing.label = `Loss against steps: from ${first.loss.toPrecision(2)} to ${point.loss.toPrecision(2)} after ${count(point.step)} steps`;
    this.#drawing.changed();
  }

  moved(step: number, backend: string): void {
    this.#runs.at(-1)?.moves.push({ step, backend });
    this.#drawing.changed();
  }

  readonly #paint: Paint = (context, { width, height, colours }) => {
    const points = this.#runs.flatMap((run) => run.points);
    const steps = Math.max(10, ...points.map(({ step }) => step));
    const losses = points.flatMap(({ loss, test }) =>
      [loss, test?.loss ?? loss].map((x) => Math.max(x, 1e-6)),
    );
    const top = Math.ceil(Math.log10(Math.max(1, ...losses)) * 2) / 2;
    const bottom = Math.min(-1, Math.floor(Math.log10(Math.min(1, ...losses)) * 2) / 2);
    const x = (step: number) => margin.left + (step / steps) * (width - margin.left - margin.right);
    const y = (loss: number) =>
      margin.top +
      ((top - Math.log10(Math.max(loss, 1e-6))) / (top - bottom)) * (height - margin.top - margin.bottom);

    context.font = '12px system-ui, sans-serif';
    context.lineWidth = 1;
    context.textBaseline = 'middle';
    context.textAlign = 'right';
    for (let power = Math.ceil(bottom); power <= top; power++) {
      context.strokeStyle = colours.line;
      line(context, [margin.left, y(10 ** power)], [width - margin.right, y(10 ** power)]);
      context.fillStyle = colours.quiet;
      context.fillText(String(10 ** power).replace('e-', '·10⁻'), margin.left - 6, y(10 ** power));
    }
    context.textBaseline = 'bottom';
    context.fillText('step', margin.left - 6, height);
    const stride = niceStride(steps / Math.max(2, width / 130));
    for (let step = 0; step <= steps; step += stride) {
      context.textAlign = step === 0 ? 'left' : x(step) > width - 40 ? 'right' : 'center';
      context.fillText(count(step), x(step), height);
    }

    this.#runs.forEach((run, i) => {
      const current = i === this.#runs.length - 1;
      context.strokeStyle = current ? colours.accent : colours.quiet;
      context.globalAlpha = current ? 1 : 0.4;
      context.lineWidth = current ? 2 : 1.5;
      context.lineJoin = 'round';
      context.beginPath();
      for (const { step, loss } of run.points) context.lineTo(x(step), y(loss));
      context.stroke();
      if (!current || run.points.at(-1)?.test === undefined) return;
      const [red, green, blue] = colours.high;
      context.strokeStyle = `rgb(${red} ${green} ${blue})`;
      context.setLineDash([5, 4]);
      context.beginPath();
      for (const { step, loss, test = { loss } } of run.points) context.lineTo(x(step), y(test.loss));
      context.stroke();
      context.setLineDash([]);
      context.textAlign = 'right';
      context.textBaseline = 'top';
      context.fillStyle = colours.quiet;
      context.fillText('dashed: test', width - margin.right, 0);
    });
    context.globalAlpha = 1;
    this.#runs.at(-1)?.moves.forEach(({ step, backend }, i) => {
      context.strokeStyle = colours.quiet;
      context.lineWidth = 1;
      context.setLineDash([3, 3]);
      line(context, [x(step), margin.top], [x(step), height - margin.bottom]);
      context.setLineDash([]);
      context.fillStyle = colours.ink;
      context.textBaseline = 'top';
      const atRight = x(step) > width - 90;
      context.textAlign = atRight ? 'right' : 'left';
      context.fillText(backend, x(step) + (atRight ? -4 : 4), margin.top + 14 * (i % 3));
    });
  };
}

function line(context: CanvasRenderingContext2D, from: [number, number], to: [number, number]): void {
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
}

function halved(points: readonly Point[]): Point[] {
  return points.flatMap((point, i) => {
    const next = points[i + 1];
    if (i % 2 === 1 || next === undefined) return [];
    const test = point.test && next.test && { loss: (point.test.loss + next.test.loss) / 2 };
    return [{ step: next.step, loss: (point.loss + next.loss) / 2, ...(test && { test }) }];
  });
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function niceStride(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}
