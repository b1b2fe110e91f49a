// Plugins with a mistake in each, written from the public pages alone. What the report has to speak of stands beside it.
import {
  add,
  defineActivation,
  defineLayer,
  defineLoss,
  defineOptimizer,
  fill,
  type Layer,
  matmul,
  mean,
  mul,
  sizeOf,
  softmax,
  square,
  stack,
  stopGradient,
  sub,
  sum,
  type Value,
} from '@pullback/core';
import { type Plugin, plugin } from '@pullback/plugin';
import type { PluginConformance } from '@pullback/testing';
import * as v from 'valibot';

export interface WrongPlugin {
  readonly make: () => Plugin;
  readonly options?: PluginConformance;
  readonly says: RegExp;
}

const gate = (units: number, label?: string): Layer<readonly [Value]> =>
  defineLayer(
    'gate',
    (scope, x: Value) =>
      matmul(
        x,
        scope.parameter('kernel', [x.shape.at(-1) ?? 1, units], (shape, random) =>
          Float64Array.from({ length: sizeOf(shape) }, () => random.normal()),
        ),
      ),
    label === undefined ? {} : { name: label },
  );
const units = v.strictObject({
  units: v.pipe(v.number(), v.integer(), v.minValue(1)),
  name: v.optional(v.string()),
});
const named: PluginConformance = { specs: { layer: { gate: { units: 3 } } } };
const one = gate(3);
const error = defineLoss('error', (x, t) => sum(square(sub(x, t))));
const descent = defineOptimizer('descent', {
  update: (weight, gradient, slots, { learningRate }) => ({
    weight: sub(weight, mul(learningRate, gradient)),
    slots,
  }),
});
const double = defineActivation('double', (x) => mul(x, 2));
let made = 0;

export const wrongPlugins: Readonly<Record<string, WrongPlugin>> = {
  'one layer for every spec': {
    make: () => plugin(({ layer }) => layer('gate', () => one, { options: units })),
    options: named,
    says: /same|each/,
  },
  'a factory that throws for its own options': {
    make: () =>
      plugin(({ layer }) =>
        layer('gate', ({ width }: { width: number }) => {
          if (!(width > 0)) throw new Error('no width');
          return gate(width);
        }),
      ),
    options: named,
    says: /no width/,
  },
  'a factory where a loss is meant': {
    make: () => plugin(({ loss }) => loss('error', () => error as never)),
    says: /loss/,
  },
  'nothing comes back': {
    make: () => plugin(({ layer }) => layer('gate', (() => undefined) as never)),
    options: named,
    says: /layer/,
  },
  'a layer where an optimizer is meant': {
    make: () => plugin(({ optimizer }) => optimizer('gate', () => gate(2) as never)),
    says: /optimizer/,
  },
  'options that are changed': {
    make: () =>
      plugin(({ layer }) =>
        layer('gate', (options: { units: number }) => {
          options.units += 1;
          return gate(options.units);
        }),
      ),
    options: named,
    says: /options|chang|read only/,
  },
  'a schema that takes everything': {
    make: () =>
      plugin(({ layer }) =>
        layer('gate', ({ units: n }: { units: number }) => gate(n), {
          options: v.looseObject({ units: v.number() }),
        }),
      ),
    options: named,
    says: /unknown|unitz|option/,
  },
  'a schema that refuses its own example': {
    make: () =>
      plugin(({ layer }) =>
        layer('gate', ({ units: n }: { units: number }) => gate(n), {
          options: v.strictObject({ width: v.number() }),
        }),
      ),
    options: named,
    says: /refuse|schema/,
  },
  'an option that is never read': {
    make: () =>
      plugin(({ layer }) =>
        layer('gate', ({ name }: { units: number; name?: string }) => gate(3, name), { options: units }),
      ),
    options: { specs: { layer: { gate: { units: 4 } } } },
    says: /units|option/,
  },
  'a label that is dropped': {
    make: () =>
      plugin(({ layer }) =>
        layer('gate', ({ units: n }: { units: number; name?: string }) => gate(n), { options: units }),
      ),
    options: named,
    says: /name|label/,
  },
  'an activation that is not elementwise': {
    make: () =>
      plugin(({ activation }) =>
        activation('mine', (() => Object.assign((x: Value) => softmax(x), { activation: 'mine' })) as never),
      ),
    says: /activation|elementwise/,
  },
  'a loss without a gradient': {
    make: () =>
      plugin(({ loss }) =>
        loss(
          'error',
          defineLoss('error', (x, t) => stopGradient(sum(square(sub(x, t))))),
        ),
      ),
    says: /gradient|vjp|target/,
  },
  'an optimizer that goes uphill': {
    make: () =>
      plugin(({ optimizer }) =>
        optimizer(
          'up',
          defineOptimizer('up', {
            update: (weight, gradient, slots, { learningRate }) => ({
              weight: add(weight, mul(learningRate, gradient)),
              slots,
            }),
          }),
        ),
      ),
    says: /descen|uphill|rises|grow/,
  },
  'an optimizer with a rate of its own': {
    make: () => plugin(({ optimizer }) => optimizer('mine', () => descent({ learningRate: 0.01 }))),
    says: /rate/i,
  },
  'a schedule of vectors': {
    make: () => plugin(({ schedule }) => schedule('mine', () => (step) => fill(1, [2], step.dtype))),
    says: /scalar|shape/,
  },
  'a metric that is not a number of no samples': {
    make: () =>
      plugin(({ metric }) =>
        metric('mine', () => ({
          name: 'mine',
          observe: (x, t) => stack([mean(square(sub(x, t))), fill(1, [], x.dtype)]),
          summarize: ([total = 0, count = 0]) => total / (count === 0 ? 1 : count),
        })),
      ),
    options: { examine: { metric: { mine: {} } } },
    says: /no samples/,
  },
  'an initializer of nothing': {
    make: () => plugin(({ initializer }) => initializer('mine', () => () => new Float64Array(0))),
    says: /shape|numbers/,
  },
  'another thing each time': {
    make: () =>
      plugin(({ layer }) =>
        layer('gate', ({ units: n }: { units: number }) => gate(n + made++), { options: units }),
      ),
    options: named,
    says: /twice|same|differ/,
  },
  'a name with blanks': {
    make: () => plugin(({ activation }) => activation(' double', double)),
    says: /name/,
  },
  'a name that another plugin has': {
    make: () => plugin(({ activation }) => activation('double', double), { name: 'second' }),
    options: { beside: [plugin(({ activation }) => activation('double', double), { name: 'first' })] },
    says: /first/,
  },
};
