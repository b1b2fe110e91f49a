import type { CaseName } from './cases.ts';
import { Contestant, type Entry } from './contestant.ts';
import { type Computed, differences } from './equal-figures.ts';
import { median, minimum } from './statistics.ts';

/** What was measured of one entry. */
export interface Result {
  readonly entry: Entry;
  readonly medianMs: number;
  readonly minMs: number;
  readonly firstStepMs: number;
  readonly peakRssMb: number;
  /** Of the fixed loop, the median over the rounds. */
  readonly loopMs: number;
  readonly perStep: Readonly<Record<string, number>>;
}

export interface MatchOptions {
  readonly rounds: number;
  /** Of one entry in one round. */
  readonly turnMs: number;
  readonly warmUpMs: number;
  readonly report: (line: string) => void;
}

/** The entries did not compute the same. */
export class VoidComparison extends Error {}

/** Who could not start, and why. */
export interface Absent {
  readonly entry: Entry;
  readonly reason: string;
}

/**
 * Measures a case in every entry's own process, in turns, after all were seen to compute the same figures.
 * @throws VoidComparison when they do not.
 */
export async function match(
  name: CaseName,
  entries: readonly Entry[],
  { rounds, turnMs, warmUpMs, report }: MatchOptions,
): Promise<{ readonly results: Result[]; readonly absent: Absent[] }> {
  const contestants: Contestant[] = [];
  const absent: Absent[] = [];
  const computed: Computed[] = [];
  const firstSteps = new Map<Contestant, number>();
  try {
    for (const entry of entries) {
      const contestant = new Contestant(entry);
      contestants.push(contestant);
      try {
        const { figures, firstStepMs } = await contestant.ask('start', entry.library, name, entry.setting);
        firstSteps.set(contestant, firstStepMs);
        computed.push({ name: entry.name, figures });
      } catch (failure) {
        absent.push({ entry, reason: failure instanceof Error ? failure.message : String(failure) });
      }
    }
    const different = differences(computed);
    if (different.length > 0) throw new VoidComparison(different.join('\n'));
    const points = computed[0]?.figures.length ?? 0;
    report(`${name}: ${computed.map((each) => each.name).join(', ')} agree at ${points} points to 1e-4`);

    const present = contestants.filter((contestant) => firstSteps.has(contestant));
    for (const contestant of present) await contestant.ask('warmUp', warmUpMs);
    const turns = new Map(
      present.map((contestant) => [contestant, { stepMs: [0].slice(1), loopMs: [0].slice(1) }]),
    );
    for (let round = 0; round < rounds; round++)
      for (const [contestant, { stepMs, loopMs }] of turns) {
        const turn = await contestant.ask('turn', turnMs);
        stepMs.push(...turn.stepMs);
        loopMs.push(turn.loopMs);
      }

    const results: Result[] = [];
    for (const [contestant, { stepMs, loopMs }] of turns) {
      const figures = await contestant.ask('figures');
      if (figures.length === 0 || !figures.every(Number.isFinite))
        throw new VoidComparison(`${contestant.entry.name} ends with ${figures.slice(0, 3).join(', ')}`);
      results.push({
        entry: contestant.entry,
        medianMs: median(stepMs),
        minMs: minimum(stepMs),
        firstStepMs: firstSteps.get(contestant) ?? Number.NaN,
        peakRssMb: await contestant.ask('peak'),
        loopMs: median(loopMs),
        perStep: await contestant.ask('count', 10),
      });
    }
    return { results, absent };
  } finally {
    for (const contestant of contestants) contestant.end();
  }
}
