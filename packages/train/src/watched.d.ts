import type { Metric } from '@pullback/core';
import type { Head } from './heads.ts';
/** A metric of one output. */
export interface Watched {
    readonly metric: Metric;
    readonly head: number;
    /** What the figure is called: the metric's name, after that of the output where there are several. */
    readonly figure: string;
    /** The name of its sums: metrics count by reference, so two of one name do not share them. */
    readonly total: string;
}
export declare function watch(metric: Metric, head: number, heads: readonly Head[]): Watched;
/** The name of the sum of an output's errors. */
export declare function lossTotal(head: number): string;
//# sourceMappingURL=watched.d.ts.map