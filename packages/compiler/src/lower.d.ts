import { type Primitive, type Program, type TensorSpec } from '@pullback/core';
import type { Op } from './op.ts';
/** A Program without movement: what it computes, each value read through views. */
export interface Lowered {
    readonly ops: readonly Op[];
    /** The spec of every value that has memory or is computed, by number; the Program's inputs come first. */
    readonly specs: ReadonlyMap<number, TensorSpec>;
    /** The value of each output, as dense as the output. */
    readonly outputs: readonly number[];
    readonly inputs: number;
}
export interface LowerOptions {
    /** Elementwise primitives that the backend has no scalar rule for: they are kernels of their own, by the meaning that they bring. */
    readonly asWhole?: (primitive: Primitive) => boolean;
}
/** Opens movement into views; what no view can say becomes a copy. */
export declare function lower(program: Program, { asWhole }?: LowerOptions): Lowered;
//# sourceMappingURL=lower.d.ts.map