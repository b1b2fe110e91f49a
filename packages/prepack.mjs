// What npm and pnpm run before they pack a package: a tarball holds what its sources say, also one of a fresh clone. Builds where dist/ is missing or
// older than a file of src/.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { llms, names, placed } from '../docs/contents.mjs';

const changed = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);
const sources = readdirSync('src', { recursive: true }).map((name) => changed(`src/${name}`));
const newest = Math.max(changed('package.json'), ...sources);
const bin = new URL('../node_modules/.bin/', import.meta.url).pathname;
// One build of types at a time: those of other packages, which it may need, are built with them.
if (changed('dist/.tsbuildinfo') < newest || changed('dist/types') === 0)
  execFileSync(`${bin}tsc`, ['-b'], { stdio: ['ignore', 2, 2] });
if (changed('dist/index.js') < newest) execFileSync(`${bin}tsup`, { stdio: ['ignore', 2, 2] });
// The package that has all others brings the documentation: its pages link to each other, and to the repository for all else.
if (JSON.parse(readFileSync('package.json', 'utf8')).files.includes('docs')) {
  rmSync('docs', { recursive: true, force: true });
  const put = (to, text) => {
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, text);
  };
  const isPage = (target) => target.startsWith('docs/') && target.endsWith('.md');
  for (const name of names.filter((each) => !each.startsWith('decisions/')))
    put(
      `docs/${name}.md`,
      placed(`docs/${name}.md`, (target, link) =>
        isPage(target) && !target.startsWith('docs/decisions/') ? link : undefined,
      ),
    );
  put('docs/llms.txt', llms().replace(/\n+## Why it is so[\s\S]*$/, '\n'));
}
