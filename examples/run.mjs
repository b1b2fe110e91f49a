// Runs one of the examples: `npm run example xor`.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const here = new URL('.', import.meta.url);
const [name = '', ...rest] = process.argv.slice(2);
const known = readdirSync(here).filter((entry) => existsSync(new URL(`${entry}/package.json`, here)));
if (!known.includes(name)) {
  console.error(`no example is called '${name}'. There are: ${known.join(', ')}`);
  process.exit(1);
}
const { status } = spawnSync('npm', ['-s', 'start', '--', ...rest], {
  cwd: new URL(`${name}/`, here),
  stdio: 'inherit',
});
process.exit(status ?? 1);
