import {
  type Activation,
  type ActivationWith,
  activationOf,
  checkOptions,
  field,
  type Layer,
  type Layout,
  layerFields,
  type Shape,
  type Value,
} from '@pullback/core';
import { type ActivationSpec, type InitializerSpec, type LayerSpec, plugin } from '@pullback/plugin';
import {
  celu,
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  hardTanh,
  identity,
  leakyRelu,
  logSoftmax,
  mish,
  prelu,
  relu,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  tanh,
} from './activations/index.ts';
import { classFields } from './activations/normalized.ts';
import { preluFields } from './activations/prelu.ts';
import { geluFields } from './activations/smooth.ts';
import { type AugmentationSpecs, bindAugmentations } from './augmentation/bind.ts';
import { checkpoint, checkpointFields } from './checkpoint.ts';
import {
  add,
  branchesFields,
  concatenate,
  concatenateFields,
  multiply,
  residual,
  residualFields,
} from './combining.ts';
import { type DenseOptions, dense, denseFields } from './dense.ts';
import { type FrozenOptions, frozen, frozenFields } from './frozen.ts';
import { bindImageLayers, type ImageSpecs } from './images/bind.ts';
import { bindInitializers } from './initializers-plugin.ts';
import { type LoraOptions, lora, loraFields } from './lora.ts';
import { alphaDropout, dropout, dropoutFields, gaussianNoise, noiseFields, spatialDropout } from './noise.ts';
import { bindNormalizations, type NormalizationSpecs } from './normalization/bind.ts';
import {
  type Constraint,
  constrained,
  constraintFields,
  type ForParameters,
  l1l2,
  maxNorm,
  minMaxNorm,
  nonNegative,
  penaltyFields,
  regularized,
  unitNorm,
  wrappedField,
} from './parameters.ts';
import { bindSequenceLayers } from './sequence/plugin.ts';
import { sequential, sequentialFields } from './sequential.ts';
import {
  flatten,
  permute,
  permuteFields,
  rescale,
  rescaleFields,
  reshape,
  reshapeFields,
} from './shaping.ts';

interface Named {
  readonly name?: string;
}

interface Rate extends Named {
  readonly rate: number;
}

interface Inner {
  readonly layers: readonly LayerSpec[];
}

interface Wrapped {
  readonly layer: LayerSpec;
}

interface Penalty {
  readonly l1?: number;
  readonly l2?: number;
}

interface Gain {
  readonly gain?: number;
}

type NormSpec = { readonly axis?: number };
type ConstraintSpec =
  | { readonly constraint: 'nonNegative' }
  | ({ readonly constraint: 'unitNorm' } & NormSpec)
  | ({ readonly constraint: 'maxNorm'; readonly high: number } & NormSpec)
  | ({ readonly constraint: 'minMaxNorm'; readonly low: number; readonly high: number } & NormSpec);

interface DenseSpec extends Named {
  readonly units: number;
  readonly activation?: ActivationSpec;
  readonly bias?: boolean;
  readonly layout?: Layout;
  readonly kernelInitializer?: InitializerSpec;
  readonly biasInitializer?: InitializerSpec;
}

declare module '@pullback/plugin' {
  interface LayerSpecs extends NormalizationSpecs, ImageSpecs, AugmentationSpecs {
    dense: DenseSpec;
    sequential: Named & { readonly layers: readonly LayerSpec[] };
    softmax: Named & { readonly axis?: number };
    logSoftmax: Named & { readonly axis?: number };
    prelu: Named & { readonly initializer?: InitializerSpec };
    flatten: Named;
    rescale: Named & { readonly scale: number };
    reshape: Named & { readonly shape: Shape };
    permute: Named & { readonly axes: readonly number[] };
    dropout: Rate;
    alphaDropout: Rate;
    spatialDropout: Rate;
    gaussianNoise: Named & { readonly deviation: number };
    residual: Inner;
    add: Inner;
    multiply: Inner;
    concatenate: Named & Inner & { readonly axis?: number };
    frozen: Wrapped & { readonly where?: string | readonly string[] };
    lora: Wrapped & {
      readonly rank?: number;
      readonly alpha?: number;
      readonly where?: string | readonly string[];
      readonly initializer?: InitializerSpec;
    };
    checkpoint: Wrapped;
    regularized: Wrapped & {
      readonly l1?: number;
      readonly l2?: number;
      readonly parameters?: readonly string[];
    };
    constrained: Wrapped & ConstraintSpec & { readonly parameters?: readonly string[] };
  }
  interface ActivationSpecs {
    relu: Named;
    sigmoid: Named;
    tanh: Named;
    identity: Named;
    leakyRelu: Named & { readonly slope?: number };
    elu: Named & { readonly alpha?: number };
    selu: Named;
    celu: Named & { readonly alpha?: number };
    gelu: Named & { readonly approximate?: 'none' | 'tanh' };
    silu: Named;
    mish: Named;
    softplus: Named;
    softsign: Named;
    hardSigmoid: Named;
    hardTanh: Named;
    hardSwish: Named;
  }
  interface InitializerSpecs {
    zeros: object;
    ones: object;
    constant: { readonly value: number };
    uniform: { readonly low?: number; readonly high?: number };
    normal: { readonly mean?: number; readonly deviation?: number };
    truncatedNormal: { readonly mean?: number; readonly deviation?: number };
    glorotUniform: object;
    glorotNormal: object;
    heUniform: object;
    heNormal: object;
    lecunUniform: object;
    lecunNormal: object;
    orthogonal: Gain;
    identity: Gain;
  }
}

type Made = Layer<readonly [Value]>;

interface Wrapping {
  readonly layer: Made;
  readonly parameters?: readonly string[];
}

const parameters = field.list(field.text());

/** The layers, activations and initializers of this package, by name. */
export const layersPlugin = plugin(
  ({ layer, activation, initializer }) => {
    layer('dense', ({ units, ...options }: DenseOptions & { units: number }) => dense(units, options), {
      doc: 'Z = b + X W: every unit sees every input.',
      options: denseFields,
    });
    layer(
      'sequential',
      ({ layers, name }: { layers: readonly Made[]; name?: string }) => ({
        ...sequential(...layers),
        label: name,
      }),
      { doc: 'Layers one after the other.', options: sequentialFields },
    );
    layer('flatten', flatten, { doc: 'All axes of a sample as one.', options: layerFields });
    layer('rescale', ({ scale, ...options }: Named & { scale: number }) => rescale(scale, options), {
      doc: 'x times scale.',
      options: rescaleFields,
    });
    layer('reshape', ({ shape, ...options }: Named & { shape: Shape }) => reshape(shape, options), {
      doc: 'Samples in another shape.',
      options: reshapeFields,
    });
    layer('permute', ({ axes, ...options }: Named & { axes: readonly number[] }) => permute(axes, options), {
      doc: 'The axes of samples in another order.',
      options: permuteFields,
    });
    const dropouts = {
      dropout: [dropout, '0 with probability rate, else x / (1 - rate), while training'],
      alphaDropout: [alphaDropout, 'dropout that keeps mean 0 and variance 1, for selu'],
      spatialDropout: [spatialDropout, 'dropout of whole channels'],
    } as const;
    for (const [key, [make, doc]] of Object.entries(dropouts))
      layer(key, ({ rate, ...options }: Rate) => make(rate, options), { doc, options: dropoutFields });
    layer(
      'gaussianNoise',
      ({ deviation, ...options }: Named & { deviation: number }) => gaussianNoise(deviation, options),
      { doc: 'x plus normal noise, while training', options: noiseFields },
    );
    layer('residual', ({ layers }: { layers: readonly Made[] }) => residual(...layers), {
      doc: 'x + f(x), with the layers of f one after the other',
      options: residualFields,
    });
    const merges = {
      add: [add, 'the sum of what the layers make of the same input'],
      multiply: [multiply, 'the product of what the layers make of the same input'],
    } as const;
    for (const [key, [make, doc]] of Object.entries(merges))
      layer(key, ({ layers }: { layers: readonly Made[] }) => make(...layers), {
        doc,
        options: branchesFields,
      });
    layer(
      'concatenate',
      ({ layers, ...options }: { layers: readonly Made[]; axis?: number }) => concatenate(layers, options),
      { doc: 'what the layers make of the same input, side by side', options: concatenateFields },
    );
    layer('checkpoint', (options: Wrapping) => checkpoint(options.layer), {
      doc: 'a layer that is computed again on the way back, for memory against time',
      options: checkpointFields,
    });
    layer('lora', ({ layer: inner, ...options }: Wrapping & LoraOptions) => lora(inner, options), {
      doc: 'a layer with W + alpha/r A B for its matrices W, of which A and B are learned',
      options: loraFields,
    });
    layer('frozen', ({ layer: inner, ...options }: Wrapping & FrozenOptions) => frozen(inner, options), {
      doc: 'a layer that is not trained',
      options: frozenFields,
    });
    layer(
      'regularized',
      ({ layer: inner, parameters: names, ...factors }: Penalty & Wrapping) =>
        regularized(inner, forNames(l1l2({ l1: 0, l2: 0, ...factors }), names)),
      {
        doc: 'a layer with l1 sum |w| + l2 sum w^2 of its weights added to the error',
        options: { ...wrappedField, ...penaltyFields, parameters },
      },
    );
    layer(
      'constrained',
      ({ layer: inner, parameters: names, ...rule }: ConstraintSpec & Wrapping) =>
        constrained(inner, forNames(constraintOf(rule), names)),
      {
        doc: 'a layer whose weights are constrained after each step',
        options: { ...wrappedField, ...constraintFields, parameters },
      },
    );
    const classes = {
      softmax: [softmax, 'e^z / sum e^z along the class axis.'],
      logSoftmax: [logSoftmax, 'z - log sum e^z along the class axis.'],
    } as const;
    for (const [key, [make, doc]] of Object.entries(classes))
      layer(key, (options: Named & { readonly axis?: number }) => make(options), {
        doc,
        options: classFields,
      });
    layer('prelu', prelu, { doc: 'x, or a learned slope times x below 0.', options: preluFields });
    const plain = {
      relu: [relu, 'max(x, 0)'],
      sigmoid: [sigmoid, '1 / (1 + e^-x)'],
      tanh: [tanh, 'the hyperbolic tangent'],
      identity: [identity, 'x'],
      selu: [selu, 'scale elu(x, alpha), which keeps mean 0 and variance 1'],
      silu: [silu, 'x sigmoid(x)'],
      mish: [mish, 'x tanh(softplus(x))'],
      softplus: [softplus, 'log(1 + e^x)'],
      softsign: [softsign, 'x / (1 + |x|)'],
      hardSigmoid: [hardSigmoid, 'x/6 + 1/2 within [0, 1]'],
      hardTanh: [hardTanh, 'x within [-1, 1]'],
      hardSwish: [hardSwish, 'x hardSigmoid(x)'],
    } as const;
    for (const [key, [f, doc]] of Object.entries(plain)) activation(key, f, { doc, options: layerFields });
    const slope = { ...layerFields, slope: field.number() };
    const alpha = { ...layerFields, alpha: field.number() };
    activation('leakyRelu', (options: { slope?: number }) => withOptions(leakyRelu, options), {
      doc: 'x, or slope x below 0',
      options: slope,
    });
    activation('elu', (options: { alpha?: number }) => withOptions(elu, options), {
      doc: 'x, or alpha (e^x - 1) below 0',
      options: alpha,
    });
    activation('celu', (options: { alpha?: number }) => withOptions(celu, options), {
      doc: 'x, or alpha (e^(x/alpha) - 1) below 0',
      options: alpha,
    });
    activation('gelu', (options: { approximate?: 'none' | 'tanh' }) => withOptions(gelu, options), {
      doc: 'x Phi(x)',
      options: { ...layerFields, ...geluFields },
    });
    bindNormalizations(layer);
    bindImageLayers(layer);
    bindSequenceLayers(layer);
    bindAugmentations(layer);
    bindInitializers(initializer);
  },
  { name: '@pullback/layers' },
);

/** @throws OptionError for a bound that is missing, or one that the constraint has not. */
function constraintOf(given: ConstraintSpec): Constraint {
  switch (given.constraint) {
    case 'nonNegative': {
      const { constraint, ...none } = given;
      checkOptions(constraint, none, {});
      return nonNegative();
    }
    case 'unitNorm': {
      const { constraint: _, ...axis } = given;
      return unitNorm(axis);
    }
    case 'maxNorm': {
      const { constraint: _, high, ...axis } = given;
      return maxNorm(high, axis);
    }
    case 'minMaxNorm': {
      const { constraint: _, ...bounds } = given;
      return minMaxNorm(bounds);
    }
  }
}

/** For the parameters of those names, or for all. */
function forNames<F>(f: F, names: readonly string[] | undefined): ForParameters<F> {
  return names === undefined ? f : Object.fromEntries(names.map((each) => [each, f]));
}

/** The activation for fixed options. */
function withOptions<O extends object>(f: ActivationWith<O>, options: O): Activation {
  return activationOf(f.activation, (x) => f(x, options));
}
