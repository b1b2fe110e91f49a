import { parseArgs } from 'node:util';
import { simulations } from './problems/all.ts';
import type { Simulation } from './simulation.ts';
import type { BackendName } from './train.ts';

export interface Options {
  readonly chosen: readonly Simulation[];
  /** As many seeds for every problem, instead of its own number. */
  readonly seeds: number | undefined;
  readonly backend: BackendName;
  readonly json: boolean;
  /** Whether everything was asked for, as it stands in the report. */
  readonly whole: boolean;
}

export const usage = `npm run pdp -- [--problem NAME] [--seeds N] [--backend cpu|wasm] [--json]
problems: ${simulations.map(({ name }) => name).join(', ')}`;

/** The command line, read. @throws Error in words for what cannot be. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      problem: { type: 'string', multiple: true },
      seeds: { type: 'string' },
      backend: { type: 'string', default: 'wasm' },
      json: { type: 'boolean', default: false },
    },
  });
  const { problem: names, backend, json } = values;
  if (backend !== 'cpu' && backend !== 'wasm') throw new Error(`no backend '${backend}': cpu or wasm`);
  const seeds = values.seeds === undefined ? undefined : Number(values.seeds);
  if (seeds !== undefined && !(Number.isInteger(seeds) && seeds >= 1))
    throw new Error(`--seeds ${values.seeds}: a whole number from 1 up`);
  const chosen = names?.map((name) => {
    const found = simulations.find((simulation) => simulation.name === name);
    if (found === undefined)
      throw new Error(`no problem '${name}'. There are: ${simulations.map((each) => each.name).join(', ')}`);
    return found;
  });
  return {
    chosen: chosen ?? simulations,
    seeds,
    backend,
    json,
    whole: chosen === undefined && seeds === undefined,
  };
}
