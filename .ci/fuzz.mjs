// npm run fuzz -- [--programs 100000] [--dtype float32] [--seed N] [--path P] [a test file]
// Random Programs, compiled and interpreted alike. A failure prints the seed and the path that make it again, under the dtype that it names.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    programs: { type: 'string', default: '100000' },
    dtype: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    path: { type: 'string' },
  },
});
const each = Math.ceil(Number(values.programs) / (values.dtype === undefined ? 2 : 1));
console.log(`${each} programs of each dtype, seed ${values.seed}`);
values.programs = String(each);
const given = Object.entries(values).filter(([, value]) => value !== undefined);
const { status } = spawnSync(
  'npx',
  ['vitest', 'run', ...(positionals.length > 0 ? positionals : ['random-programs'])],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      ...Object.fromEntries(given.map(([name, value]) => [`FUZZ_${name.toUpperCase()}`, value])),
    },
  },
);
process.exitCode = status ?? 1;
