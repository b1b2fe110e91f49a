import { type Interval, wilson } from './interval.ts';
import type { Simulation } from './simulation.ts';
import type { BackendName, Run } from './train.ts';

/** What the runs of a simulation came to: one line of `--json`. */
export interface Outcome {
  readonly problem: string;
  readonly backend: BackendName;
  readonly seeds: number;
  readonly solved: number;
  readonly rate: number;
  /** Wilson's 95% interval of the rate. */
  readonly interval: Interval;
  /** Of the runs that were solved; null when none was. */
  readonly medianSweeps: number | null;
  readonly range: readonly [number, number] | null;
  readonly published: string;
  /** What an independent program found on as many runs; null where it made none. */
  readonly reference: { readonly solved: number; readonly runs: number; readonly interval: Interval } | null;
  /** Whether the expectation is met; null where there is none. */
  readonly ok: boolean | null;
  /** The median share of what is held out that learned networks get right, for problems that hold something out. */
  readonly heldOut?: number;
}

/** The figures of `runs`. */
export function outcomeOf(simulation: Simulation, backend: BackendName, runs: readonly Run[]): Outcome {
  const sweeps = ascending(runs.flatMap((run) => run.sweeps ?? []));
  const [seeds, solved] = [runs.length, sweeps.length];
  const heldOut = median(ascending(runs.flatMap((run) => run.heldOut ?? [])));
  const { expected } = simulation;
  const [first, last] = [sweeps[0], sweeps.at(-1)];
  return {
    problem: simulation.name,
    backend,
    seeds,
    solved,
    rate: solved / seeds,
    interval: wilson(solved, seeds),
    medianSweeps: median(sweeps) ?? null,
    range: first === undefined || last === undefined ? null : [first, last],
    published: simulation.published,
    reference:
      expected === undefined
        ? null
        : { solved: expected.solved, runs: expected.runs, interval: expected.interval },
    ok: expected?.met({ runs: seeds, solved, heldOut }) ?? null,
    ...(heldOut !== undefined && { heldOut }),
  };
}

const ascending = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);

/** The middle one, or the mean of the two in the middle. */
export function median(sorted: readonly number[]): number | undefined {
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
