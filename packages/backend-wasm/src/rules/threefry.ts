import type { Code } from '../encoding.ts';
import { i32x4, v128 } from '../instructions.ts';
import type { Rule } from '../lane.ts';

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** One word of Threefry-2x32 with 20 rounds, for four counters at once. Source: J. Salmon et al. (SC 2011). */
export function threefry(word: number): Rule {
  return (lane, [key0], [key1], [counter0], [counter1]) => {
    const keep = (value: Code) => lane.keep(value);
    const constant = (n: number) => lane.constant(i32x4.const(n));
    const key2 = keep(v128.xor(v128.xor(key0, key1), constant(0x1bd11bda)));
    const schedule = [key0, key1, key2, key0, key1, key2, key0];
    let x = keep(i32x4.add(counter0, key0));
    let y = keep(i32x4.add(counter1, key1));
    for (let group = 1; group <= 5; group++) {
      for (const by of rotations[group % 2 === 1 ? 0 : 1]) {
        x = keep(i32x4.add(x, y));
        y = keep(v128.xor(v128.or(i32x4.shl(y, by), i32x4.shrU(y, 32 - by)), x));
      }
      const [first = [], second = []] = schedule.slice(group);
      x = keep(i32x4.add(x, first));
      y = keep(i32x4.add(i32x4.add(y, second), constant(group)));
    }
    return [word === 0 ? x : y];
  };
}
