// Puts the lines that `<!-- code FILE "FIRST LINE" COUNT -->` names under it, in every page of docs/: `npm run docs`.
// With --check it only tells whether a page is out of date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const here = new URL('.', import.meta.url);
const directive = /^<!-- code (\S+) "(.+)" (\d+) -->$/;

/** The named lines without their common indentation. */
function excerpt(file, first, count) {
  const lines = readFileSync(new URL(`../${file}`, here), 'utf8').split('\n');
  const start = lines.findIndex((line) => line.includes(first));
  if (start < 0) throw new Error(`${file} has no line with: ${first}`);
  const taken = lines.slice(start, start + Number(count));
  const margin = Math.min(...taken.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  return taken.map((line) => line.slice(margin));
}

export function filled(page) {
  const lines = page.split('\n');
  const result = [];
  for (let i = 0; i < lines.length; i++) {
    result.push(lines[i]);
    const found = directive.exec(lines[i]);
    if (found === null) continue;
    if (lines[i + 1]?.startsWith('```ts')) i = lines.indexOf('```', i + 1);
    result.push('```ts', ...excerpt(...found.slice(1)), '```');
  }
  return result.join('\n');
}

let stale = 0;
for (const name of readdirSync(here).filter((entry) => entry.endsWith('.md'))) {
  const file = new URL(name, here);
  const page = readFileSync(file, 'utf8');
  const fresh = filled(page);
  if (fresh === page) continue;
  stale++;
  if (!process.argv.includes('--check')) writeFileSync(file, fresh);
  console.log(
    `docs/${name} ${process.argv.includes('--check') ? 'is out of date: npm run docs' : 'written'}`,
  );
}
if (process.argv.includes('--check') && stale > 0) process.exitCode = 1;
