import { add, gather, iota, mod, mul, placeholder, type Value } from '@pullback/core';
import { planNames } from './names.ts';

/**
 * Which samples of a larger set a step takes: `size` of them, in turn by the number of the step; or those from the resident `cursor` on,
 * which the Program moves on itself; or those whose places stand in the resident `order` from there on. The order of all needs no cursor.
 */
export interface Choice {
  readonly size: number;
  readonly by: 'step' | 'cursor' | 'order';
}

/** The samples that a Program chooses itself: no step waits for the host. */
export interface Chosen {
  /** The chosen samples of all, which lie along `axis`. */
  take(all: Value, axis: number): Value;
  /** Inputs of the Program beside the samples, by name. */
  readonly inputs: ReadonlyMap<string, Value>;
  /** The Values that take their place for the next step. */
  readonly next: ReadonlyMap<string, Value>;
}

/** rows = order[cursor + i] or cursor + i, for i in 0 .. size - 1, and cursor' = cursor + size; or (step mod count / size) size + i. */
export function choose(choice: Choice | undefined, count: number, step: Value): Chosen {
  const all: Chosen = { take: (x) => x, inputs: new Map(), next: new Map() };
  if (choice === undefined) return all;
  const { size, by } = choice;
  const byRows = (rows: Value) => (x: Value, axis: number) => gather(x, rows, { axis });
  if (by === 'step')
    return size === count
      ? all
      : { ...all, take: byRows(add(mul(mod(step, count / size), size), iota([size]))) };
  const order = placeholder({ shape: [count], dtype: 'int32' }, planNames.order);
  if (by === 'order' && size === count)
    return { ...all, take: byRows(order), inputs: new Map([[planNames.order, order]]) };
  const cursor = placeholder({ shape: [], dtype: 'int32' }, planNames.cursor);
  const places = add(cursor, iota([size]));
  return {
    take: byRows(by === 'order' ? gather(order, places) : places),
    inputs: new Map([
      [planNames.cursor, cursor],
      ...(by === 'order' ? [[planNames.order, order] as const] : []),
    ]),
    next: new Map([[planNames.cursor, add(cursor, size)]]),
  };
}
