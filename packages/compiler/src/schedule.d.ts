import type { Kernel, LoopKernel, ProductKernel } from './kernel.ts';
/** Which inputs share their memory with each output. */
export type Aliases = readonly (readonly number[])[];
export interface Scheduled {
    readonly kernels: readonly Kernel[];
    /** Outputs that are written aside and copied when all kernels are done: their old contents are read until then. */
    readonly aside: ReadonlySet<number>;
}
/**
 * Kernels in an order in which the old numbers of an input are read before new ones are written over them (2.6: the gradient uses the old
 * W). Where no order does that, the new ones are written aside.
 */
export declare function schedule(groups: readonly (readonly Kernel[])[], outputs: readonly number[], aliases: Aliases): Scheduled;
/** The statements whose results are known only when all outer points are done. */
export declare function lateStatements({ statements }: LoopKernel | ProductKernel): ReadonlySet<number>;
//# sourceMappingURL=schedule.d.ts.map