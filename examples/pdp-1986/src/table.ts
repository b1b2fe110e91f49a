import type { Interval } from './interval.ts';
import type { Outcome } from './outcome.ts';

const columns = [22, 9, 14, 8, 16, 20, 4] as const;

const cells = (texts: readonly string[]): string =>
  texts
    .map((text, i) => text.padEnd(columns[i] ?? 0))
    .join('  ')
    .trimEnd();

export const heading = cells(['problem', 'solved', '95%', 'median', 'range', 'reference', 'ok', 'published']);

/** An outcome as a line of the table on the terminal. */
export function line(outcome: Outcome): string {
  const { problem, published } = outcome;
  return cells([problem, ...figuresOf(outcome), published]);
}

/** Solved, interval, median, range, reference and ok, in words. */
export function figuresOf({
  solved,
  seeds,
  interval,
  medianSweeps,
  range,
  reference,
  ok,
}: Outcome): string[] {
  return [
    `${solved}/${seeds}`,
    percent(interval),
    medianSweeps === null ? '-' : String(medianSweeps),
    range === null ? '-' : range.join(' to '),
    reference === null ? '-' : `${reference.solved}/${reference.runs}`,
    ok === null ? '-' : ok ? 'yes' : 'no',
  ];
}

export function percent([low, high]: Interval): string {
  return `${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)}%`;
}
