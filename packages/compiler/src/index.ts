export { denseView, sameView, type View } from '@pullback/core';
export { describeKernel, explain, flopsOf, trafficOf } from './explain.ts';
export { type Cost, costOf } from './fuse/cost.ts';
export {
  atOnce,
  type FactorLoad,
  type Input,
  type Kernel,
  type Location,
  type LoopKernel,
  type Phase,
  type ProductKernel,
  plainStrides,
  type Repeated,
  readBy,
  type Statement,
  type Steps,
  type Store,
  type WholeKernel,
  writtenBy,
} from './kernels/kernel.ts';
export { lateStatements, phased } from './kernels/phases.ts';
export { type Structure, structureOf } from './kernels/structure.ts';
export { type Bound, copyOf, type Factor } from './lower/op.ts';
export { alignment, type MemoryOptions } from './memory/memory.ts';
export type { Aliases } from './memory/schedule.ts';
export { type Kernels, kernelsFor, type Plan, planFor } from './plan.ts';
export { anyTarget, type Target } from './target.ts';
