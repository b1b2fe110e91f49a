import { type Activation, type ActivationWith, activationOf, type Layout } from '@pullback/core';
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
import { dense } from './dense.ts';
import { filled, glorotUniform, heNormal, normally, uniformly } from './initializers.ts';
import { sequential } from './sequential.ts';
import { flatten, rescale } from './shaping.ts';

interface Named {
  readonly name?: string;
}

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
    glorotUniform: object;
    heNormal: object;
  }
}

const spec = v.custom<AnySpec>(
  (given) => typeof given === 'string' || (typeof given === 'object' && given !== null && 'type' in given),
  "a name, or an object with 'type'",
);
const name = v.optional(v.string());
const none = v.strictObject({});
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
    const number = v.optional(v.number());
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
    initializer('zeros', () => filled(0), { options: none });
    initializer('ones', () => filled(1), { options: none });
    initializer('constant', ({ value }: { value: number }) => filled(value), {
      options: v.strictObject({ value: v.number() }),
    });
    initializer('uniform', uniformly, {
      options: v.strictObject({ low: v.optional(v.number()), high: v.optional(v.number()) }),
    });
    initializer('normal', normally, {
      options: v.strictObject({ mean: v.optional(v.number()), deviation: v.optional(v.number()) }),
    });
    initializer('glorotUniform', glorotUniform, { options: none });
    initializer('heNormal', heNormal, { options: none });
  },
  { name: '@pullback/layers' },
);

function softmaxLayer(options: Named & { readonly axis?: number }) {
  return softmax(options);
}

/** The activation for fixed options. */
function withOptions<O extends object>(f: ActivationWith<O>, options: O): Activation {
  return activationOf(f.activation, (x) => f(x, options));
}
