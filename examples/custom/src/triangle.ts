import { abs, add, mod, mul, neg, type Schedule, sub } from 'pullback';

// #region schedule
/** The factor rises from `low` to 1 and falls back, every `period` steps: it is computed inside the Program, from the step. */
export function triangle({ period, low = 0 }: { period: number; low?: number }): Schedule {
  return (step) => {
    const phase = mul(mod(step, period), 2 / period); // 0 to 2
    const height = add(1, neg(abs(sub(phase, 1)))); // 0 to 1 to 0
    return add(low, mul(height, 1 - low));
  };
}
// #endregion
