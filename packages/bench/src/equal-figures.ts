/** The figures of one contestant: a list of figures for every point at which they were taken. */
export interface Computed {
  readonly name: string;
  readonly figures: readonly (readonly number[])[];
}

/**
 * Compares everybody's figures with the first one's: |a - b| <= tolerance max(1, |b|) at every point, none of them NaN.
 * @returns what differs, first point first; nothing when all are the same.
 */
export function differences(computed: readonly Computed[], tolerance = 1e-4): string[] {
  const [reference, ...others] = computed;
  if (reference === undefined) return [];
  const found: string[] = [];
  if (reference.figures.length === 0 || reference.figures.some((point) => point.length === 0))
    found.push(`${reference.name} has no figures to compare`);
  for (const { name, figures } of [reference, ...others]) {
    if (figures.length !== reference.figures.length)
      found.push(`${name} has ${figures.length} points, ${reference.name} ${reference.figures.length}`);
    const at = reference.figures.findIndex(
      (wanted, point) => !agree(figures[point] ?? [], wanted, tolerance),
    );
    if (at < 0) continue;
    const [wanted = [], got = []] = [reference.figures[at], figures[at]];
    const k = wanted.findIndex((figure, i) => !close(got[i], figure, tolerance));
    found.push(`${name} has ${got[k]} at point ${at + 1}, ${reference.name} ${wanted[k]}`);
  }
  return found;
}

function agree(got: readonly number[], wanted: readonly number[], tolerance: number): boolean {
  return got.length === wanted.length && wanted.every((figure, i) => close(got[i], figure, tolerance));
}

/** False for NaN and infinities, which nobody should compute. */
function close(got: number | undefined, wanted: number, tolerance: number): boolean {
  return got !== undefined && Math.abs(got - wanted) <= tolerance * Math.max(1, Math.abs(wanted));
}
