import { readFileSync, writeFileSync } from 'node:fs';
import { type Arguments, type Command, readArguments } from './arguments.ts';
import { type BundleSize, bundleSizes } from './bundle.ts';
import { withChromium } from './chromium-contestant.ts';
import type { Opener } from './contestant.ts';
import { entriesOf } from './entries.ts';
import { lineOf } from './lines.ts';
import { machine, peerVersions } from './machine.ts';
import { type Match, match, messageOf, VoidComparison } from './match.ts';
import { openProcessWith } from './process-contestant.ts';
import { startup } from './startup.ts';
import { bundleTable, matchTable } from './table.ts';

/** The commands that `all` runs, with the number of the product's threads. */
const everything: readonly (readonly [Command, number])[] = [
  ['xor', 1],
  ['mlp128', 1],
  ['mlp128', 2],
  ['mlp512', 1],
  ['mlp512', 2],
  ['mlp128-adam', 1],
  ['matmul-512', 1],
  ['matmul-510', 1],
  ['matmul-1024', 1],
  ['elementwise', 1],
  ['softmax', 1],
  ['custom', 1],
  ['predict-mlp128', 1],
  ['startup', 1],
  ['bundle', 1],
];

/** Prints what a command measured. @returns the same as Markdown. */
async function run(command: Command, given: Arguments): Promise<string> {
  const { json } = given;
  if (command === 'bundle') {
    const sizes = await bundleSizes();
    if (json) for (const size of sizes) console.log(JSON.stringify(bundleLine(size)));
    return shown(bundleTable(sizes), json);
  }
  const found = given.chromium
    ? await withChromium((open) => measured(command, given, open))
    : await measured(command, given, openProcessWith(given.python));
  if (found.absent.length > 0) process.exitCode = 1;
  if (json) for (const result of found.results) console.log(JSON.stringify(lineOf(result)));
  return shown(matchTable(found), json);
}

async function measured(command: Exclude<Command, 'bundle'>, given: Arguments, open: Opener): Promise<Match> {
  if (command === 'startup') {
    const entries = entriesOf('mlp128', given).filter(({ setting }) => setting.form === undefined);
    return startup(entries, given.rounds, open);
  }
  if (command === 'all') throw new Error('all is not one case');
  // a peer optimizes its xor for seconds
  const warmUpMs = command === 'xor' ? 3000 : 700;
  return match(command, entriesOf(command, given), { open, rounds: given.rounds, turnMs: 120, warmUpMs });
}

function shown(table: string, json: boolean): string {
  if (json) console.error(table);
  else console.log(table);
  return table;
}

function bundleLine({ name, gzippedBytes, minifiedBytes, moduleBytes }: BundleSize) {
  return { case: 'bundle', library: name, gzippedBytes, minifiedBytes, moduleBytes };
}

/** The end of the page, which single runs were copied into. */
function byHand(page: string): string {
  const at = page.indexOf('## In native code');
  return at < 0 ? '' : page.slice(at);
}

/** Measures everything, one after the other, and writes docs/benchmarks.md. A void figure is written down as that, and fails in the end. */
async function all(given: Arguments): Promise<void> {
  const parts: string[] = [];
  for (const [command, threads] of everything) {
    const title = threads > 1 ? `${command}, ${threads} threads` : command;
    console.error(`\n${title}`);
    let table: string;
    try {
      table = await run(command, { ...given, threads });
    } catch (failure) {
      process.exitCode = 1;
      const what = failure instanceof VoidComparison ? 'Void, these differ' : 'Not measured';
      table = shown(`${what}: ${messageOf(failure)}`, given.json);
    }
    parts.push(`## ${title}\n\n${table}\n`);
  }
  const head = `# Benchmarks

${machine()}. ${peerVersions()}.

Written by \`npm run bench -- all\`; \`npm run bench -- CASE\` measures one. Every library runs in a process of its own, and they take turns; the same
data, the same first weights, and the same losses to 1e-4, else a comparison is void. A ratio is pullback's time divided by the row's: below 1,
pullback is faster. The first step is measured from the import of the library; the loop is a fixed one of integers, which takes longer where the
machine had other work. jax-js has the whole step in one jit.
`;
  const page = new URL('../../../docs/benchmarks.md', import.meta.url);
  writeFileSync(page, [head, ...parts, byHand(readFileSync(page, 'utf8'))].join('\n'));
}

try {
  const given = readArguments(process.argv.slice(2));
  console.error(`${machine()}. ${peerVersions()}.`);
  if (given.command === 'all') await all(given);
  else await run(given.command, given);
} catch (failure) {
  const isVoid = failure instanceof VoidComparison;
  console.error(isVoid ? `The comparison is void, these differ:\n${failure.message}` : messageOf(failure));
  process.exitCode = 1;
}
