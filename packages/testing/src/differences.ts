/** A derivative by differences, from both sides, with how far it can be trusted. */
export interface Difference {
  readonly value: number;
  /** An estimate of its error. */
  readonly error: number;
  readonly left: number;
  readonly right: number;
}

const ratio = 2;

/** Smaller steps are not taken where extrapolations differ by less, relative to the larger of the derivative and 1. */
const settled = 1e-9;

/**
 * f'(x) by central differences of falling steps, extrapolated to step 0 (Ridders 1982): of all extrapolations the one whose
 * neighbours differ least. One-sided derivatives, of the smallest steps, tell a kink.
 */
export function difference(
  f: (x: number) => number,
  x: number,
  { steps = 8 }: { readonly steps?: number } = {},
): Difference {
  let step = 0.02 * Math.max(1, Math.abs(x));
  let [value, error] = [Number.NaN, Infinity];
  let last: number[] = [];
  for (let i = 0; i < steps; i++) {
    const row = [(f(x + step) - f(x - step)) / (2 * step)];
    let factor = ratio * ratio;
    for (let k = 1; k <= i; k++) {
      const better = ((row[k - 1] ?? 0) * factor - (last[k - 1] ?? 0)) / (factor - 1);
      const change = Math.max(Math.abs(better - (row[k - 1] ?? 0)), Math.abs(better - (last[k - 1] ?? 0)));
      row.push(better);
      factor *= ratio * ratio;
      if (change < error) [value, error] = [better, change];
    }
    if (error < settled * Math.max(1, Math.abs(value))) break;
    last = row;
    step /= ratio;
  }
  const h = 1e-6 * Math.max(1, Math.abs(x));
  const middle = f(x);
  return { value, error, left: -slopeTo(f, x, middle, -h), right: slopeTo(f, x, middle, h) };
}

/** The slope to one side of x, by a step of |h|, signed as h is; where f jumps at x itself, that beside the jump. */
function slopeTo(f: (x: number) => number, x: number, middle: number, h: number): number {
  const step = Math.abs(h);
  const far = f(x + h);
  if (Math.abs(far - middle) < 1e3 * step) return (far - middle) / step;
  const beside = f(x + h / 1024);
  const jumps = Math.abs(beside - middle) > Math.abs(far - middle) / 2;
  return jumps ? (far - beside) / (step * (1 - 1 / 1024)) : (far - middle) / step;
}

/** Whether the two sides disagree by more than a smooth function's would. */
export function hasKink({ left, right }: Difference): boolean {
  return Math.abs(left - right) > 1e-3 * Math.max(1, Math.abs(left), Math.abs(right));
}
