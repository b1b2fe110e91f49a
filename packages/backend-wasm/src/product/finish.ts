import { type Code, types, type ValueType } from '../encoding.ts';
import { get, set, v128 } from '../instructions.ts';
import { type Four, Lane } from '../lane.ts';
import type { Locals } from '../module.ts';
import type { Floats } from './floats.ts';
import type { ProductSpec } from './spec.ts';
import { vectorsOf } from './tile.ts';

export interface FinishLocals {
  readonly sums: number;
  readonly row: number;
  readonly column: number;
  readonly batch: number;
}

/** The epilogue on every four of a tile whose sums are stored. */
export function finishTile(
  locals: Locals,
  floats: Floats,
  { epilogue, lane: options }: ProductSpec,
  { height, width }: { readonly height: number; readonly width: number },
  at: FinishLocals,
): Code {
  const lane = new Lane(locals, options);
  const shared = new Map<string, number>();
  const once = (key: string, type: ValueType, make: () => Code): Code => {
    const known = shared.get(key);
    if (known !== undefined) return get(known);
    const local = locals.make(type);
    lane.statements.push(set(local, make()));
    shared.set(key, local);
    return get(local);
  };
  const vectors = vectorsOf(width, floats);
  for (let dr = 0; dr < height; dr++)
    for (let dc = 0; dc < width; dc += 4) {
      const sum = (vector: number): Code => {
        const local = locals.make(types.v128);
        const value = vector < vectors ? v128.load(get(at.sums), (dr * vectors + vector) * 16) : floats.zero;
        lane.statements.push(set(local, value));
        return get(local);
      };
      const first = dc / floats.lanes;
      const four: Four = floats.lanes === 4 ? [sum(first)] : [sum(first), sum(first + 1)];
      epilogue(
        {
          row: get(at.row),
          column: get(at.column),
          batch: get(at.batch),
          dr,
          dc,
          count: Math.min(4, width - dc),
          once,
        },
        four,
        lane,
      );
    }
  return [lane.prologue, lane.statements];
}
