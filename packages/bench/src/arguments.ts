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
  /** A Python whose JAX takes part, and its torch where a case is a step; none when left out. */
  readonly python: string | undefined;
}

export const usage = `npm run bench -- CASE [--json] [--backend wasm|native|webgpu|cpu] [--python PATH] [--threads N] [--rounds N] [--chromium]

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
  return {
    command,
    json: values.json,
    backend,
    threads,
    rounds,
    chromium: values.chromium,
    python: values.python,
  };
}

function isCommand(name: string): name is Command {
  return isCase(name) || name === 'startup' || name === 'bundle' || name === 'all';
}
