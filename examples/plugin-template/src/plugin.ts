import { activationOf, type LayerOptions, plugin } from 'pullback';
import * as v from 'valibot';
import { type QuantileOptions, quantileLoss } from './quantile-loss.ts';
import { snake } from './snake.ts';
import { swiglu } from './swiglu.ts';

const name = v.optional(v.string());

/** What this package brings, by name: an inversify module. The schemas check specs that come from JSON. */
export const template = plugin(
  ({ activation, layer, loss }) => {
    activation(
      'snake',
      ({ frequency = 1 }: { frequency?: number }) => activationOf('snake', (x) => snake(x, { frequency })),
      { doc: 'x + sin^2(a x) / a', options: v.strictObject({ frequency: v.optional(v.number()), name }) },
    );
    layer('swiglu', ({ units, ...options }: { units: number } & LayerOptions) => swiglu(units, options), {
      doc: 'swish_beta(X W + b) * (X V + c)',
      options: v.strictObject({ units: v.pipe(v.number(), v.integer(), v.minValue(1)), name }),
    });
    loss('quantile', (options: QuantileOptions) => quantileLoss(options), {
      doc: 'max(q (t - x), (q - 1) (t - x))',
      options: v.strictObject({
        quantile: v.optional(v.number()),
        reduction: v.optional(v.picklist(['sum', 'mean'])),
      }),
    });
  },
  { name: 'pullback-plugin-template' },
);

// The names in specs, for the compiler.
declare module 'pullback' {
  interface ActivationSpecs {
    snake: { readonly frequency?: number; readonly name?: string };
  }
  interface LayerSpecs {
    swiglu: { readonly units: number; readonly name?: string };
  }
  interface LossSpecs {
    quantile: QuantileOptions;
  }
}
