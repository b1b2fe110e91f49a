export type {
  Backend,
  BackendStatistics,
  Binding,
  Buffer,
  Executable,
  Exported,
  ExportedNames,
} from './contracts/backend.ts';
export { defineMetric, type MetricRules, noSamples } from './contracts/define-metric.ts';
export type { Initializer } from './contracts/initializer.ts';
export {
  type Decoding,
  defineLayer,
  type Layer,
  type LayerOptions,
  type Layout,
  layerFields,
  type ParameterOptions,
  rescoped,
  type Scope,
  type State,
} from './contracts/layer.ts';
export {
  defineLoss,
  type Loss,
  type Meaning,
  type Placement,
  placementOf,
  type Reduction,
} from './contracts/loss.ts';
export { type Better, type Metric, type MetricPlacement, meaningOf } from './contracts/metric.ts';
export {
  checkLearningRate,
  defineOptimizer,
  type OptimizedParameter,
  type Optimizer,
  type OptimizerOptions,
  type OptimizerRules,
  optimizerFields,
  type Schedule,
  type Slots,
  type StepInputs,
  type UpdatedParameter,
  type Updates,
} from './contracts/optimizer.ts';
export { checkRanks, type Reducer } from './contracts/reducer.ts';
export { type BackwardStep, backwardWalk, gradient } from './derive/gradient.ts';
export { recomputed } from './derive/recomputed.ts';
export { hessianVectorProduct, jacobian, jvp, type ValueFunction, vjp } from './derive/transform.ts';
export { unbroadcast } from './derive/unbroadcast.ts';
export { perSampleGradients, type VmapOptions, vmap } from './derive/vmap.ts';
export * from './errors.ts';
export { type ElementsRules, elementsPrimitive } from './forms/elements.ts';
export type { Form, Labels, Repeat } from './forms/form.ts';
export { partsPrimitive, viewPrimitive } from './forms/moving.ts';
export { type Roles, rolesOf } from './forms/roles.ts';
export { denseView, type Placed, sameView, type View } from './forms/view.ts';
export { apply, applyMany, applyPrimitive } from './graph/apply.ts';
export type { Attribute, Attributes } from './graph/attributes.ts';
export { defineNode, defineNodeWithOutputs, type ManyOutputsRules, type NodeRules } from './graph/define.ts';
export {
  type Activation,
  type ActivationRules,
  type ActivationWith,
  activationOf,
  defineActivation,
  defineActivationWith,
} from './graph/define-activation.ts';
export { describeOrigin, describeOrigins, labelled, type Origin, type Pass, within } from './graph/origin.ts';
export type {
  Batch,
  Composite,
  Cotangents,
  Detour,
  GradientOf,
  Instruction,
  InverseLink,
  Node,
  Outputs,
  Primitive,
  PrimitiveKind,
  Program,
} from './graph/value.ts';
export { Value, Vertex } from './graph/value.ts';
export { clip, oneHot, pow, reciprocal, weigh } from './math/algebra.ts';
export {
  type ConvolutionOptions,
  type ConvolutionTransposeOptions,
  convolution,
  convolutionTranspose,
} from './math/convolution.ts';
export { einsum } from './math/einsum.ts';
export { labelErrors } from './math/label-errors.ts';
export { type Logits, log, logitsOf } from './math/log.ts';
export { distance, globalNorm, norm } from './math/norm.ts';
export { normal } from './math/normal.ts';
export { relu } from './math/relu.ts';
export { logSigmoid, sigmoid, softplus } from './math/sigmoid.ts';
export { type AxisOptions, logSoftmax, logSumExp, softmax } from './math/softmax.ts';
export { mean, standardDeviation, type VarianceOptions, variance } from './math/statistics.ts';
export { add, ceil, div, floor, mod, mul, neg, round, sub } from './ops/arithmetic.ts';
export { broadcast, type ReductionOptions, sum } from './ops/broadcast-sum.ts';
export { cast } from './ops/cast.ts';
export { and, equal, greater, greaterEqual, less, lessEqual, not, or } from './ops/comparisons.ts';
export { concatenate, stack } from './ops/concatenate.ts';
export { contract } from './ops/contract.ts';
export type { Operand } from './ops/elementwise.ts';
export { maximum, minimum } from './ops/extrema.ts';
export { flip } from './ops/flip.ts';
export { abs, cos, erf, exp, expm1, log1p, sign, sin, sqrt, square, tanh } from './ops/functions.ts';
export { gather, scatterAdd } from './ops/gather-scatter.ts';
export { barrier, stopGradient } from './ops/identity.ts';
export { iota } from './ops/iota.ts';
export { constant, fill, ones, placeholder, zeros } from './ops/leaves.ts';
export { matmul } from './ops/matmul.ts';
export { argmax, max, min } from './ops/max.ts';
export { foldIn, randomBits, uniform } from './ops/random.ts';
export { expandDims, reshape, squeeze } from './ops/reshape.ts';
export { select } from './ops/select.ts';
export { type PadOptions, pad, slice } from './ops/slice-pad.ts';
export { moveAxis, swapAxes, transpose } from './ops/transpose.ts';
export { countsField, type Padding, paddingField } from './ops/windowing.ts';
export { type FoldOptions, fold, type WindowOptions, windows } from './ops/windows.ts';
export { checkCall, checkOptions } from './options/check-options.ts';
export type { Bounds, Field, Fields, FieldsOf, OptionsOf, Refused } from './options/field.ts';
export * as field from './options/field.ts';
export { nearest } from './options/meant.ts';
export {
  type NamePattern,
  namePattern,
  type PathFilter,
  type Paths,
  pathFilter,
  pathsField,
} from './options/name-pattern.ts';
export { partOf } from './options/part-of.ts';
export { parts } from './options/parts.ts';
export { keyOf, RandomStream } from './random/stream.ts';
export { threefry } from './random/threefry.ts';
export { type Scanned, type ScanOptions, scan } from './repeat/scan.ts';
export type { Values } from './repeat/trees.ts';
export { formulaOf } from './scalar/formula-of.ts';
export { farAngle } from './scalar/functions/trigonometric.ts';
export * as scalar from './scalar/index.ts';
export { type Interpreted, interpret } from './scalar/interpret.ts';
/** Those of `scalar` that compilers put together themselves, without the functions, which are long. */
export * as scalarOperations from './scalar/operations.ts';
export {
  type Emitter,
  emitInOrder,
  type Formula,
  type FormulaAt,
  type HostFunction,
  type Operation,
  operandsOf,
  type Scalar,
  type ScalarType,
} from './scalar/scalar.ts';
export type { Tensor } from './tensors/dtype.ts';
export {
  allocateArray,
  arrayOn,
  bytesOf,
  type DType,
  type FloatDType,
  isFloat,
  roundTo,
  store,
  type TensorSpec,
  type TypedArray,
} from './tensors/dtype.ts';
export { dtypeOf, isNumberArray, isTypedArray, type NumberArray } from './tensors/host-arrays.ts';
export { formatShape, lastOf, placeOf, type Shape, sameShape, sizeOf } from './tensors/shape.ts';
export {
  fit,
  type Image,
  type Nested,
  type Shaped,
  type TensorLike,
  tensor,
  tensorOf,
} from './tensors/tensor.ts';
export { type Compiled, type CompileOptions, compile, compileFields, compileOn } from './trace/compile.ts';
export { evaluate } from './trace/evaluate.ts';
export { type BoundSteps, boundSteps, tensorAt } from './trace/interpret.ts';
export { operationsOf } from './trace/operations.ts';
export { formatProgram } from './trace/program.ts';
export { identityOf, programKey } from './trace/program-key.ts';
export { trace } from './trace/trace.ts';
export { unrolled } from './trace/unroll.ts';
