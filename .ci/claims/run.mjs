// `npm run claims`: every figure of README and docs with the command that proves it, as docs/claims.json has them; fails on a figure that no longer holds, and on a
// sentence with a figure that is not listed. `-- --listed` looks at the list and at constants alone, `-- README` at the claims of pages whose name has that.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { figuresOf } from './sentences.mjs';

const root = new URL('../../', import.meta.url).pathname;
const claims = JSON.parse(readFileSync(`${root}docs/claims.json`, 'utf8'));
const words = process.argv.slice(2);
const isQuick = words.includes('--listed');
const pages = words.filter((word) => !word.startsWith('--'));
const wanted = claims.filter(({ page }) => pages.length === 0 || pages.some((part) => page.includes(part)));
let wrong = 0;
const tell = (text) => {
  console.log(text);
  wrong++;
};

const files = execFileSync('git', ['ls-files', '--', 'README.md', 'docs/*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter((name) => !name.startsWith('docs/decisions/'));
for (const file of files) {
  const text = readFileSync(`${root}${file}`, 'utf8');
  const listed = claims.filter(({ page }) => page === file).flatMap(({ says }) => says);
  if (listed.includes('*')) continue;
  const flat = text.replace(/\s+/g, ' ');
  for (const says of listed) if (!flat.includes(says)) tell(`${file} says no more: ${says}`);
  for (const sentence of figuresOf(text))
    if (!listed.some((says) => sentence.includes(shortened(says))))
      tell(`${file}, not in docs/claims.json: ${sentence}`);
}

/** As a sentence has it without its code. */
function shortened(says) {
  return says.replace(/`[^`]*`/g, 'CODE').replaceAll('**', '');
}

for (const { page, in: file, text } of wanted)
  if (file !== undefined && !readFileSync(`${root}${file}`, 'utf8').includes(text))
    tell(`${page}: ${file} has no more: ${text}`);

if (!isQuick) {
  const commands = Map.groupBy?.(wanted, ({ command }) => command) ?? grouped(wanted);
  for (const [command, proofs] of commands) if (command !== undefined) prove(command, proofs);
}

function grouped(list) {
  const groups = new Map();
  for (const each of list) groups.set(each.command, [...(groups.get(each.command) ?? []), each]);
  return groups;
}

/** Runs a command once for all that it proves. */
function prove(command, proofs) {
  const minutes = Math.max(...proofs.map((proof) => proof.minutes ?? 1));
  console.log(`${command} (up to ${minutes} min)`);
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: 2 * minutes * 60_000,
  });
  if (status !== 0) {
    tell(`  failed with ${status}: ${stderr.trim().split('\n').slice(-5).join('\n  ')}`);
    return;
  }
  for (const { page, says, prints, from, to } of proofs) {
    const found = prints === undefined ? undefined : new RegExp(prints).exec(stdout)?.[1];
    const holds = prints === undefined || (Number(found) >= from && Number(found) <= to);
    const text = `  ${page}: ${says[0]}${prints === undefined ? '' : `: ${found}, between ${from} and ${to}`}`;
    if (holds) console.log(`${text}, holds`);
    else tell(`${text}, does not hold`);
  }
}

console.log(wrong === 0 ? `${wanted.length} claims, each listed` : `${wrong} wrong`);
process.exitCode = wrong === 0 ? 0 : 1;
