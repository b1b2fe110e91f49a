import type { Counters, Run } from './library.ts';

/**
 * Counts of one step: those of a run of 2n steps less those of n, over n. Both are settled, so that everything was submitted, and both end with one
 * read, which drops out.
 */
export async function countsPerStep(run: Run, steps: number, counters: () => Counters): Promise<Counters> {
  const now = (): Counters => ({ ...run.counters?.(), ...counters() });
  const counted = async (taken: number): Promise<(name: string) => number> => {
    const before = now();
    await run.step(taken);
    await run.settle();
    const after = now();
    return (name) => (after[name] ?? 0) - (before[name] ?? 0);
  };
  const [short, long] = [await counted(steps), await counted(2 * steps)];
  return Object.fromEntries(Object.keys(now()).map((name) => [name, (long(name) - short(name)) / steps]));
}
