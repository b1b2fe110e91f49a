const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;

/**
 * One of the two 32-bit words of Threefry-2x32 with 20 rounds: a block cipher whose counters are the random stream, so
 * the same (key, counter) gives the same bits everywhere and in any order. Words are int32, taken as bits.
 * Source: J. Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (SC 2011).
 */
export function threefry(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  word: number,
): number {
  const keys = [key0 | 0, key1 | 0, 0x1bd11bda ^ key0 ^ key1];
  let x = (counter0 + key0) | 0;
  let y = (counter1 + key1) | 0;
  for (let group = 1; group <= 5; group++) {
    for (let i = 0; i < 4; i++) {
      const by = rotations[(((group - 1) % 2) * 4 + i) % 8] ?? 0;
      x = (x + y) | 0;
      y = ((y << by) | (y >>> (32 - by))) ^ x;
    }
    x = (x + (keys[group % 3] ?? 0)) | 0;
    y = (y + (keys[(group + 1) % 3] ?? 0) + group) | 0;
  }
  return word === 0 ? x : y;
}
