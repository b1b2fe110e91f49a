import type { Code } from '../encoding.ts';
import { shuffle, v128 } from '../instructions.ts';
import type { Lane } from '../lane.ts';

/** Elements from `count` on replaced by what changes nothing. */
export function only(count: number, value: Code, neutral: Code, lane: Lane): Code {
  if (count >= 4) return value;
  const bytes = Array.from({ length: 16 }, (_, byte) => (byte < count * 4 ? 255 : 0));
  return v128.bitselect(value, neutral, lane.constant(v128.const(bytes)));
}

/** The four lanes as one, in every lane. */
export function folded(lane: Lane, value: Code, f: (a: Code, b: Code) => Code): Code {
  const two = lane.keep(f(value, turned(value)));
  return lane.keep(f(two, shuffle(two, two, [1, 0, 3, 2])));
}

/** The upper half first. `x` is read twice. */
export function turned(x: Code): Code {
  return shuffle(x, x, [2, 3, 0, 1]);
}
