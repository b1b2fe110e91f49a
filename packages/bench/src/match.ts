import { type CaseName, caseOf } from './cases.ts';
import type { Contestant, Opener } from './contestant.ts';
import type { Entry } from './entries.ts';
import { type Computed, differences } from './equal-figures.ts';
import type { Counters } from './library.ts';
import type { Counted } from './protocol.ts';
import { isPython } from './session.ts';
import { median, minimum } from './statistics.ts';

/** The figures of one entry. */
export interface Result {
  readonly case: string;
  readonly entry: Entry;
  readonly medianMs: number;
  readonly minMs: number;
  readonly firstStepMs: number;
  readonly peakRssMb: number;
  readonly gflops?: number;
  /** Of the fixed loop: the median over the rounds, and the least. */
  readonly loopMs: number;
  readonly leastLoopMs: number;
  readonly perStep: Counters;
  readonly version?: string | undefined;
}

/** Who could not start, and why. */
export interface Absent {
  readonly entry: Entry;
  readonly reason: string;
}

export interface Match {
  readonly results: readonly Result[];
  readonly absent: readonly Absent[];
  /** At how many points all figures were the same. */
  readonly points: number;
}

export interface MatchOptions {
  readonly open: Opener;
  /** Each entry has a turn in each. */
  readonly rounds: number;
  readonly turnMs: number;
  readonly warmUpMs: number;
}

/** The entries did not compute the same. */
export class VoidComparison extends Error {
  override readonly name = 'VoidComparison';
}

/**
 * Measures a case in every entry's own process, in turns, after all were seen to compute the same figures.
 * @throws VoidComparison when they do not.
 */
export async function match(
  name: CaseName,
  entries: readonly Entry[],
  { open, rounds, turnMs, warmUpMs }: MatchOptions,
): Promise<Match> {
  const absent: Absent[] = [];
  const present: Present[] = [];
  try {
    for (const entry of entries) {
      const contestant = await open(entry);
      try {
        const started = await contestant.ask('start', entry.library, name, entry.setting);
        present.push({ contestant, ...started, stepMs: [], loopMs: [] });
      } catch (failure) {
        await contestant.end();
        absent.push({ entry, reason: messageOf(failure) });
      }
    }
    const points = agreedPoints(
      present.map(({ contestant: { entry }, figures }) => ({ name: entry.name, figures })),
    );
    for (const { contestant } of present) await contestant.ask('warmUp', warmUpMs);
    for (let round = 0; round < rounds; round++)
      for (const { contestant, stepMs, loopMs } of present) {
        const turn = await contestant.ask('turn', turnMs);
        stepMs.push(...turn.stepMs);
        loopMs.push(turn.loopMs);
      }
    const results: Result[] = [];
    for (const each of present) results.push(await resultOf(name, each, open));
    return { results, absent, points };
  } finally {
    for (const { contestant } of present) await contestant.end();
  }
}

interface Present {
  readonly contestant: Contestant;
  readonly figures: Computed['figures'];
  readonly firstStepMs: number;
  readonly version?: string;
  readonly stepMs: number[];
  readonly loopMs: number[];
}

function agreedPoints(computed: readonly Computed[]): number {
  const different = differences(computed);
  if (different.length > 0) throw new VoidComparison(different.join('\n'));
  return computed[0]?.figures.length ?? 0;
}

async function resultOf(
  name: CaseName,
  { contestant, stepMs, loopMs, firstStepMs, version }: Present,
  open: Opener,
): Promise<Result> {
  const { entry } = contestant;
  const figures = await contestant.ask('figures');
  if (figures.length === 0 || !figures.every(Number.isFinite))
    throw new VoidComparison(`${entry.name} ends with ${figures.slice(0, 3).join(', ')}`);
  const peakRssMb = await contestant.ask('peak');
  await contestant.end();
  const chosen = caseOf(name);
  const medianMs = median(stepMs);
  // Counts of a step that takes seconds are seen in one of them.
  const steps = medianMs > 500 ? 1 : 10;
  return {
    case: name,
    entry,
    version,
    medianMs,
    minMs: minimum(stepMs),
    firstStepMs,
    peakRssMb,
    ...((chosen.kind === 'function' || chosen.kind === 'step' || chosen.kind === 'model') &&
      chosen.flops !== undefined && { gflops: chosen.flops / medianMs / 1e6 }),
    loopMs: median(loopMs),
    leastLoopMs: minimum(loopMs),
    perStep: {
      ...(await countIn(name, entry, 'bytes', open, steps)),
      ...(await countIn(name, entry, 'calls', open, steps)),
    },
  };
}

/** Counts in a process of its own, since counting is not free. */
async function countIn(
  name: CaseName,
  entry: Entry,
  counted: Counted,
  open: Opener,
  steps: number,
): Promise<Counters> {
  if (isPython(entry.library)) return {};
  const contestant = await open(entry, counted);
  try {
    await contestant.ask('start', entry.library, name, entry.setting, counted);
    const counts = Object.entries(await contestant.ask('count', steps));
    return Object.fromEntries(counts.filter(([, count]) => count >= 0)); // a heap that shrank was collected
  } finally {
    await contestant.end();
  }
}

export function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
