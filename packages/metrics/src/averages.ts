/** How the figures of several classes become one: their mean; their mean by the samples of each; that of all counts together. */
export type Average = 'macro' | 'micro' | 'weighted';

/** Counts of a class: true positives, those that were said to be, and those that are. */
export type Counts = readonly [tp: number, said: number, is: number];

/** One figure for the counts of several classes. The mean leaves out those that are neither said nor so, as scikit-learn does; 0 of none. */
export function averageOf(
  counts: readonly Counts[],
  average: Average,
  figure: (...of: Counts) => number,
): number {
  if (average === 'micro') {
    const total = (i: 0 | 1 | 2) => counts.reduce((sum, of) => sum + of[i], 0);
    return figure(total(0), total(1), total(2));
  }
  const present = counts.filter(([, said, is]) => said + is !== 0);
  const weights = present.map(([, , is]) => (average === 'weighted' ? is : 1));
  const all = weights.reduce((a, b) => a + b, 0);
  return all === 0 ? 0 : present.reduce((sum, of, i) => sum + ((weights[i] ?? 0) * figure(...of)) / all, 0);
}
