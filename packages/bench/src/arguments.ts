import { parseArgs } from 'node:util';
import { type CaseName, cases, isCase } from './cases.ts';
import type { BackendName } from './library.ts';

export type Command = CaseName | 'startup' | 'bundle' | 'all';

export interface Arguments {
  readonly command: Command;
  readonly json: boolean;
  readonly backend: BackendName;
  readonly threads: number;
  readonly rounds: number;
  /** In headless Chromium instead of Node. */
  readonly chromium: boolean;
  /** The time that a process computes, not the time that passes: for a machine with other work, and one thread. */
  readonly cpu: boolean;
  /** Libraries that take part beside the product; all when left out. */
  readonly only: readonly string[] | undefined;
  /** A Python whose torch and JAX take part; none when left out. */
  readonly python: string | undefined;
}

export const usage = `npm run bench -- CASE [--json] [--backend wasm|native|webgpu|cpu] [--python PATH] [--threads N] [--rounds N] [--only torch,jax] [--cpu] [--chromium]

CASE is one of ${[...Object.keys(cases), 'startup', 'bundle'].join(', ')};
or all, which writes docs/benchmarks.md.`;

/** @throws Error with the usage for what is not understood. */
export function readArguments(given: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...given],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      backend: { type: 'string', default: 'wasm' },
      threads: { type: 'string', default: '1' },
      chromium: { type: 'boolean', default: false },
      only: { type: 'string' },
      cpu: { type: 'boolean', default: false },
      python: { type: 'string' },
      rounds: { type: 'string', default: '10' },
    },
  });
  const [command = '', ...rest] = positionals;
  const { backend } = values;
  const [threads, rounds] = [Number(values.threads), Number(values.rounds)];
  if (!isCommand(command) || rest.length > 0) throw new Error(usage);
  if (backend !== 'wasm' && backend !== 'native' && backend !== 'webgpu' && backend !== 'cpu')
    throw new Error(`no backend is called '${backend}'\n${usage}`);
  if (!Number.isInteger(threads) || threads < 1) throw new Error(`${values.threads} threads\n${usage}`);
  if (!Number.isInteger(rounds) || rounds < 3)
    throw new Error(`${values.rounds} rounds: at least 3 are needed to alternate\n${usage}`);
  if (values.cpu && values.chromium) throw new Error(`a page does not know what it computes\n${usage}`);
  return {
    command,
    json: values.json,
    backend,
    threads,
    rounds,
    chromium: values.chromium,
    cpu: values.cpu,
    only: values.only?.split(','),
    python: values.python,
  };
}

function isCommand(name: string): name is Command {
  return isCase(name) || name === 'startup' || name === 'bundle' || name === 'all';
}
