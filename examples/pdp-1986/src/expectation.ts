import { type Interval, wilson } from './interval.ts';

/** What the runs of one simulation came to. */
export interface Tally {
  readonly runs: number;
  readonly solved: number;
  /** The median share of what is held out that learned networks get right, where something is. */
  readonly heldOut: number | undefined;
}

/** What an independent program found, and when a tally is as good. */
export interface Expectation {
  readonly solved: number;
  readonly runs: number;
  readonly interval: Interval;
  readonly met: (tally: Tally) => boolean;
}

/** The success rate's interval overlaps that of the reference, or lies above it. */
export function asOften(solved: number, runs: number): Expectation {
  const interval = wilson(solved, runs);
  const [low] = interval;
  return { solved, runs, interval, met: (tally) => wilson(tally.solved, tally.runs)[1] >= low };
}

/** No run is solved. */
export function never(runs: number): Expectation {
  return { solved: 0, runs, interval: wilson(0, runs), met: (tally) => tally.solved === 0 };
}

/** At least so large a share of the runs learns, and gets at least `share` of what is held out right, at the median. */
export function generalizing(solved: number, runs: number, share: number): Expectation {
  return {
    solved,
    runs,
    interval: wilson(solved, runs),
    met: (tally) => tally.solved / tally.runs >= solved / runs && (tally.heldOut ?? 0) >= share,
  };
}
