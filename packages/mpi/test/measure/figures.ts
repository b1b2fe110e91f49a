// All figures of training on several processes, on a machine with two free cores: `.ci/mpi-figures.sh`, or with `quick` for a look at whether it works.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchers } from '../launch.ts';
import { fitted, stepTime } from './growth.ts';

const quick = process.argv[2] === 'quick';
const [launcher] = launchers;
if (launcher === undefined) throw new Error('there is no MPI here');
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** The lines that ranks write. */
function lines(ranks: number, command: readonly string[], more: readonly string[] = []): string[] {
  const words = [...(launcher?.options ?? []), ...more, '-n', String(ranks), ...command];
  const { stdout, stderr, status } = spawnSync(launcher?.command ?? '', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
  return stdout.split('\n').filter((line) => line !== '');
}

const script = (name: string, ...given: readonly (string | number)[]) => [
  process.execPath,
  ...['--conditions=@pullback/source', '--import', 'tsx', file(name), ...given.map(String)],
];

/** The number at a quantile of some. */
function quantile(numbers: readonly number[], at: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.round(at * (sorted.length - 1))] ?? Number.NaN;
}
const median = (numbers: readonly number[]) => quantile(numbers, 0.5);
const ms = (x: number) => x.toFixed(x < 10 ? 2 : 1);
const row = (...cells: readonly (string | number)[]) => console.log(`| ${cells.join(' | ')} |`);
const verdict = (holds: boolean) => (holds ? 'reached' : 'not reached');

const ways = ['alone', 'apart', 'silent', 'together', 'deterministic'] as const;
type Round = Record<(typeof ways)[number] | 'spread' | 'bytes', number>;

function rounds(name: string, ranks: number, count: number): Round[] {
  return lines(ranks, script('steps.ts', name, count, quick ? 4 : 20)).map((line) => JSON.parse(line));
}

/** A figure of every round, as its median with the quartiles. */
function figure(of: readonly Round[], take: (round: Round) => number, shown = ms): string {
  const all = of.map(take);
  return `${shown(median(all))} (${shown(quantile(all, 0.25))} to ${shown(quantile(all, 0.75))})`;
}

console.log(
  `${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(2)}, Node ${process.version}, ${launcher.name}\n`,
);

const measured: Record<string, Round[]> = {};
for (const name of ['mlp512', 'gpt-small']) {
  const found = rounds(name, 2, quick ? 2 : 12);
  measured[name] = found;
  console.log(`${name}, 2 ranks, ms a step: median of ${found.length} rounds, and quartiles\n`);
  for (const way of ways)
    row(
      way,
      figure(found, (round) => round[way]),
    );
  const scaling = (way: (typeof ways)[number]) => (round: Round) => (2 * round.alone) / round[way];
  const [limit, reached] = [median(found.map(scaling('apart'))), median(found.map(scaling('together')))];
  row('samples a second, of one: apart', figure(found, scaling('apart')));
  row('samples a second, of one: together', figure(found, scaling('together')));
  const valid =
    limit >= 1.9 ? verdict(reached >= 1.8) : `void, since two beside each other come to ${ms(limit)}`;
  console.log(`\nmust 1.8 of one: ${valid}\n`);
}

const folder = mkdtempSync(join(tmpdir(), 'mpi-figures-'));
const program = join(folder, 'allreduce');
execFileSync(launcher.name === 'Open MPI' ? 'mpicc.openmpi' : 'mpicc.mpich', [
  '-O3',
  file('allreduce.c'),
  '-o',
  program,
]);
const found: Record<'c' | 'pieces' | 'js' | 'turn', number[]> = { c: [], pieces: [], js: [], turn: [] };
for (let round = 0; round < (quick ? 1 : 6); round++)
  // The first two sums of a process meet memory that was never touched.
  for (const command of [[program], script('allreduce.ts')])
    for (const line of lines(2, [...command, quick ? '6' : '20']).filter((_, i) => i > 1)) {
      const [kind = '', first, second] = line.split(' ');
      if (kind === 'c' || kind === 'js' || kind === 'turn') found[kind].push(Number(first));
      if (kind === 'c') found.pieces.push(Number(second));
    }
console.log('sum of 40 MB over 2 ranks, ms: least, median, third quartile\n');
const three = (of: readonly number[]) => [0, 0.5, 0.75].map((at) => ms(quantile(of, at))).join(', ');
row('C, MPI_Allreduce', three(found.c));
row('C, MPI_Iallreduce of 2^20 numbers', three(found.pieces));
row('reducer.sum', three(found.js));
row('longest turn of the event loop, CPU', ms(Math.max(...found.turn)));
const ratio = median(found.js) / Math.min(median(found.c), median(found.pieces));
console.log(`\nmust 1.1 of C: ${verdict(ratio <= 1.1)}, ${ratio.toFixed(2)} of the faster one\n`);

/** What a message costs, by shared memory and by TCP of one host. */
const wires = [
  ['shared memory', []],
  ['TCP within the host', ['--mca', 'pml', 'ob1', '--mca', 'btl', 'self,tcp']],
] as const;
const constants = wires.flatMap(([wire, more]) =>
  [2, 4].map((ranks) => {
    const [line = '{}'] = lines(
      ranks,
      script('sums.ts', quick ? 5 : 40),
      launcher.name === 'Open MPI' ? more : [],
    );
    const fit = fitted(ranks, JSON.parse(line).sums);
    console.log(
      `${wire}, ${ranks} ranks: a = ${(1000 * fit.latency).toFixed(1)} us, b = ${(fit.bandwidth / 1e6).toFixed(2)} GB/s`,
    );
    return { wire, ranks, ...fit };
  }),
);

console.log('\nThe model of growth beside what was measured, ms a step\n');
row('network', 'ranks', 'model', 'measured', 'measured / model');
for (const name of ['mlp512', 'gpt-small'])
  for (const ranks of [1, 2, 4]) {
    const all = ranks === 2 ? (measured[name] ?? []) : rounds(name, ranks, quick ? 1 : 6);
    const link = constants.find((each) => each.ranks === ranks) ?? constants[0];
    const of = {
      compute: median(all.map(({ silent }) => silent)),
      spread: median(all.map(({ spread }) => spread)),
      bytes: all[0]?.bytes ?? 0,
      latency: link?.latency ?? 0,
      bandwidth: link?.bandwidth ?? 1,
    };
    const [predicted, took] = [stepTime(ranks, of), median(all.map(({ together }) => together))];
    row(name, ranks, ms(predicted), ms(took), (took / predicted).toFixed(2));
  }

console.log('\nThe model for gpt-small with a core for each rank and 10 Gbit/s, a = 20 us, b = 1.2 GB/s\n');
const gpt = measured['gpt-small'] ?? [];
const one = {
  compute: median(gpt.map(({ silent }) => silent)),
  spread: median(gpt.map(({ spread }) => spread)),
  bytes: gpt[0]?.bytes ?? 0,
};
row('ranks', 'ms a step', 'of perfect growth');
for (let ranks = 1; ranks <= 4096; ranks *= 4) {
  const time = stepTime(ranks, { ...one, latency: 0.02, bandwidth: 1.2e6 });
  row(ranks, ms(time), (median(gpt.map(({ alone }) => alone)) / time).toFixed(2));
}
