import type { Program } from '@pullback/core';
/** The whole structure of a Program in writing; primitives and arrays of numbers count by reference. Origins are left out: they compute nothing. */
export declare function programKey({ inputs, body, outputs }: Program): string;
//# sourceMappingURL=key.d.ts.map