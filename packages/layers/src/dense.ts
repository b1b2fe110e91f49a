import {
  type Activation,
  add,
  checkCall,
  type FieldsOf,
  field,
  formatShape,
  type Initializer,
  type Layer,
  type LayerOptions,
  type Layout,
  layerFields,
  parts,
  ShapeError,
  type Value,
} from '@pullback/core';
import { filled, glorotUniform, transposed } from './initializers.ts';
import { times, timesLeft } from './products.ts';

export interface DenseOptions extends LayerOptions {
  /** Applied to Z: without one the layer is affine. */
  readonly activation?: Activation;
  /** With a bias, or without. */
  readonly bias?: boolean;
  /** Samples in rows, Z = b + X W with W [p, q], or in columns, Z = b + W X with W [q, p]; the model's when left out. */
  readonly layout?: Layout;
  /** For the weights, drawn as [p, q] in both layouts; Glorot's uniform when left out. */
  readonly kernelInitializer?: Initializer;
  /** For the bias; 0 when left out. */
  readonly biasInitializer?: Initializer;
}

export const denseFields = {
  ...layerFields,
  units: field.needed(field.whole({ from: 1 })),
  activation: parts.activation,
  bias: field.flag(),
  layout: field.oneOf('row', 'column'),
  kernelInitializer: parts.initializer,
  biasInitializer: parts.initializer,
} satisfies FieldsOf<DenseOptions & { readonly units: number }>;

/**
 * Every unit sees every input. Row layout: Z = b + X W (4.2), X [..., n, p], W [p, q], b [q]. Column layout: Z = b + W X
 * (2.7, 4.1), X [p, n], W [q, p], b [q, 1].
 * @throws OptionError when `units` is no whole number from 1 up; ShapeError for a scalar or, in column layout, no matrix.
 */
export function dense(units: number, options: DenseOptions = {}): Layer<readonly [Value]> {
  checkCall('dense', { units }, options, denseFields);
  const { bias = true, kernelInitializer = glorotUniform(), biasInitializer = filled(0) } = options;
  return {
    name: 'dense',
    label: options.name,
    source: '(2.7)',
    forward: (scope, x) => {
      const layout = options.layout ?? scope.layout;
      if (layout === 'row' ? x.shape.length < 2 : x.shape.length !== 2)
        throw new ShapeError({
          got: formatShape(x.shape),
          expected: layout === 'row' ? 'samples in rows: [n, p]' : 'samples in columns: [p, n]',
          hint: 'A flatten or reshape in front makes one axis of several.',
        });
      const { activation = (z: Value) => z } = options;
      if (layout === 'row') {
        const kernel = scope.parameter('kernel', [x.shape.at(-1) ?? 0, units], kernelInitializer);
        const product = times(x, kernel);
        return activation(bias ? add(product, scope.parameter('bias', [units], biasInitializer)) : product);
      }
      const kernel = scope.parameter('kernel', [units, x.shape[0] ?? 0], transposed(kernelInitializer));
      const product = timesLeft(kernel, x);
      return activation(bias ? add(product, scope.parameter('bias', [units, 1], biasInitializer)) : product);
    },
  };
}
