import { add, or, shl, shrU, xor } from '../operations.ts';
import type { Scalar } from '../scalar.ts';

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** One word of Threefry-2x32 with 20 rounds. Source: J. Salmon et al., Parallel random numbers (SC 2011). */
export function threefry([key0, key1, counter0, counter1]: readonly Scalar[], word: number): Scalar {
  if (key0 === undefined || key1 === undefined || counter0 === undefined || counter1 === undefined)
    throw new RangeError('threefry of fewer than four words');
  const key2 = xor(xor(key0, key1), 0x1bd11bda);
  const schedule = [key0, key1, key2, key0, key1, key2, key0];
  let x = add(counter0, key0);
  let y = add(counter1, key1);
  for (let group = 1; group <= 5; group++) {
    for (const by of rotations[group % 2 === 1 ? 0 : 1]) {
      x = add(x, y);
      y = xor(or(shl(y, by), shrU(y, 32 - by)), x);
    }
    const [first = key0, second = key0] = schedule.slice(group);
    x = add(x, first);
    y = add(add(y, second), group);
  }
  return word === 0 ? x : y;
}
