import { element, ink, picture, text } from './svg.ts';

const [width, height, left, right, top, bottom] = [460, 260, 52, 16, 14, 52] as const;

/** The error on its way down in one run: pairs of sweeps and error. */
export function drawCurve(
  curve: readonly (readonly [number, number])[],
  note: string,
  title: string,
): string {
  const last = Math.max(curve.at(-1)?.[0] ?? 1, 1);
  const highest = Math.max(...curve.map(([, error]) => error), 1e-9);
  const steps = ticks(highest);
  const ceiling = Math.max(highest, steps.at(-1) ?? 0);
  const x = (sweeps: number) => left + ((width - left - right) * sweeps) / last;
  const y = (error: number) => height - bottom - ((height - top - bottom) * error) / ceiling;
  const grid = steps.flatMap((error) => [
    element('line', { x1: left, x2: width - right, y1: y(error), y2: y(error), stroke: '#e4e1da' }),
    text(left - 7, y(error) + 4, String(error), { 'text-anchor': 'end', fill: ink.note, 'font-size': 11 }),
  ]);
  const marks = ticks(last).map((sweeps) =>
    text(x(sweeps), height - bottom + 16, String(sweeps), { fill: ink.note, 'font-size': 11 }),
  );
  const path = curve.map(
    ([sweeps, error], i) => `${i === 0 ? 'M' : 'L'}${x(sweeps).toFixed(1)} ${y(error).toFixed(1)}`,
  );
  const line = element('path', { d: path.join(''), fill: 'none', stroke: ink.excite, 'stroke-width': 1.6 });
  return picture(width, height, title, [
    ...grid,
    ...marks,
    line,
    text(left - 38, top + 60, 'error', { transform: `rotate(-90 ${left - 38} ${top + 60})`, fill: ink.note }),
    text((left + width - right) / 2, height - 10, note, { fill: ink.note, 'font-size': 11 }),
  ]);
}

/** Round numbers from 0 to about `highest`: three to six of them. */
function ticks(highest: number): number[] {
  const rough = highest / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? power;
  return Array.from({ length: Math.floor(highest / step + 1e-9) + 1 }, (_, i) =>
    Number((i * step).toPrecision(6)),
  );
}
