// node .ci/touched.mjs: the files that each example of CONTRIBUTING.md touched, counted in the history; ends with 1 where the page says otherwise.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const page = readFileSync(new URL('../CONTRIBUTING.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| (.+?) \| `(.+?)` of ([0-9a-f]{7}) \| (\d+) \|$/gm)];
if (rows.length === 0) throw new Error('CONTRIBUTING.md has no rows of examples');
for (const [, kind, name, commit, said] of rows) {
  const files = execFileSync('git', ['show', '--format=', '--name-only', commit], { encoding: 'utf8' });
  const count = files.trim().split('\n').length;
  console.log(`${kind}, ${name}: ${count}`);
  if (count !== Number(said)) {
    console.error(`CONTRIBUTING.md says ${said}`);
    process.exitCode = 1;
  }
}
