/** What followed a context in the text: how often each symbol, and how often in all. */
interface Followers {
  total: number;
  readonly counts: Map<number, number>;
}

/**
 * A character model of counts: the probability of a symbol after the `order - 1` before it, interpolated with that after fewer by the number of
 * different symbols seen there (Witten and Bell 1991, method C), down to a uniform one.
 */
export class NGram {
  readonly #contexts = new Map<string, Followers>();

  constructor(
    tokens: Int32Array,
    readonly order: number,
    readonly vocabulary: number,
  ) {
    for (let i = 0; i < tokens.length; i++)
      for (let length = 0; length < order && length <= i; length++) {
        const key = keyOf(tokens, i - length, i);
        const followers = this.#contexts.get(key) ?? { total: 0, counts: new Map<number, number>() };
        this.#contexts.set(key, followers);
        const symbol = tokens[i] ?? 0;
        followers.total++;
        followers.counts.set(symbol, (followers.counts.get(symbol) ?? 0) + 1);
      }
  }

  /** The mean of -log2 of the probability of each symbol from `from` on, of those before it. */
  bits(tokens: Int32Array, from = 0): number {
    let bits = 0;
    for (let i = from; i < tokens.length; i++) bits -= Math.log2(this.#probability(tokens, i));
    return bits / (tokens.length - from);
  }

  #probability(tokens: Int32Array, i: number): number {
    let probability = 1 / this.vocabulary;
    for (let length = 0; length < this.order && length <= i; length++) {
      const followers = this.#contexts.get(keyOf(tokens, i - length, i));
      if (followers === undefined) break;
      const { total, counts } = followers;
      probability = ((counts.get(tokens[i] ?? 0) ?? 0) + counts.size * probability) / (total + counts.size);
    }
    return probability;
  }
}

function keyOf(tokens: Int32Array, from: number, to: number): string {
  return String.fromCharCode(...tokens.subarray(from, to));
}
