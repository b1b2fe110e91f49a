import { checkOptions, DataError, type FieldsOf, field, RandomStream } from '@pullback/core';

export interface SamplingOptions {
  /** The divisor of scores: nearer to 0 the likeliest token, above 1 more of the others; 0 for the likeliest always. 1 when left out. */
  readonly temperature?: number;
  /** Only so many of the likeliest tokens are drawn from. */
  readonly topK?: number;
  /** Only the fewest of the likeliest tokens whose probabilities sum to so much are drawn from. Source: Holtzman et al. 2020. */
  readonly topP?: number;
  /** 0 when left out: the same seed draws the same. */
  readonly seed?: number;
}

export const samplingFields = {
  temperature: field.number({ from: 0 }),
  topK: field.whole({ from: 1 }),
  topP: field.number({ above: 0, to: 1 }),
  seed: field.whole(),
} satisfies FieldsOf<SamplingOptions>;

/**
 * A token drawn from softmax(scores / temperature), in float64 on the host; of tokens with one score the first is the likelier. `topK` chooses
 * before `topP`.
 * @throws OptionError for wrong options, DataError at scores without a number to choose.
 */
export function sampler(options: SamplingOptions = {}): (scores: ArrayLike<number>) => number {
  const {
    temperature = 1,
    topK = Infinity,
    topP = 1,
    seed = 0,
  } = checkOptions('sampler', options, samplingFields);
  const random = RandomStream.of(seed, 'sampling');
  return (scores) => {
    const order = Array.from({ length: scores.length }, (_, i) => i)
      .filter((i) => (scores[i] ?? Number.NaN) > -Infinity)
      .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
    const [best] = order;
    if (best === undefined || Array.from(scores).some(Number.isNaN))
      throw new DataError({
        got: 'scores that are no numbers',
        expected: 'one at least that is, and no NaN',
      });
    if (temperature === 0) return best;
    const top = scores[best] ?? 0;
    const kept = order.slice(0, topK);
    // Of equal infinities the difference is NaN: they are alike.
    const weights = kept.map((i) =>
      scores[i] === top ? 1 : Math.exp(((scores[i] ?? 0) - top) / temperature),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let [count, mass] = [0, 0];
    while (count < weights.length && (count === 0 || mass < topP * total)) mass += weights[count++] ?? 0;
    let left = random.uniform() * mass;
    const drawn = weights.slice(0, count).findIndex((weight) => {
      left -= weight;
      return left < 0;
    });
    return kept[drawn < 0 ? count - 1 : drawn] ?? best;
  };
}
