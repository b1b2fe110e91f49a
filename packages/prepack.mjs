// What npm and pnpm run before they pack a package: a tarball holds what its sources say, also one of a fresh clone. Builds where dist/ is missing or
// older than a file of src/.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';

const changed = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);
const sources = readdirSync('src', { recursive: true }).map((name) => changed(`src/${name}`));
const newest = Math.max(changed('package.json'), ...sources);
const bin = new URL('../node_modules/.bin/', import.meta.url).pathname;
// One build of types at a time: those of other packages, which it may need, are built with them.
if (changed('dist/.tsbuildinfo') < newest || changed('dist/types') === 0)
  execFileSync(`${bin}tsc`, ['-b'], { stdio: ['ignore', 2, 2] });
if (changed('dist/index.js') < newest) execFileSync(`${bin}tsup`, { stdio: ['ignore', 2, 2] });
