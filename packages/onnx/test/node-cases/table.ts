import type { NodeCase, Outcome } from './case.ts';

/** A case with what came of it on each backend, and its gradients. */
export interface Row extends NodeCase {
  readonly outcomes: Readonly<Record<string, Outcome>>;
  readonly gradients: string;
}

const [start, end] = ['<!-- table of node cases -->', '<!-- end of the table -->'];

/** The page with a row for each operator, between two marks: cases, passes on cpu and wasm, gradients, and why the others fail. */
export function tableOf(rows: readonly Row[], version: string, page: string): string {
  const names = [...new Set(rows.map(({ operator }) => operator))].sort((a, b) => a.localeCompare(b));
  const passed = (some: readonly Row[], backend: string) =>
    some.filter(({ outcomes }) => outcomes[backend]?.why === '').length;
  const share = (some: readonly Row[], backend: string) =>
    `${passed(some, backend)} of ${some.length} (${((100 * passed(some, backend)) / some.length).toFixed(1)}%)`;
  const lines = names.map((name) => {
    const own = rows.filter(({ operator }) => operator === name);
    const gradients = own.filter((row) => !['none', 'rounded'].includes(row.gradients));
    const right = gradients.filter((row) => row.gradients === 'right').length;
    const shown = gradients.length === 0 ? '-' : `${right} of ${gradients.length}`;
    const whys = new Map<string, number>();
    for (const { outcomes } of own)
      for (const why of new Set(
        Object.values(outcomes).flatMap(({ why }) => (why === '' ? [] : [short(why)])),
      ))
        whys.set(why, (whys.get(why) ?? 0) + 1);
    const why = [...whys].map(([text, n]) => (n === 1 ? text : `${text} (${n})`)).join('; ');
    return `| ${name} | ${own.length} | ${passed(own, 'cpu')} | ${passed(own, 'wasm')} | ${shown} | ${why} |`;
  });
  const numeric = rows.filter((row) => row.numeric);
  const made = [
    start,
    `Of the ${numeric.length} numeric cases of onnx ${version}, ${share(numeric, 'cpu')} pass on cpu and ${share(numeric, 'wasm')} on wasm; of all ${rows.length}, ${share(rows, 'cpu')} and ${share(rows, 'wasm')}.`,
    '',
    '| operator | cases | cpu | wasm | gradients right | why the others fail |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
    end,
  ].join('\n');
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  return from < 0 || to < 0 ? `${page}\n${made}\n` : page.slice(0, from) + made + page.slice(to + end.length);
}

/** A reason without what differs from case to case. */
function short(why: string): string {
  return why
    .replace(/^'[^']*': .*/, 'other numbers')
    .replace(/^'[^']*' is no tensor of numbers: (.*)/, 'no tensor of numbers: $1')
    .replace(/; at '.*/, '')
    .replace(/ \([^()]*\)/g, '')
    .replace(/expected operators of.*got operators that are missing: /, 'missing: ')
    .replace(/; `operators`.*/, '')
    .slice(0, 90)
    .replaceAll('|', '\\|');
}
