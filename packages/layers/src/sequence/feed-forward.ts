import {
  type Activation,
  add,
  checkCall,
  concatenate,
  type FieldsOf,
  field,
  formatShape,
  type Initializer,
  type Layer,
  type LayerOptions,
  layerFields,
  mul,
  parts,
  ShapeError,
  slice,
  type Value,
} from '@pullback/core';
import { gelu } from '../activations/smooth.ts';
import { filled, glorotUniform } from '../initializers.ts';
import { times } from '../products.ts';
import { inRows } from './embedding.ts';

export interface FeedForwardOptions extends LayerOptions {
  /** gelu when left out; silu with `gated` is swiGLU. */
  readonly activation?: Activation;
  /** Whether the inner units are a(x V) (x W) in place of a(x W). Source: Shazeer 2020. */
  readonly gated?: boolean;
  /** With biases, or without. */
  readonly bias?: boolean;
  /** For all kernels; Glorot's uniform when left out. */
  readonly kernelInitializer?: Initializer;
}

export const feedForwardFields = {
  ...layerFields,
  units: field.needed(field.whole({ from: 1 })),
  activation: parts.activation,
  gated: field.flag(),
  bias: field.flag(),
  kernelInitializer: parts.initializer,
} satisfies FieldsOf<FeedForwardOptions & { readonly units: number }>;

/**
 * a(x W + b) U + c at each place, back to the width of x; gated, (a(x V + d) (x W + b)) U + c. Source: Vaswani et al. 2017, (2).
 * @throws ShapeError for a scalar or a vector, OptionError for wrong options or a column layout.
 */
export function feedForward(units: number, options: FeedForwardOptions = {}): Layer<readonly [Value]> {
  checkCall('feedForward', { units }, options, feedForwardFields);
  const { activation = gelu, gated = false, bias = true, kernelInitializer = glorotUniform() } = options;
  return {
    name: 'feedForward',
    label: options.name,
    source: 'Vaswani et al. 2017',
    forward: (scope, x) => {
      inRows(scope, 'feedForward');
      const width = x.shape.at(-1) ?? 0;
      if (x.shape.length < 2)
        throw new ShapeError({ got: formatShape(x.shape), expected: 'samples with an axis of features' });
      const affine = (z: Value, names: readonly string[], inputs: number, outputs: number) => {
        const kernels = names.map((name) => scope.parameter(name, [inputs, outputs], kernelInitializer));
        const y = times(z, joined(kernels));
        if (!bias) return y;
        return add(y, joined(names.map((name) => scope.parameter(`${name}Bias`, [outputs], filled(0)))));
      };
      const inner = affine(x, gated ? ['gate', 'inner'] : ['inner'], width, units);
      const front = x.shape.slice(0, -1);
      const half = (from: number) => slice(inner, [...front.map(() => 0), from], [...front, from + units]);
      const hidden = gated ? mul(activation(half(0)), half(units)) : activation(inner);
      return affine(hidden, ['output'], units, width);
    },
  };
}

/** Matrices or vectors side by side. */
export function joined(values: readonly Value[]): Value {
  const [only] = values;
  return only !== undefined && values.length === 1 ? only : concatenate(values);
}
