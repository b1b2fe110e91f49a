import type { Numbers } from './data.ts';

/** The mean size of an element: |x| / sqrt n; 0 of none. */
export function rms({ norm, count }: Pick<Numbers, 'norm' | 'count'>): number {
  return count === 0 ? 0 : norm / Math.sqrt(count);
}

/** The Euclidean norm, right where squares overflow or underflow; NaN and infinities show in it. */
export function normOf(numbers: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < numbers.length; i++) {
    const size = Math.abs(numbers[i] ?? 0);
    if (Number.isNaN(size)) return Number.NaN;
    if (size > largest) largest = size;
  }
  if (largest === 0 || largest === Infinity) return largest;
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += ((numbers[i] ?? 0) / largest) ** 2;
  return largest * Math.sqrt(sum);
}

/** The least and the largest finite number; undefined where there is none. */
export function rangeOf(numbers: ArrayLike<number>): readonly [low: number, high: number] | undefined {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < numbers.length; i++) {
    const x = numbers[i] ?? 0;
    if (!Number.isFinite(x)) continue;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return low > high ? undefined : [low, high];
}

/** How many finite numbers lie in each of `bins` equal parts of their range. */
export function histogramOf(numbers: ArrayLike<number>, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  const range = rangeOf(numbers);
  if (range === undefined) return counts;
  const [low, high] = range;
  const width = high - low;
  for (let i = 0; i < numbers.length; i++) {
    const x = numbers[i] ?? 0;
    if (!Number.isFinite(x)) continue;
    const bin = width === 0 ? bins >> 1 : Math.min(bins - 1, Math.floor(((x - low) / width) * bins));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** A number in few characters: `0.0123`, `-4.56e-7`, `NaN`. */
export function short(x: number, digits = 3): string {
  if (!Number.isFinite(x) || x === 0) return String(x).replace('Infinity', '∞');
  const size = Math.abs(x);
  if (size >= 1e5 || size < 1e-3) return x.toExponential(digits - 1).replace('e+', 'e');
  return String(Number(x.toPrecision(digits)));
}
