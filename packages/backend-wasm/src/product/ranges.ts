import { type Code, types } from '../encoding.ts';
import { block, branchIf, choose, get, i32, loop, repeat, set, tee, when } from '../instructions.ts';
import type { Locals } from '../module.ts';
import { plus, times } from './strided.ts';
import { type Partition, partsOf } from './tiling.ts';

/** Some parts of a partition, as code for the first and the one behind the last. */
export interface Range {
  readonly first: Code;
  readonly end: Code;
  /** Whether it is known to be every part. */
  readonly all: boolean;
}

export const everyPart = (partition: Partition): Range => ({
  first: i32.const(0),
  end: i32.const(partsOf(partition)),
  all: true,
});

/** `body` for every part in `range`; the local `start` holds where the part begins. `size` is known when the code is written. */
export function overParts(
  locals: Locals,
  partition: Partition,
  range: Range,
  start: number,
  body: (size: number) => Code,
): Code {
  const { size, whole, rest } = partition;
  const stop = locals.make(types.i32);
  const wholeStop = range.all
    ? i32.const(whole)
    : choose(range.end, i32.const(whole), i32.ltS(range.end, i32.const(whole)));
  let begin = whole * size;
  return [
    whole === 0
      ? []
      : [
          set(stop, times(wholeStop, size)),
          repeat(start, times(range.first, size), get(stop), size, body(size)),
        ],
    rest.map((last, i) => {
      const code = [set(start, i32.const(begin)), body(last)];
      begin += last;
      const [part, next] = [i32.const(whole + i), i32.const(whole + i + 1)];
      return range.all ? code : when(i32.and(i32.leS(range.first, part), i32.geS(range.end, next)), code);
    }),
  ];
}

/** `body` for runs of at most `size` parts that together are `range`. */
export function inBlocks(
  locals: Locals,
  partition: Partition,
  range: Range,
  size: number,
  body: (range: Range) => Code,
): Code {
  if (size >= partsOf(partition)) return body(range);
  const [first, end] = [locals.make(types.i32), locals.make(types.i32)];
  const next = plus(get(first), size);
  return [
    set(first, range.first),
    block(
      branchIf(0, i32.geS(get(first), range.end)),
      loop(
        set(end, choose(next, range.end, i32.ltS(next, range.end))),
        body({ first: get(first), end: get(end), all: false }),
        branchIf(0, i32.ltS(tee(first, get(end)), range.end)),
      ),
    ),
  ];
}
