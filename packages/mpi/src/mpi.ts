import { writeSync } from 'node:fs';
import { inspect } from 'node:util';
import { checkOptions, checkRanks, type FieldsOf, field, OptionError, type Reducer } from '@pullback/core';
import { initialise } from './calls.ts';
import { koffi } from './koffi.ts';
import { isCrowded, launchedFor, loadMpi, tameUcx } from './library.ts';
import { MpiReducer } from './mpi-reducer.ts';
import { meeting, startWatch } from './watch/watch.ts';

export interface MpiOptions {
  /** Whether results have the same bits for any number of ranks: every batch is cut into `parts`, which are summed in their order. */
  readonly deterministic?: boolean;
  /** 12 when left out, which 1, 2, 3, 4, 6 and 12 ranks divide. */
  readonly parts?: number;
  /** Seconds without a sign of life after which a rank is lost, and with it the training on all others; 6 when left out, 0 for never. */
  readonly timeout?: number;
  /** The file of MPI's library; that of the launcher when left out. */
  readonly library?: string;
}

const fields = {
  deterministic: field.flag(),
  parts: field.whole({ from: 1 }),
  timeout: field.number({ from: 0 }),
  library: field.text(),
} satisfies FieldsOf<MpiOptions>;

const usualParts = 12;

let started: MpiReducer | undefined;

/**
 * The reducer of a process that `mpirun` or another launcher of MPI started; a reducer of one rank, without MPI, in any other process. Where the
 * process ends with an error, MPI ends all others.
 * @throws UnsupportedError where a launcher is there and no MPI or no koffi; OptionError for parts without `deterministic`.
 */
export async function mpi(options: MpiOptions = {}): Promise<Reducer> {
  checkOptions('mpi', options, fields);
  const { deterministic = false, timeout = 6 } = options;
  if (!deterministic && options.parts !== undefined)
    throw new OptionError({ got: `${options.parts} parts`, expected: 'deterministic: true beside them' });
  const parts = deterministic ? (options.parts ?? usualParts) : undefined;
  const libraries = options.library === undefined ? launchedFor(process.env) : [options.library];
  if (libraries === undefined) return alone(parts);
  if (started !== undefined)
    throw new OptionError({ got: 'a second call of mpi()', expected: 'one reducer in a process' });
  tameUcx(process.env);
  const ffi = koffi();
  const found = loadMpi(ffi, libraries);
  const calls = initialise(ffi, found, isCrowded(process.env));
  checkRanks(calls.size, parts);
  const reducer = new MpiReducer(calls, found.version, parts);
  started = reducer;
  let failure: unknown;
  process.on('uncaughtExceptionMonitor', (error) => {
    failure = error;
  });
  process.on('exit', (code) => {
    // Node prints it only after this, when MPI has ended the process.
    if (failure !== undefined) writeSync(2, `rank ${reducer.rank}: ${inspect(failure)}\n`);
    reducer.leave(code);
  });
  if (timeout > 0) {
    reducer.watchedBy(meeting(1000 * timeout));
    reducer.watchedBy(await startWatch(reducer, 1000 * timeout));
  }
  return reducer;
}

/** One rank, which no other tells anything. */
function alone(parts: number | undefined): Reducer {
  return {
    rank: 0,
    size: 1,
    parts,
    sum: async () => {},
    exchange: async (outgoing) => outgoing.map((bytes) => bytes.slice()),
  };
}
