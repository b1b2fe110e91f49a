/** A share with the bounds within which the true one lies, 19 times out of 20. */
export type Interval = readonly [low: number, high: number];

const z = 1.959963984540054;

/**
 * Wilson's 95% interval of a rate, `solved` of `runs`:
 *   (p + z^2 / 2n +- z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n).
 * Source: Wilson 1927. Unlike p +- z s it is no point where all or none are solved.
 */
export function wilson(solved: number, runs: number): Interval {
  if (runs === 0) return [0, 1];
  const rate = solved / runs;
  const centre = rate + z ** 2 / (2 * runs);
  const spread = z * Math.sqrt((rate * (1 - rate)) / runs + z ** 2 / (4 * runs ** 2));
  const scale = 1 + z ** 2 / runs;
  return [Math.max(0, (centre - spread) / scale), Math.min(1, (centre + spread) / scale)];
}
