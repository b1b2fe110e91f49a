import type { LoopKernel, Store } from '@pullback/compiler';
import type { Stage } from '../stage.ts';
import { Code, decode } from '../wgsl/code.ts';
import { axesUsed, coneOf, readsOf, Statements } from '../wgsl/statements.ts';

/** Stores that differ along the same axes, those along most axes first. */
export function byVariation(
  { space, statements }: LoopKernel,
  stores: readonly Store[],
): { readonly varies: readonly boolean[]; readonly stores: readonly Store[] }[] {
  const classes = new Map<string, { varies: readonly boolean[]; stores: Store[] }>();
  for (const store of stores) {
    const varies = space.map(
      (extent, axis) => extent !== 1 && statements[store.statement]?.varies[axis] === true,
    );
    const key = varies.join();
    const known = classes.get(key);
    if (known === undefined) classes.set(key, { varies, stores: [store] });
    else known.stores.push(store);
  }
  const along = (varies: readonly boolean[]) => varies.filter(Boolean).length;
  return [...classes.values()].sort((a, b) => along(b.varies) - along(a.varies));
}

/**
 * Statements at points that do not know of each other, an invocation for each. A statement that differs along fewer axes than others
 * is a stage of its own: its result may be written over values that the others read.
 */
export function mapStages(kernel: LoopKernel): Stage[] {
  return byVariation(kernel, kernel.stores).map(({ varies, stores }): Stage => {
    const axes = kernel.space.flatMap((extent, axis) => (varies[axis] ? [{ axis, extent }] : []));
    const points = axes.reduce((n, { extent }) => n * extent, 1);
    const cone = coneOf(
      kernel,
      stores.map(({ statement }) => statement),
      () => true,
    );
    return {
      label: labelOf(kernel),
      origins: kernel.origins,
      reads: readsOf(kernel, cone),
      writes: stores.map(({ buffer }) => buffer),
      operations: cone.size + stores.length,
      groups: (width) => Math.ceil(points / width),
      body: (memory, width) => {
        const code = new Code();
        const statements = new Statements(kernel, memory);
        code.points(points, width, 'point', () => {
          const used = axesUsed(kernel, cone, stores);
          for (const [axis, extent] of kernel.space.entries())
            if (used.has(axis) && (!varies[axis] || extent === 1)) code.line(`let x${axis} = 0u;`);
          decode(code, 'point', axes, used);
          statements.compute(code, cone);
          for (const store of stores) statements.store(code, store);
        });
        return code.toString();
      },
    };
  });
}

/** The names of what a kernel computes. */
export function labelOf({ statements }: Pick<LoopKernel, 'statements'>): string {
  const names = [...new Set(statements.map(({ name }) => name))];
  return names.length > 6 ? `${names.slice(0, 6).join('-')}...` : names.join('-');
}
