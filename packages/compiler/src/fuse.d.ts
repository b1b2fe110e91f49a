import { Group } from './group.ts';
import type { Lowered } from './lower.ts';
export interface FuseOptions {
    /** Whether elementwise ops join a product. */
    readonly epilogue?: boolean;
    /** How many buffers a kernel may read and write; as many as it likes when left out. */
    readonly mostBuffers?: number;
}
export interface Fused {
    /** In an order in which every value is made before it is read. */
    readonly groups: readonly Group[];
    /** The values that need memory. */
    readonly stored: ReadonlySet<number>;
    /** The group that writes each of them; others that have it computed it again. */
    readonly owners: ReadonlyMap<number, Group>;
    /** Why an op began a kernel of its own. */
    readonly reasons: readonly string[];
}
/**
 * Which ops are computed together. Three rules: an op joins the kernel of its latest producer; one made of inputs alone is computed again
 * wherever it is read, when that is cheap; else it joins a later kernel over the same space, or begins one.
 */
export declare function fuse({ ops, outputs, inputs }: Lowered, options?: FuseOptions): Fused;
//# sourceMappingURL=fuse.d.ts.map