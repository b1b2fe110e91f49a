import { log } from './log.ts';
import { fillUniforms, threefry } from './threefry.ts';

/** The first 32-bit key word that belongs to a name, by FNV-1a from one of two starts. */
function hash(text: string, start: number): number {
  let value = start | 0;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value;
}

/** The key, two int32 words, that belongs to a seed and a path: all bits of both go in. */
export function keyOf(seed: number, path: string): readonly [number, number] {
  const [low, high] = [seed | 0, Math.floor(seed / 2 ** 32) | 0];
  const [a, b] = [hash(path, 0x811c9dc5), hash(path, 0x01000193)];
  return [threefry(low, high, a, b, 0), threefry(low, high, a, b, 1)];
}

const mostAtOnce = 1024;

/** Random numbers on the host, counted: the same for the same key on every machine. */
export class RandomStream {
  /** Of the first block that was not computed yet. */
  #counter = 0;
  /** Numbers that were computed together, from the `taken`-th on still to be drawn. */
  #made = new Float64Array(0);
  #taken = 0;
  #spare: number | undefined;

  constructor(readonly key: readonly [number, number]) {}

  /** The stream that belongs to `path` under `seed`, whatever else was drawn. */
  static of(seed: number, path: string): RandomStream {
    return new RandomStream(keyOf(seed, path));
  }

  /** Uniform on [0, 1) with 53 bits. */
  uniform(): number {
    if (this.#taken === this.#made.length) this.#make();
    return this.#made[this.#taken++] ?? 0;
  }

  /** Twice as many as the last time: who draws a few waits for a few. */
  #make(): void {
    const low = this.#counter % 2 ** 32;
    const wanted = Math.min(Math.max(8, 2 * this.#made.length), mostAtOnce, 2 ** 32 - low);
    if (wanted !== this.#made.length) this.#made = new Float64Array(wanted);
    const [k0, k1] = this.key;
    fillUniforms(k0, k1, low | 0, Math.floor(this.#counter / 2 ** 32) | 0, this.#made);
    this.#counter += wanted;
    this.#taken = 0;
  }

  /** Normal with mean 0 and variance 1, by the polar method of Marsaglia and Bray (1964). */
  normal(): number {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined) return spare;
    for (;;) {
      const [x, y] = [2 * this.uniform() - 1, 2 * this.uniform() - 1];
      const s = x * x + y * y;
      if (s >= 1 || s === 0) continue;
      const scale = Math.sqrt((-2 * log(s)) / s);
      this.#spare = y * scale;
      return x * scale;
    }
  }

  /** The numbers 0 .. n-1 in random order, every order equally likely (Fisher and Yates). */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(this.uniform() * (i + 1));
      const held = order[i] ?? 0;
      order[i] = order[j] ?? 0;
      order[j] = held;
    }
    return order;
  }
}
