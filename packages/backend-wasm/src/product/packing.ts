import { types } from '../encoding.ts';
import { branchIf, get, i32, loop, set, v128, when } from '../instructions.ts';
import { Lane } from '../lane.ts';
import type { ModuleBuilder } from '../module.ts';
import type { Floats } from './floats.ts';
import { plus, type Strides, strided } from './strided.ts';

export interface Packing {
  /** Elements side by side in the packed form: rows of a strip of A or columns of a panel of B. */
  readonly width: number;
  /** Elements from one step of the inner dimension to the next in the packed form: `width` or more, whole vectors where steps are neighbours. */
  readonly pitch: number;
  readonly source: Strides;
}

/** Bytes behind the packed form that packing may overwrite, since vectors are stored whole and steps in blocks of `lanes`. */
export function spillOf({ lanes, bytes }: Floats, pitch: number): number {
  return ((lanes - 1) * pitch + lanes) * bytes;
}

/**
 * Function (to, from, count) that gathers the elements that a tile reads: to[k pitch + x] = from[k along + x across] for x < width,
 * k < count. Bytes between width and pitch are garbage, and so are those behind the end, as far as `spillOf` says.
 */
export function definePacking(module: ModuleBuilder, floats: Floats, packing: Packing): number {
  const { bytes, lanes } = floats;
  const { width, pitch, source } = packing;
  const { across, along } = source;
  return module.define({ parameters: [types.i32, types.i32, types.i32] }, (locals) => {
    const [to, from, count] = [0, 1, 2];
    const lines = strided(width, across * bytes);
    const groups = Array.from({ length: Math.ceil(width / lanes) }, (_, group) => group * lanes);
    const transposing = along === 1 && across !== 1;

    const whole = () => groups.map((x) => v128.store(get(to), v128.load(get(from), x * bytes), x * bytes));
    const oneByOne = () =>
      Array.from({ length: width }, (_, x) => floats.copyOne(get(to), x * bytes, get(from), lines.offset(x)));
    // `lanes` lines by `lanes` steps
    const blocks = () =>
      groups.map((x) => {
        const lane = new Lane(locals);
        const sources = Array.from({ length: lanes }, (_, i) =>
          lane.keep(v128.load(get(from), lines.offset(Math.min(x + i, width - 1)))),
        );
        const rows = floats.transpose(sources, (value) => lane.keep(value));
        return [lane.statements, rows.map((row, k) => v128.store(get(to), row, (k * pitch + x) * bytes))];
      });

    const steps = transposing ? lanes : 1;
    const left = i32.gtS(get(count), i32.const(0));
    return [
      set(from, plus(get(from), lines.lowest)),
      when(
        left,
        loop(
          transposing ? blocks() : across === 1 ? whole() : oneByOne(),
          set(from, plus(get(from), steps * along * bytes)),
          set(to, plus(get(to), steps * pitch * bytes)),
          set(count, i32.sub(get(count), i32.const(steps))),
          branchIf(0, left),
        ),
      ),
    ];
  });
}
