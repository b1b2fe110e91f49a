import { type DType, type TensorSpec } from '@pullback/core';
import type { Kernel } from './kernel.ts';
/** Where a value lies: in a buffer that is given, or in the arena that the kernels share. */
export type Location = {
    readonly kind: 'input';
    readonly index: number;
} | {
    readonly kind: 'output';
    readonly index: number;
} | {
    readonly kind: 'arena';
    readonly offset: number;
};
/** Blocks begin at multiples of this many bytes, and as many are free behind each: a vector may be read past the end. */
export declare const alignment = 64;
export interface Arena {
    /** The offset of each value. */
    readonly offsets: ReadonlyMap<number, number>;
    readonly bytes: number;
    /** What it would take without sharing. */
    readonly unshared: number;
}
export interface MemoryOptions {
    /** Blocks begin at multiples of this many bytes, and at least as many are free behind each; 64 when left out. */
    readonly alignment?: number;
    /** Bytes of an element, where a backend keeps some dtypes wider than the host does. */
    readonly bytesOf?: (dtype: DType) => number;
}
/**
 * The values of `specs` in one block of memory: those whose lives do not overlap share it. First fit, in order of birth. What is
 * `given` lies there before the first kernel and after the last, what is `kept` is read when all are done.
 */
export declare function planArena(kernels: readonly Kernel[], specs: ReadonlyMap<number, TensorSpec>, { kept, given }: {
    readonly kept: ReadonlySet<number>;
    readonly given: ReadonlySet<number>;
}, { alignment: step, bytesOf: width }?: MemoryOptions): Arena;
//# sourceMappingURL=memory.d.ts.map