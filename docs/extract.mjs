// Puts code of the repository into the pages, so that what they show is what is run and tested: `npm run docs`.
//   <!-- code FILE "FIRST LINE" COUNT -->   that many lines from the first that holds the text
//   <!-- region FILE NAME -->               what stands between `// #region NAME` and `// #endregion`
// Makes docs/llms.txt of them. With --check it only tells whether a file is out of date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { llms, names } from './contents.mjs';

const root = new URL('../', import.meta.url);
const lines = /^<!-- code (\S+) "(.+)" (\d+) -->$/;
const region = /^<!-- region (\S+) (\S+) -->$/;

const read = (file) => readFileSync(new URL(file, root), 'utf8').split('\n');

function linesOf(file, first, count) {
  const all = read(file);
  const start = all.findIndex((line) => line.includes(first));
  if (start < 0) throw new Error(`${file} has no line with: ${first}`);
  return all.slice(start, start + Number(count));
}

function regionOf(file, name) {
  const all = read(file);
  const start = all.findIndex((line) => line.trim() === `// #region ${name}`);
  const end = all.findIndex((line, i) => i > start && line.trim() === '// #endregion');
  if (start < 0 || end < 0) throw new Error(`${file} has no region: ${name}`);
  return all.slice(start + 1, end);
}

/** The code that a line asks for, without its common indentation. */
function excerpt(line) {
  const [counted, named] = [lines.exec(line), region.exec(line)];
  if (counted === null && named === null) return undefined;
  const taken = counted ? linesOf(...counted.slice(1)) : regionOf(...named.slice(1));
  const margin = Math.min(...taken.filter((text) => text.trim() !== '').map((text) => text.search(/\S/)));
  return taken.map((text) => text.slice(margin));
}

function filled(page) {
  const all = page.split('\n');
  const result = [];
  for (let i = 0; i < all.length; i++) {
    result.push(all[i]);
    const code = excerpt(all[i]);
    if (code === undefined) continue;
    if (all[i + 1]?.startsWith('```ts')) i = all.indexOf('```', i + 1);
    result.push('```ts', ...code, '```');
  }
  return result.join('\n');
}

/** README and every page of docs/. */
export const pages = ['README.md', ...names.map((name) => `docs/${name}.md`)];

const check = process.argv.includes('--check');
function put(name, fresh) {
  const file = new URL(name, root);
  if (existsSync(file) && fresh === readFileSync(file, 'utf8')) return;
  if (check) process.exitCode = 1;
  else writeFileSync(file, fresh);
  console.log(`${name} ${check ? 'is out of date: npm run docs' : 'written'}`);
}
for (const name of pages) put(name, filled(readFileSync(new URL(name, root), 'utf8')));
put('docs/llms.txt', llms());
