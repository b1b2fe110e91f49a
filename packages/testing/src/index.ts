export { type Case, ConformanceError, report } from './case.ts';
export { type BackendConformance, conformBackend } from './conform-backend.ts';
export { conformLayer, type LayerConformance } from './conform-layer.ts';
export { conformLoss, type LossConformance } from './conform-loss.ts';
export { conformNode, type NodeFunction, type NodeOptions, type Properties } from './conform-node.ts';
export { conformOptimizer, type OptimizerConformance, type Reference } from './conform-optimizer.ts';
export { type Difference, difference } from './differences.ts';
export { type CheckedModel, gradientCheck, type WrongGradient } from './gradient-check.ts';
export { allClose, near, ulps } from './numbers.ts';
