import { type Kernel } from './kernel.ts';
import type { Plan } from './plan.ts';
/** Multiplications and additions of a kernel, each as one. */
export declare function flopsOf(kernel: Kernel): number;
/** The bytes of the buffers that a kernel reads and writes. */
export declare function trafficOf(kernel: Kernel, { specs }: Pick<Plan, 'specs'>): number;
/** One kernel in words: what it goes over, what it computes and writes, and where that comes from. */
export declare function describeKernel(kernel: Kernel): string;
/**
 * What a Program becomes: its kernels with flops and bytes, how much memory they share, and why each kernel that could have been part of
 * another is one of its own.
 */
export declare function explain(plan: Plan): string;
//# sourceMappingURL=explain.d.ts.map