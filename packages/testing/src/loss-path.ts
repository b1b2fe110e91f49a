import { ConformanceError } from './case.ts';
import { pullbackOf } from './jacobian.ts';
import { batchOf, type LossGround, ofPrediction } from './loss-ground.ts';
import { nested } from './numbers-as-text.ts';

const directions = [1, 0.6, -0.8] as const;
const steps = 300;

/**
 * Along a straight line of predictions through the target, f(b) - f(a) is the integral of the gradient: the error nowhere jumps.
 * @throws ConformanceError with the place of a jump, which stays however close to it both sides are.
 */
export function examineContinuity(ground: LossGround): void {
  const shape = [1, directions.length];
  const batch = batchOf(ground, { sizes: [4, 3, 2], seed: 3 }, shape);
  const { forward, backward } = pullbackOf({
    f: ofPrediction(ground.loss, 'forward', batch),
    shapes: [shape],
  });
  const along = lineOf(ground, batch.t);
  const one = Float64Array.of(1);
  const error = (s: number) => forward([along(s)])[0]?.data[0] ?? Number.NaN;
  const width = 1e-6;
  const slope = (s: number) => {
    const [before, after] = [along(s - width), along(s + width)];
    const gradient = backward[0]?.([along(s), one])[0]?.data ?? [];
    return Array.from(gradient).reduce(
      (sum, g, k) => sum + g * (((after[k] ?? 0) - (before[k] ?? 0)) / (2 * width)),
      0,
    );
  };
  const places = Array.from({ length: steps + 1 }, (_, i) => -1 + (2 * i) / steps + 1e-4 * Math.sin(i));
  const errors = places.map(error);
  const slopes = places.map(slope);
  const scale = errors.reduce((most, y) => Math.max(most, Math.abs(y)), 1);
  for (let i = 1; i + 2 < places.length; i++) {
    const [a, b] = [places[i] ?? 0, places[i + 1] ?? 0];
    const near = slopes.slice(i - 1, i + 3);
    const spread = Math.max(...near) - Math.min(...near);
    const rise = (errors[i + 1] ?? 0) - (errors[i] ?? 0);
    const allowed = (b - a) * spread + 1e-6 * scale;
    if (Number.isFinite(rise) && Math.abs(rise - slope((a + b) / 2) * (b - a)) > allowed) {
      const jump = jumpBetween(error, a, b);
      if (Math.abs(jump.height) <= 1e-6 * scale) continue;
      throw new ConformanceError({
        what: `the error of ${ground.name} near prediction = ${nested(along(jump.at), shape)}`,
        got: `a jump by ${jump.height}, which no gradient has`,
        expected: 'an error that is continuous in the prediction',
        at: `target = ${nested(batch.t, shape)}`,
      });
    }
  }
}

/** Predictions for s from -1 to 1, through the target at 0 where all numbers are allowed, else between the ends of the interval. */
function lineOf({ predictions: [low, high] }: LossGround, t: Float64Array): (s: number) => Float64Array {
  return (s) =>
    t.map((y, k) => {
      const moved = s * (directions[k % directions.length] ?? 1);
      if (Number.isFinite(low) && Number.isFinite(high))
        return (low + high) / 2 + moved * 0.45 * (high - low);
      if (Number.isFinite(low)) return low + 3 * (1.05 + moved);
      if (Number.isFinite(high)) return high - 3 * (1.05 + moved);
      return y + 3 * moved;
    });
}

/** The rise that stays between two places when both are brought together around its steepest part. */
function jumpBetween(error: (s: number) => number, from: number, to: number): { at: number; height: number } {
  let [a, b] = [from, to];
  for (let i = 0; i < 24; i++) {
    const middle = (a + b) / 2;
    const [left, right] = [error(middle) - error(a), error(b) - error(middle)].map(Math.abs);
    if ((left ?? 0) > (right ?? 0)) b = middle;
    else a = middle;
  }
  return { at: (a + b) / 2, height: error(b) - error(a) };
}
