import type { Fused } from './fuse.ts';
import { type Group } from './group.ts';
import type { Kernel } from './kernel.ts';
import type { Lowered } from './lower.ts';
/** The kernels of a group, in order: one, or one for each part of what is put together. */
export declare function kernelsOf(group: Group, lowered: Lowered, { stored, owners }: Pick<Fused, 'stored' | 'owners'>): Kernel[];
//# sourceMappingURL=build.d.ts.map