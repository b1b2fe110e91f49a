import { isCase } from './cases.ts';
import { match } from './match.ts';

const name = process.argv[2] ?? '';
if (!isCase(name)) throw new Error(name);
const setting = { backend: 'wasm', threads: 1 } as const;
const out = await match(
  name,
  [
    { name: 'pullback', library: 'pullback', setting },
    { name: 'jax-js', library: 'jax-js', setting },
    { name: 'tfjs', library: 'tfjs', setting },
    { name: 'tfjs-tuned', library: 'tfjs', setting: { ...setting, form: 'tuned' } },
  ],
  { rounds: 5, turnMs: 250, warmUpMs: 1000, report: console.log },
);
console.log(JSON.stringify(out, null, 1));
