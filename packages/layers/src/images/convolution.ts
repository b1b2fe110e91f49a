import {
  type Activation,
  add,
  type ConvolutionOptions,
  checkCall,
  checkOptions,
  convolution,
  convolutionTranspose,
  countsField,
  type FieldsOf,
  field,
  type Initializer,
  type Layer,
  type LayerOptions,
  layerFields,
  matmul,
  paddingField,
  parts,
  type Scope,
  ShapeError,
  type Value,
} from '@pullback/core';
import { filled, glorotUniform, transposed } from '../initializers.ts';
import {
  channelsOf,
  expectRank,
  expectRoom,
  extentsOf,
  imageLayer,
  otherReading,
  perAxis,
  readAs,
} from './spatial.ts';

/** The extent of a kernel along each spatial axis; one number counts for all. */
export type KernelSize = number | readonly number[];

interface LearnedOptions extends LayerOptions {
  /** Applied to the result. */
  readonly activation?: Activation;
  /** With a bias for each channel of the result, or without. */
  readonly bias?: boolean;
  /** For the kernel; Glorot's uniform when left out. */
  readonly kernelInitializer?: Initializer;
  /** For the bias; 0 when left out. */
  readonly biasInitializer?: Initializer;
}

/** Strides, dilation, padding and groups are those of `convolution`. */
export interface ConvOptions extends LearnedOptions, Omit<ConvolutionOptions, 'channels'> {}

export interface ConvTransposeOptions extends ConvOptions {
  /** The spatial extents of the result; when left out extent stride for 'same', and as few as there may be else. */
  readonly extents?: readonly number[];
}

export interface DepthwiseConvOptions
  extends LearnedOptions,
    Omit<ConvolutionOptions, 'groups' | 'channels'> {
  /** How many channels each channel becomes; 1 when left out. */
  readonly multiplier?: number;
}

const count = field.whole({ from: 1 });
const learnedFields = {
  ...layerFields,
  activation: parts.activation,
  bias: field.flag(),
  kernelInitializer: parts.initializer,
  biasInitializer: parts.initializer,
} satisfies FieldsOf<LearnedOptions>;
const placingFields = { strides: countsField, dilation: countsField, padding: paddingField };
const kernel = field.needed(countsField);
const filters = field.needed(count);

export const convFields = {
  ...learnedFields,
  ...placingFields,
  groups: count,
  filters,
  kernel,
} satisfies FieldsOf<ConvOptions & { readonly filters: number; readonly kernel: KernelSize }>;
export const convTransposeFields = {
  ...convFields,
  extents: field.list(count),
} satisfies FieldsOf<ConvTransposeOptions & { readonly filters: number; readonly kernel: KernelSize }>;
export const depthwiseConvFields = {
  ...learnedFields,
  ...placingFields,
  multiplier: count,
  kernel,
} satisfies FieldsOf<DepthwiseConvOptions & { readonly kernel: KernelSize }>;
export const separableConvFields = { ...depthwiseConvFields, filters };

/** A layer of `filters` kernels. */
export type Conv = (filters: number, kernel: KernelSize, options?: ConvOptions) => Layer<readonly [Value]>;

/** The convolutions over images of `rank` spatial axes. */
function convOf(name: string, rank: number): Conv {
  return (units, kernelSize, options = {}) => {
    const { groups = 1 } = checkCall(name, { filters: units, kernel: kernelSize }, options, convFields);
    const size = perAxis(kernelSize, rank, 'kernel');
    return imageLayer(
      name,
      options.name,
      (scope, x) => {
        expectRank(name, x, rank);
        expectGroups(x, groups);
        expectRoom('kernel', x, { ...options, size });
        const { kernelInitializer = glorotUniform() } = options;
        const weights = scope.parameter(
          'kernel',
          [...size, channelsOf(x) / groups, units],
          kernelInitializer,
        );
        return finished(scope, convolution(x, weights, placing(options, groups)), options);
      },
      'LeCun et al. 1998',
    );
  };
}

/**
 * `filters` kernels over sequences [n, length, c]: y[n, o, d] = b[d] + sum over k, c of x[n, o s + k r - before, c] W[k, c, d], with strides s and
 * dilation r, and the kernel not flipped.
 * @throws ShapeError for a kernel larger than its input, or channels that do not divide into groups; OptionError.
 */
export const conv1d = convOf('conv1d', 1);

/** `filters` kernels over images [n, height, width, c]; see `conv1d`. Source: LeCun et al. 1998. */
export const conv2d = convOf('conv2d', 2);

/** `filters` kernels over volumes [n, depth, height, width, c]; see `conv1d`. */
export const conv3d = convOf('conv3d', 3);

/**
 * A kernel of its own for each channel, over images with any number of spatial axes: channel c becomes the `multiplier` channels from
 * c multiplier on.
 * @throws ShapeError for a kernel larger than its input; OptionError.
 */
export function depthwiseConv(
  kernelSize: KernelSize,
  options: DepthwiseConvOptions = {},
): Layer<readonly [Value]> {
  checkCall('depthwiseConv', { kernel: kernelSize }, options, depthwiseConvFields);
  return imageLayer('depthwiseConv', options.name, (scope, x) =>
    finished(scope, depthwise(scope, x, kernelSize, 'kernel', options), options),
  );
}

/**
 * `depthwiseConv`, then `filters` sums of its channels at each place. Source: Chollet 2017.
 * @throws ShapeError for a kernel larger than its input; OptionError.
 */
export function separableConv(
  units: number,
  kernelSize: KernelSize,
  options: DepthwiseConvOptions = {},
): Layer<readonly [Value]> {
  checkCall('separableConv', { filters: units, kernel: kernelSize }, options, separableConvFields);
  return imageLayer(
    'separableConv',
    options.name,
    (scope, x) => {
      const apart = depthwise(scope, x, kernelSize, 'depthwiseKernel', options);
      const { kernelInitializer = glorotUniform() } = options;
      const mixing = scope.parameter('pointwiseKernel', [channelsOf(apart), units], kernelInitializer);
      return finished(scope, matmul(apart, mixing), options);
    },
    'Chollet 2017',
  );
}

/**
 * The transpose of a convolution by its input: every element spreads the kernel over the result, `strides` places apart, so that images grow.
 * The kernel is [...size, filters / groups, channels]. Any number of spatial axes.
 * @throws ShapeError for channels that do not divide into groups, or extents whose windows are not the input; OptionError.
 */
export function convTranspose(
  units: number,
  kernelSize: KernelSize,
  options: ConvTransposeOptions = {},
): Layer<readonly [Value]> {
  const { groups = 1, extents } = checkOptions(
    'convTranspose',
    { ...options, filters: units, kernel: kernelSize },
    convTransposeFields,
  );
  return imageLayer(
    'convTranspose',
    options.name,
    (scope, x) => {
      expectGroups(x, groups);
      const size = perAxis(kernelSize, extentsOf(x).length, 'kernel');
      const { kernelInitializer = glorotUniform() } = options;
      const weights = scope.parameter(
        'kernel',
        [...size, Math.ceil(units / groups), channelsOf(x)],
        transposed(kernelInitializer),
      );
      if (units % groups !== 0)
        throw new ShapeError({ got: `${units} filters`, expected: `a multiple of ${groups} groups` });
      const grown = { ...placing(options, groups), ...(extents && { extents }) };
      return finished(scope, convolutionTranspose(x, weights, grown), options);
    },
    'Zeiler et al. 2010',
  );
}

function depthwise(
  scope: Scope,
  x: Value,
  kernelSize: KernelSize,
  name: string,
  options: DepthwiseConvOptions,
): Value {
  const size = perAxis(kernelSize, extentsOf(x).length, 'kernel');
  expectRoom('kernel', x, { ...options, size });
  const { multiplier = 1, kernelInitializer = glorotUniform() } = options;
  const channels = channelsOf(x);
  const weights = scope.parameter(name, [...size, 1, channels * multiplier], kernelInitializer);
  return convolution(x, weights, placing(options, channels));
}

function placing({ strides, dilation, padding }: ConvolutionOptions, groups: number): ConvolutionOptions {
  return {
    groups,
    ...(strides !== undefined && { strides }),
    ...(dilation !== undefined && { dilation }),
    ...(padding !== undefined && { padding }),
  };
}

/** With its bias, through the activation. */
function finished(scope: Scope, made: Value, options: LearnedOptions): Value {
  const { activation = (z: Value) => z, bias = true, biasInitializer = filled(0) } = options;
  return activation(bias ? add(made, scope.parameter('bias', [channelsOf(made)], biasInitializer)) : made);
}

function expectGroups(x: Value, groups: number): void {
  const channels = channelsOf(x);
  if (channels % groups === 0) return;
  throw new ShapeError({
    got: readAs(x, extentsOf(x), channels),
    expected: `channels that divide into ${groups} groups`,
    ...((x.shape[1] ?? 0) % groups === 0 && { hint: otherReading(x) }),
  });
}
