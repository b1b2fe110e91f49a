import type { Program, TensorSpec, TypedArray } from '@pullback/core';
import { type FuseOptions } from './fuse.ts';
import type { Kernel } from './kernel.ts';
import { type Lowered, type LowerOptions } from './lower.ts';
import { type Arena, type Location, type MemoryOptions } from './memory.ts';
import { type Aliases } from './schedule.ts';
/** All that a backend has to do for a Program, in order. */
export interface Plan {
    readonly program: Program;
    readonly kernels: readonly Kernel[];
    /** Results that are copied from the arena when all kernels are done. */
    readonly copies: readonly {
        readonly from: number;
        readonly output: number;
    }[];
    /** Numbers that are part of the Program; they lie in the arena from the start, and stay. */
    readonly literals: readonly {
        readonly value: number;
        readonly data: TypedArray;
    }[];
    readonly specs: ReadonlyMap<number, TensorSpec>;
    readonly arena: Arena;
    /** Why kernels began. */
    readonly reasons: readonly string[];
    locate(value: number): Location;
}
/** A Program as kernels, before it is known which buffers it will be run on. */
export interface Kernels {
    readonly program: Program;
    readonly lowered: Lowered;
    readonly groups: readonly (readonly Kernel[])[];
    readonly reasons: readonly string[];
}
export declare function kernelsFor(program: Program, options?: FuseOptions & LowerOptions): Kernels;
/** Order and memory of the kernels, for outputs that share the memory of inputs. */
export declare function planFor({ program, lowered, groups, reasons }: Kernels, aliases?: Aliases, memory?: MemoryOptions): Plan;
//# sourceMappingURL=plan.d.ts.map