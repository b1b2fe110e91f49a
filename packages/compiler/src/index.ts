export { denseView, sameView, type View } from '@pullback/core';
export { type Cost, costOf } from './cost.ts';
export { describeKernel, explain, flopsOf, trafficOf } from './explain.ts';
export type { FuseOptions } from './fuse-options.ts';
export {
  type Input,
  type Kernel,
  type LoopKernel,
  type ProductKernel,
  readBy,
  type Statement,
  type Store,
  type WholeKernel,
  writtenBy,
} from './kernel.ts';
export { identity, programKey } from './key.ts';
export type { LowerOptions } from './lower/lower.ts';
export { alignment, type Location, type MemoryOptions } from './memory.ts';
export { copyOf } from './op.ts';
export { type Kernels, kernelsFor, type Plan, planFor } from './plan.ts';
export { type Aliases, lateStatements } from './schedule.ts';
export { type Structure, structureOf } from './structure.ts';
