import type { BundleSize } from './bundle.ts';
import type { Match, Result } from './match.ts';

/** Columns of equal width, as text or, with `|` and a rule below the head, as Markdown. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, i) => (i === 0 ? (row[i] ?? '').padEnd(width) : (row[i] ?? '').padStart(width))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  const [head = [], ...body] = rows;
  return [line(head), rule, ...body.map(line)].join('\n');
}

/** Where a median of the fixed loop is that many times the least of the run, the machine had other work. */
const busy = 1.15;

/** A case as a table, with what a reader has to know below it. `ratio` is the product's time in another's. */
export function matchTable({ results, absent, points }: Match): string {
  const product = results.find(({ entry }) => entry.library === 'pullback');
  const ratio = (own: number | undefined, other: number) =>
    own === undefined ? '' : (own / other).toFixed(2);
  const heads = [
    '',
    'median ms',
    'min ms',
    'ratio',
    'of min',
    'steps/s',
    'first step ms',
    'peak MiB',
    'loop ms',
  ];
  const rates = results.some(({ gflops }) => gflops !== undefined);
  const rows = results.map((result) => [
    result.entry.name,
    figure(result.medianMs),
    figure(result.minMs),
    ratio(product?.medianMs, result.medianMs),
    ratio(product?.minMs, result.minMs),
    Math.round(1000 / result.medianMs).toLocaleString('en'),
    figure(result.firstStepMs),
    Number.isNaN(result.peakRssMb) ? '' : result.peakRssMb.toFixed(0),
    figure(result.loopMs),
    ...(rates ? [(result.gflops ?? Number.NaN).toFixed(1)] : []),
  ]);
  const notes = [
    `The same figures at ${points} points, to 1e-4.`,
    ...results.flatMap(({ entry }) => (entry.note === undefined ? [] : [`${entry.name}: ${entry.note}.`])),
    ...results.flatMap(({ entry, version }) => (version === undefined ? [] : [`${entry.name}: ${version}.`])),
    ...results.flatMap(countsOf),
    ...absent.map(({ entry, reason }) => `${entry.name} did not run: ${reason}`),
    ...busyNote(results),
  ];
  return [
    tableOf([[...heads, ...(rates ? ['GFLOP/s'] : [])], ...rows]),
    '',
    ...notes.map((note) => `- ${note}`),
  ].join('\n');
}

function countsOf({ entry, perStep }: Result): string[] {
  const counts = Object.entries(perStep).map(
    ([name, count]) => `${Number(count.toFixed(2)).toLocaleString('en')} ${name}`,
  );
  return counts.length === 0 ? [] : [`${entry.name} per step: ${counts.join(', ')}.`];
}

function busyNote(results: readonly Result[]): string[] {
  const least = Math.min(...results.map(({ leastLoopMs }) => leastLoopMs));
  const most = Math.max(...results.map(({ loopMs }) => loopMs));
  if (!(most > busy * least)) return [];
  return [
    `The fixed loop can take ${figure(least)} ms and took up to ${figure(most)}: the machine had other work, so look at the minima.`,
  ];
}

export function bundleTable(sizes: readonly BundleSize[]): string {
  const kilobytes = (bytes: number) => (bytes / 1000).toFixed(1);
  const rows = sizes.map(({ name, gzippedBytes, minifiedBytes, moduleBytes }) => [
    name,
    kilobytes(gzippedBytes),
    kilobytes(minifiedBytes),
    moduleBytes === 0 ? '' : kilobytes(moduleBytes),
  ]);
  return tableOf([['', 'gzipped kB', 'minified kB', '.wasm gzipped kB'], ...rows]);
}

/** Three significant digits, and all before the point. */
function figure(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return '';
  return milliseconds >= 100
    ? milliseconds.toFixed(0)
    : milliseconds < 0.001
      ? milliseconds.toExponential(2)
      : Number(milliseconds.toPrecision(3)).toString();
}
