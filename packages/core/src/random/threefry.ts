const turned = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/**
 * Threefry-2x32 with 20 rounds: a block cipher whose counters are the random stream, so the same (key, counter) gives the same bits everywhere and in any
 * order. Words are int32, taken as bits.
 * Source: J. Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (SC 2011).
 * @param block where the two words of the result go.
 */
export function threefryBlock(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  block: Int32Array,
): void {
  let [now, next, last] = [key0 | 0, key1 | 0, 0x1bd11bda ^ key0 ^ key1];
  let x = (counter0 + key0) | 0;
  let y = (counter1 + key1) | 0;
  for (let group = 1; group <= 5; group++) {
    const odd = (group & 1) === 1;
    x = (x + y) | 0;
    y = turned(y, odd ? 13 : 17) ^ x;
    x = (x + y) | 0;
    y = turned(y, odd ? 15 : 29) ^ x;
    x = (x + y) | 0;
    y = turned(y, odd ? 26 : 16) ^ x;
    x = (x + y) | 0;
    y = turned(y, odd ? 6 : 24) ^ x;
    const first = now;
    now = next;
    next = last;
    last = first;
    x = (x + now) | 0;
    y = (y + next + group) | 0;
  }
  block[0] = x;
  block[1] = y;
}

/** Uniform numbers on [0, 1) with 53 bits, of the blocks from a counter on; the same rounds as above, in one loop without calls. */
export function fillUniforms(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  into: Float64Array,
): void {
  const key2 = 0x1bd11bda ^ key0 ^ key1;
  for (let i = 0; i < into.length; i++) {
    let x = (((counter0 + i) | 0) + key0) | 0;
    let y = (counter1 + key1) | 0;
    x = (x + y) | 0;
    y = ((y << 13) | (y >>> 19)) ^ x;
    x = (x + y) | 0;
    y = ((y << 15) | (y >>> 17)) ^ x;
    x = (x + y) | 0;
    y = ((y << 26) | (y >>> 6)) ^ x;
    x = (x + y) | 0;
    y = ((y << 6) | (y >>> 26)) ^ x;
    x = (x + key1) | 0;
    y = (y + key2 + 1) | 0;
    x = (x + y) | 0;
    y = ((y << 17) | (y >>> 15)) ^ x;
    x = (x + y) | 0;
    y = ((y << 29) | (y >>> 3)) ^ x;
    x = (x + y) | 0;
    y = ((y << 16) | (y >>> 16)) ^ x;
    x = (x + y) | 0;
    y = ((y << 24) | (y >>> 8)) ^ x;
    x = (x + key2) | 0;
    y = (y + key0 + 2) | 0;
    x = (x + y) | 0;
    y = ((y << 13) | (y >>> 19)) ^ x;
    x = (x + y) | 0;
    y = ((y << 15) | (y >>> 17)) ^ x;
    x = (x + y) | 0;
    y = ((y << 26) | (y >>> 6)) ^ x;
    x = (x + y) | 0;
    y = ((y << 6) | (y >>> 26)) ^ x;
    x = (x + key0) | 0;
    y = (y + key1 + 3) | 0;
    x = (x + y) | 0;
    y = ((y << 17) | (y >>> 15)) ^ x;
    x = (x + y) | 0;
    y = ((y << 29) | (y >>> 3)) ^ x;
    x = (x + y) | 0;
    y = ((y << 16) | (y >>> 16)) ^ x;
    x = (x + y) | 0;
    y = ((y << 24) | (y >>> 8)) ^ x;
    x = (x + key1) | 0;
    y = (y + key2 + 4) | 0;
    x = (x + y) | 0;
    y = ((y << 13) | (y >>> 19)) ^ x;
    x = (x + y) | 0;
    y = ((y << 15) | (y >>> 17)) ^ x;
    x = (x + y) | 0;
    y = ((y << 26) | (y >>> 6)) ^ x;
    x = (x + y) | 0;
    y = ((y << 6) | (y >>> 26)) ^ x;
    x = (x + key2) | 0;
    y = (y + key0 + 5) | 0;
    into[i] = ((x >>> 5) * 2 ** 26 + (y >>> 6)) * 2 ** -53;
  }
}

const own = new Int32Array(2);

/** One of the two words of the block. */
export function threefry(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  word: number,
): number {
  threefryBlock(key0, key1, counter0, counter1, own);
  return (word === 0 ? own[0] : own[1]) ?? 0;
}
