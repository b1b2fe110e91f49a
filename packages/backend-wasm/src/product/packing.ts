import { types } from '../encoding.ts';
import { branchIf, get, i32, loop, set, tee, v128, when } from '../instructions.ts';
import { Lane } from '../lane.ts';
import type { ModuleBuilder } from '../module.ts';
import type { Floats } from './floats.ts';
import { plus, type Strides, strided } from './strided.ts';

export interface Packing {
  /** Elements side by side in the packed form: rows of a strip of A or columns of a panel of B. */
  readonly width: number;
  /** Elements from one step of the inner dimension to the next in the packed form, `width` or more. */
  readonly pitch: number;
  readonly source: Strides;
}

/**
 * Function (to, from, count) that gathers what a tile reads: to[k pitch + x] = from[k along + x across] for x < width, k < count. Vectors are
 * stored whole, so what lies between width and pitch is garbage, and so are up to 15 bytes behind the end.
 */
export function definePacking(module: ModuleBuilder, floats: Floats, packing: Packing): number {
  const { bytes, lanes } = floats;
  const { width, pitch, source } = packing;
  const { across, along } = source;
  return module.define({ parameters: [types.i32, types.i32, types.i32] }, (locals) => {
    const [to, from, count] = [0, 1, 2];
    const end = locals.make(types.i32);
    const columns = strided(width, across * bytes);
    const groups = Array.from({ length: Math.ceil(width / lanes) }, (_, group) => group * lanes);
    const advance = (steps: number) => [
      set(from, plus(get(from), steps * along * bytes)),
      set(to, plus(get(to), steps * pitch * bytes)),
    ];
    const single =
      across === 1
        ? groups.map((x) => v128.store(get(to), v128.load(get(from), x * bytes), x * bytes))
        : Array.from({ length: width }, (_, x) =>
            floats.copyOne(get(to), x * bytes, get(from), columns.offset(x)),
          );
    const lower = set(from, plus(get(from), across === 1 ? 0 : columns.lowest));
    const singles = loop(single, advance(1), branchIf(0, tee(count, i32.sub(get(count), i32.const(1)))));
    if (along !== 1 || across === 1) return [lower, when(get(count), singles)];

    // Blocks of `lanes` x `lanes`, the last group first: what it writes behind the width is overwritten by the groups before.
    const blocks = [...groups].reverse().map((x) => {
      const lane = new Lane(locals);
      const sources = Array.from({ length: lanes }, (_, i) =>
        lane.keep(v128.load(get(from), columns.offset(Math.min(x + i, width - 1)))),
      );
      const rows = floats.transpose(sources, (value) => lane.keep(value));
      return [lane.statements, rows.map((row, k) => v128.store(get(to), row, (k * pitch + x) * bytes))];
    });
    return [
      lower,
      set(end, i32.and(get(count), i32.const(-lanes))),
      set(count, i32.and(get(count), i32.const(lanes - 1))),
      when(
        get(end),
        loop(blocks, advance(lanes), branchIf(0, tee(end, i32.sub(get(end), i32.const(lanes))))),
      ),
      when(get(count), singles),
    ];
  });
}
