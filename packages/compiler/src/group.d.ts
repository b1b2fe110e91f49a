import type { FuseOptions } from './fuse.ts';
import type { MapOp, Op } from './op.ts';
import type { View } from './view.ts';
/** Where an op stands in the space of a group. */
export interface Member {
    readonly op: Op;
    /** The axis of the space for each axis of the op's shape; -1 for extents of 1. */
    readonly axes: readonly number[];
    /** Where results lie, over the space. */
    readonly strides: readonly number[];
    /** Along which axes of the space results differ. */
    readonly varies: readonly boolean[];
    /** Known only when all outer points are done. */
    readonly late: boolean;
}
/** Ops that become one kernel. */
export declare class Group {
    #private;
    id: number;
    readonly kind: 'loop' | 'product' | 'single';
    readonly space: readonly number[];
    readonly members: Map<number, Member>;
    /** Along which axes it sums, if it does; those are the inner ones in `rows`, the outer ones in `columns`. */
    reduced: readonly boolean[] | undefined;
    order: 'map' | 'rows' | 'columns';
    constructor(id: number, kind: 'loop' | 'product' | 'single', space: readonly number[]);
    get hasLate(): boolean;
    /**
     * Puts `op` in, with the floating ops that it reads, and tells whether it could: each value that is made here must be read at the very
     * point at which it is made.
     */
    add(op: Op, floating: ReadonlyMap<number, Op>, options?: FuseOptions): boolean;
    /** The members that putting `op` in would add, itself last; undefined where it does not fit. */
    place(op: Op, floating: ReadonlyMap<number, Op>, options?: FuseOptions, { wanted, pending }?: {
        readonly wanted?: View;
        readonly pending?: readonly Member[];
    }): readonly Member[] | undefined;
}
/** `numbers`, one for each axis of an op, for each axis of the space. */
export declare function over(space: readonly number[], axes: readonly number[], numbers: readonly number[]): number[];
export declare function viewOver(space: readonly number[], axes: readonly number[], { offset, strides }: View): View;
/** Whether an op that is computed again costs less than reading its result from memory. */
export declare function isCheap(op: Op): op is MapOp;
//# sourceMappingURL=group.d.ts.map