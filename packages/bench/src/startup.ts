import type { Opener } from './contestant.ts';
import type { Entry } from './entries.ts';
import { differences } from './equal-figures.ts';
import { type Absent, type Match, messageOf, type Result, VoidComparison } from './match.ts';
import { median, minimum } from './statistics.ts';

/** The first step of mlp128 from the import of the library, in a new process for each of the rounds. */
export async function startup(entries: readonly Entry[], rounds: number, open: Opener): Promise<Match> {
  const absent = new Map<Entry, Absent>();
  const starts = new Map(entries.map((entry) => [entry, { firstMs: [0].slice(1), peaks: [0].slice(1) }]));
  let points = 0;
  for (let round = 0; round < rounds; round++) {
    const computed = [];
    for (const [entry, { firstMs, peaks }] of starts) {
      if (absent.has(entry)) continue;
      const contestant = await open(entry);
      try {
        const started = await contestant.ask('start', entry.library, 'mlp128', entry.setting);
        firstMs.push(started.firstStepMs);
        peaks.push(await contestant.ask('peak'));
        computed.push({ name: entry.name, figures: started.figures });
      } catch (failure) {
        absent.set(entry, { entry, reason: messageOf(failure) });
      } finally {
        await contestant.end();
      }
    }
    const different = differences(computed);
    if (different.length > 0) throw new VoidComparison(different.join('\n'));
    points = computed[0]?.figures.length ?? 0;
  }
  const results = [...starts].flatMap(([entry, { firstMs, peaks }]): Result[] =>
    absent.has(entry)
      ? []
      : [
          {
            case: 'startup',
            entry,
            medianMs: median(firstMs),
            minMs: minimum(firstMs),
            firstStepMs: median(firstMs),
            peakRssMb: Math.max(...peaks),
            loopMs: Number.NaN,
            leastLoopMs: Number.NaN,
            perStep: {},
          },
        ],
  );
  return { results, absent: [...absent.values()], points };
}
