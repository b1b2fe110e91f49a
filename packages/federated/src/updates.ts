import { DataError, type Shape, sameShape, type TypedArray } from '@pullback/core';

/** Weights by path, as `model.weights()` gives them. */
export type Weights = Readonly<Record<string, { readonly shape: Shape; readonly data: TypedArray }>>;

/** The result of a client's training in a round. */
export interface Update {
  readonly round: number;
  readonly client: string;
  /** How many samples it learned from: its weight in the mean. */
  readonly samples: number;
  /** Its weights after training. */
  readonly weights: Weights;
}

/** @throws DataError for an update that has other paths or shapes than the weights, numbers that are not finite, or no samples. */
export function refuseUnfit({ client, samples, weights: given }: Update, weights: Weights): void {
  const refuse = (got: string, expected: string): never => {
    throw new DataError({ got: `${got} from the client '${client}'`, expected });
  };
  if (!(Number.isSafeInteger(samples) && samples > 0))
    refuse(`${samples} samples`, 'a whole number from 1 up');
  if (typeof given !== 'object' || given === null) refuse('no weights', 'those of the model');
  const [own, theirs] = [Object.keys(weights), Object.keys(given)];
  if (theirs.length !== own.length || !own.every((path) => Object.hasOwn(given, path)))
    refuse(`the weights ${theirs.slice(0, 5).join(', ')}`, own.slice(0, 5).join(', '));
  for (const [path, { shape, data }] of Object.entries(weights)) {
    const mine = given[path];
    const fits = mine !== undefined && sameShape(mine.shape, shape) && mine.data.length === data.length;
    if (!fits) refuse(`[${mine?.shape}] for '${path}'`, `[${shape}]`);
    if (mine?.data.some((x) => !Number.isFinite(x)))
      refuse(`numbers that are not finite for '${path}'`, 'finite ones');
  }
}

/** The difference that an update makes, by path, in float64. */
export type Difference = ReadonlyMap<string, Float64Array>;

export function differenceOf({ weights: theirs }: Update, weights: Weights): Difference {
  return new Map(
    Object.entries(weights).map(([path, { data }]) => {
      const after = theirs[path]?.data;
      return [path, Float64Array.from(data, (x, i) => (after?.[i] ?? 0) - x)];
    }),
  );
}

/** d min(1, most / |d|): of a norm over all weights that is at most so large. */
export function clipped(difference: Difference, most: number): Difference {
  let squares = 0;
  for (const data of difference.values()) for (const x of data) squares += x * x;
  const factor = Math.min(1, most / Math.sqrt(squares));
  if (!(factor < 1)) return difference;
  return new Map([...difference].map(([path, data]) => [path, data.map((x) => x * factor)]));
}

/** sum_i share_i d_i, in the order given. */
export function weightedSum(
  differences: readonly (readonly [share: number, of: Difference])[],
  like: Weights,
) {
  return new Map(
    Object.entries(like).map(([path, { data }]) => {
      const sum = new Float64Array(data.length);
      for (const [share, of] of differences) {
        const theirs = of.get(path);
        for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + share * (theirs?.[i] ?? 0);
      }
      return [path, sum];
    }),
  );
}
