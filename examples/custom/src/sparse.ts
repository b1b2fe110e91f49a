import { type Initializer, OptionError, sizeOf } from 'pullback';

// #region initializer
/** Normal numbers in a share of the places, 0 elsewhere: on the host, in float64, so the same on every backend. */
export function sparse({ share }: { share: number }): Initializer {
  if (!(share > 0 && share <= 1))
    throw new OptionError({ got: `a share of ${share}`, expected: 'above 0, at most 1' });
  return (shape, random) =>
    Float64Array.from({ length: sizeOf(shape) }, () => (random.uniform() < share ? random.normal() : 0));
}
// #endregion
