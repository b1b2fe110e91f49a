import { type Value } from '@pullback/core';
/**
 * Which samples of a larger set a step takes: `size` of them, in turn by the number of the step; or those from the resident `cursor` on,
 * which the Program moves on itself; or those whose places stand in the resident `order` from there on. The order of all needs no cursor.
 */
export interface Choice {
    readonly size: number;
    readonly by: 'step' | 'cursor' | 'order';
}
/** What a Program needs so that it chooses its samples itself: no step waits for the host. */
export interface Chosen {
    /** The chosen samples of all, which lie along `axis`. */
    take(all: Value, axis: number): Value;
    /** Inputs of the Program beside the samples, by name. */
    readonly inputs: ReadonlyMap<string, Value>;
    /** What takes their place for the next step. */
    readonly next: ReadonlyMap<string, Value>;
}
/** rows = order[cursor + i] or cursor + i, for i in 0 .. size - 1, and cursor' = cursor + size; or (step mod count / size) size + i. */
export declare function choose(choice: Choice | undefined, count: number, step: Value): Chosen;
//# sourceMappingURL=choice.d.ts.map