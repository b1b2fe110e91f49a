/** A Jacobian, rows for outputs and columns for inputs. */
export type Matrix = readonly (readonly number[])[];

const close = (a: number, b: number) => Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(a), Math.abs(b));
const alike = (a: Matrix, b: Matrix) =>
  a.every((row, j) => row.every((x, k) => close(x, b[j]?.[k] ?? Number.NaN)));

/** The relation of a wrong Jacobian to the right one, in words, where it is something simple. */
export function diagnosis(got: Matrix, expected: Matrix): string | undefined {
  const [flat, right] = [got.flat(), expected.flat()];
  if (flat.every((x) => x === 0)) return 'no gradient arrives here: all entries are 0';
  if (flat.some((x) => !Number.isFinite(x))) return 'entries are not finite';
  if (right.every((x) => close(x, 0))) return 'all entries should be 0';
  const largest = right.reduce((best, x, i) => (Math.abs(x) > Math.abs(right[best] ?? 0) ? i : best), 0);
  const factor = (flat[largest] ?? 0) / (right[largest] ?? 1);
  const scaled = expected.map((row) => row.map((x) => x * factor));
  if (Math.abs(factor - 1) > 1e-5 && alike(got, scaled)) {
    const [which, they] = right.length === 1 ? ['it is', 'it'] : ['all entries are', 'they'];
    return close(factor, -1)
      ? 'the sign is wrong'
      : `${which} ${rounded(factor)} times what ${they} should be`;
  }
  const square = got.length > 1 && got.length === got[0]?.length;
  if (square && alike(got, expected[0]?.map((_, k) => expected.map((row) => row[k] ?? Number.NaN)) ?? []))
    return 'it is J transposed: J is applied where J^T is meant';
  const offDiagonal = (m: Matrix) => m.some((row, j) => row.some((x, k) => j !== k && !close(x, 0)));
  if (square && !offDiagonal(got) && offDiagonal(expected))
    return 'it is diagonal: what an output owes to the other inputs is missing';
  if (square && offDiagonal(got) && !offDiagonal(expected)) return 'it should be diagonal';
  const sorted = (m: Matrix) => [m.flat().sort((a, b) => a - b)];
  if (alike(sorted(got), sorted(expected))) return 'the entries are right and stand in wrong places';
  const wrong = flat.filter((x, i) => !close(x, right[i] ?? Number.NaN)).length;
  return wrong < flat.length ? `${wrong} of ${flat.length} entries are wrong` : undefined;
}

function rounded(x: number): string {
  return String(Number(x.toPrecision(5)));
}
