import { type Code, types } from '../encoding.ts';
import { get, set, v128, when } from '../instructions.ts';
import type { Lane } from '../lane.ts';

/** `rare` in the lanes of `mask`, `usual` in the others; `rare` is computed only where a lane needs it. */
export function replaceWhere(lane: Lane, mask: Code, usual: Code, rare: Code): Code {
  const result = lane.locals.make(types.v128);
  const where = lane.keep(mask);
  lane.statements.push(
    set(result, usual),
    when(v128.anyTrue(where), set(result, v128.bitselect(rare, get(result), where))),
  );
  return get(result);
}
