import { type Activation, type ActivationWith, activationOf, type Layout, type Shape } from '@pullback/core';
import {
  type ActivationSpec,
  type AnySpec,
  type InitializerSpec,
  type LayerSpec,
  plugin,
} from '@pullback/plugin';
import * as v from 'valibot';
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
import { add, concatenate, multiply, residual } from './combining.ts';
import { dense } from './dense.ts';
import { bindInitializers } from './initializers-plugin.ts';
import { alphaDropout, dropout, gaussianNoise, spatialDropout } from './noise.ts';
import {
  type Constraint,
  constrained,
  type ForParameters,
  frozen,
  l1l2,
  maxNorm,
  minMaxNorm,
  nonNegative,
  regularized,
  unitNorm,
} from './parameters.ts';
import { sequential } from './sequential.ts';
import { flatten, permute, rescale, reshape } from './shaping.ts';

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
  interface LayerSpecs {
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
    concatenate: Inner & { readonly axis?: number };
    frozen: Wrapped;
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

const spec = v.custom<AnySpec>(
  (given) => typeof given === 'string' || (typeof given === 'object' && given !== null && 'type' in given),
  "a name, or an object with 'type'",
);
const name = v.optional(v.string());
const number = v.optional(v.number());
const units = v.pipe(v.number(), v.integer(), v.minValue(1));

/** The layers, activations and initializers of this package, by name. */
export const layersPlugin = plugin(
  ({ layer, activation, initializer }) => {
    layer(
      'dense',
      ({ units: count, activation: f, kernelInitializer, biasInitializer, ...options }: DenseSpec, resolve) =>
        dense(count, {
          ...options,
          ...(f !== undefined && { activation: resolve.activation(f) }),
          ...(kernelInitializer !== undefined && {
            kernelInitializer: resolve.initializer(kernelInitializer),
          }),
          ...(biasInitializer !== undefined && { biasInitializer: resolve.initializer(biasInitializer) }),
        }),
      {
        doc: 'Z = b + X W: every unit sees every input.',
        options: v.strictObject({
          units,
          name,
          activation: v.optional(spec),
          bias: v.optional(v.boolean()),
          layout: v.optional(v.picklist(['row', 'column'])),
          kernelInitializer: v.optional(spec),
          biasInitializer: v.optional(spec),
        }),
      },
    );
    layer(
      'sequential',
      ({ layers }: { layers: readonly AnySpec[] }, resolve) => sequential(...layers.map(resolve.layer)),
      {
        doc: 'Layers one after the other.',
        options: v.strictObject({ layers: v.array(spec), name }),
      },
    );
    layer('softmax', softmaxLayer, {
      doc: 'e^z / sum e^z along the class axis.',
      options: v.strictObject({ axis: v.optional(v.number()), name }),
    });
    layer('flatten', flatten, { doc: 'All axes of a sample as one.', options: v.strictObject({ name }) });
    layer('rescale', ({ scale, ...options }: Named & { scale: number }) => rescale(scale, options), {
      doc: 'x times scale.',
      options: v.strictObject({ scale: v.number(), name }),
    });
    layer('reshape', ({ shape, ...options }: Named & { shape: Shape }) => reshape(shape, options), {
      doc: 'Samples in another shape.',
      options: v.strictObject({ shape: v.array(v.number()), name }),
    });
    layer('permute', ({ axes, ...options }: Named & { axes: readonly number[] }) => permute(axes, options), {
      doc: 'The axes of samples in another order.',
      options: v.strictObject({ axes: v.array(v.number()), name }),
    });
    const dropouts = {
      dropout: [dropout, '0 with probability rate, else x / (1 - rate), while training'],
      alphaDropout: [alphaDropout, 'dropout that keeps mean 0 and variance 1, for selu'],
      spatialDropout: [spatialDropout, 'dropout of whole channels'],
    } as const;
    for (const [key, [make, doc]] of Object.entries(dropouts))
      layer(key, ({ rate, ...options }: Rate) => make(rate, options), {
        doc,
        options: v.strictObject({ rate: v.number(), name }),
      });
    layer(
      'gaussianNoise',
      ({ deviation, ...options }: Named & { deviation: number }) => gaussianNoise(deviation, options),
      {
        doc: 'x plus normal noise, while training',
        options: v.strictObject({ deviation: v.number(), name }),
      },
    );
    const merges = {
      residual: [residual, 'x + f(x), with the layers of f one after the other'],
      add: [add, 'the sum of what the layers make of the same input'],
      multiply: [multiply, 'the product of what the layers make of the same input'],
    } as const;
    for (const [key, [make, doc]] of Object.entries(merges))
      layer(
        key,
        ({ layers }: { layers: readonly AnySpec[] }, resolve) => make(...layers.map(resolve.layer)),
        {
          doc,
          options: v.strictObject({ layers: v.array(spec) }),
        },
      );
    layer(
      'concatenate',
      ({ layers, ...options }: { layers: readonly AnySpec[]; axis?: number }, resolve) =>
        concatenate(layers.map(resolve.layer), options),
      {
        doc: 'what the layers make of the same input, side by side',
        options: v.strictObject({ layers: v.array(spec), axis: v.optional(v.number()) }),
      },
    );
    layer('frozen', ({ layer: inner }: { layer: AnySpec }, resolve) => frozen(resolve.layer(inner)), {
      doc: 'a layer that is not trained',
      options: v.strictObject({ layer: spec }),
    });
    const parameters = v.optional(v.array(v.string()));
    layer(
      'regularized',
      (
        { layer: inner, parameters: names, ...factors }: Penalty & { layer: AnySpec; parameters?: string[] },
        resolve,
      ) => regularized(resolve.layer(inner), forNames(l1l2({ l1: 0, l2: 0, ...factors }), names)),
      {
        doc: 'a layer with l1 sum |w| + l2 sum w^2 of its weights added to the error',
        options: v.strictObject({
          layer: spec,
          l1: v.optional(v.number()),
          l2: v.optional(v.number()),
          parameters,
        }),
      },
    );
    layer(
      'constrained',
      (
        {
          layer: inner,
          parameters: names,
          ...rule
        }: ConstraintSpec & { layer: AnySpec; parameters?: string[] },
        resolve,
      ) => constrained(resolve.layer(inner), forNames(constraintOf(rule), names)),
      {
        doc: 'a layer whose weights are constrained after each step',
        options: v.strictObject({
          layer: spec,
          constraint: v.picklist(['nonNegative', 'unitNorm', 'maxNorm', 'minMaxNorm']),
          low: v.optional(v.number()),
          high: v.optional(v.number()),
          axis: v.optional(v.number()),
          parameters,
        }),
      },
    );
    layer('logSoftmax', (options: Named & { readonly axis?: number }) => logSoftmax(options), {
      doc: 'z - log sum e^z along the class axis.',
      options: v.strictObject({ axis: v.optional(v.number()), name }),
    });
    layer(
      'prelu',
      ({ initializer: start, ...options }: Named & { initializer?: AnySpec }, resolve) =>
        prelu({ ...options, ...(start !== undefined && { initializer: resolve.initializer(start) }) }),
      {
        doc: 'x, or a learned slope times x below 0.',
        options: v.strictObject({ initializer: v.optional(spec), name }),
      },
    );
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
    for (const [key, [f, doc]] of Object.entries(plain))
      activation(key, f, { doc, options: v.strictObject({ name }) });
    activation('leakyRelu', (options: { slope?: number }) => withOptions(leakyRelu, options), {
      doc: 'x, or slope x below 0',
      options: v.strictObject({ slope: number, name }),
    });
    activation('elu', (options: { alpha?: number }) => withOptions(elu, options), {
      doc: 'x, or alpha (e^x - 1) below 0',
      options: v.strictObject({ alpha: number, name }),
    });
    activation('celu', (options: { alpha?: number }) => withOptions(celu, options), {
      doc: 'x, or alpha (e^(x/alpha) - 1) below 0',
      options: v.strictObject({ alpha: number, name }),
    });
    activation('gelu', (options: { approximate?: 'none' | 'tanh' }) => withOptions(gelu, options), {
      doc: 'x Phi(x)',
      options: v.strictObject({ approximate: v.optional(v.picklist(['none', 'tanh'])), name }),
    });
    bindInitializers(initializer);
  },
  { name: '@pullback/layers' },
);

function constraintOf(rule: ConstraintSpec): Constraint {
  switch (rule.constraint) {
    case 'nonNegative':
      return nonNegative();
    case 'unitNorm':
      return unitNorm(rule);
    case 'maxNorm':
      return maxNorm(rule.high, rule);
    case 'minMaxNorm':
      return minMaxNorm(rule);
  }
}

/** For the parameters of those names, or for all. */
function forNames<F>(f: F, names: readonly string[] | undefined): ForParameters<F> {
  return names === undefined ? f : Object.fromEntries(names.map((each) => [each, f]));
}

function softmaxLayer(options: Named & { readonly axis?: number }) {
  return softmax(options);
}

/** The activation for fixed options. */
function withOptions<O extends object>(f: ActivationWith<O>, options: O): Activation {
  return activationOf(f.activation, (x) => f(x, options));
}
