/** A score, 1 for a positive or 0 for a negative, and how often the sample counts. */
export interface Scored {
  readonly score: number;
  readonly positive: number;
  readonly weight: number;
}

/**
 * How often a positive has a larger score than a negative, ties counting half: sum over negatives n and positives p of w_n w_p (1 if s_p > s_n, 1/2
 * if equal) over sum w_n sum w_p. Undefined where there are not both; NaN where a score or target is. Source: Mann and Whitney 1947.
 */
export function areaUnder(
  scored: readonly Scored[],
): { readonly area: number; readonly positives: number } | undefined {
  if (scored.some(({ score, positive }) => Number.isNaN(score) || Number.isNaN(positive)))
    return { area: Number.NaN, positives: 1 };
  const sorted = [...scored].sort((a, b) => (a.score < b.score ? -1 : a.score > b.score ? 1 : 0));
  let [below, wins, positives] = [0, 0, 0];
  for (let i = 0; i < sorted.length; ) {
    const score = sorted[i]?.score;
    let [ups, downs] = [0, 0];
    for (; i < sorted.length && sorted[i]?.score === score; i++) {
      const { positive = 0, weight = 0 } = sorted[i] ?? {};
      if (positive > 0.5) ups += weight;
      else downs += weight;
    }
    wins += ups * (below + downs / 2);
    below += downs;
    positives += ups;
  }
  return positives === 0 || below === 0 ? undefined : { area: wins / (positives * below), positives };
}
