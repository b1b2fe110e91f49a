import type { Optimizer, OptimizerOptions, Schedule } from '@pullback/core';
import { type AnySpec, type OptimizerSpec, plugin, type Resolve, type ScheduleSpec } from '@pullback/plugin';
import * as v from 'valibot';
import { type AdadeltaOptions, adadelta } from './adadelta.ts';
import { type AdagradOptions, adagrad } from './adagrad.ts';
import { type AdamwOptions, adam, adamw, amsgrad, nadam } from './adam.ts';
import { adamax } from './adamax.ts';
import { type LambOptions, lamb } from './lamb.ts';
import { type LionOptions, lion } from './lion.ts';
import type { AdamOptions } from './moments.ts';
import { type MomentumOptions, momentum } from './momentum.ts';
import { type RmspropOptions, rmsprop } from './rmsprop.ts';
import { constantRate, cosine, exponential, oneCycle, polynomial, stepDecay, warmup } from './schedules.ts';
import { sgd } from './sgd.ts';
import { accumulated, averaged, clipByGlobalNorm, clipByNorm, clipByValue, weightDecay } from './wrappers.ts';

/** Options as data: a schedule is a spec of its own. */
type AsData<O> = Omit<O, 'schedule'> & { readonly schedule?: ScheduleSpec };

interface Wrapped {
  readonly optimizer: OptimizerSpec;
}

declare module '@pullback/plugin' {
  interface OptimizerSpecs {
    sgd: AsData<OptimizerOptions>;
    momentum: AsData<MomentumOptions>;
    adagrad: AsData<AdagradOptions>;
    adadelta: AsData<AdadeltaOptions>;
    rmsprop: AsData<RmspropOptions>;
    adam: AsData<AdamOptions>;
    amsgrad: AsData<AdamOptions>;
    adamax: AsData<AdamOptions>;
    nadam: AsData<AdamOptions>;
    adamw: AsData<AdamwOptions>;
    lion: AsData<LionOptions>;
    lamb: AsData<LambOptions>;
    clipByValue: Wrapped & { readonly limit: number };
    clipByNorm: Wrapped & { readonly limit: number };
    clipByGlobalNorm: Wrapped & { readonly limit: number };
    weightDecay: Wrapped & { readonly rate: number };
    averaged: Wrapped & { readonly decay?: number };
    accumulated: Wrapped & { readonly steps: number };
  }
  interface ScheduleSpecs {
    constant: { readonly factor?: number };
    stepDecay: { readonly every: number; readonly factor: number };
    exponential: { readonly rate: number; readonly steps: number };
    polynomial: { readonly steps: number; readonly power?: number; readonly end?: number };
    cosine: { readonly steps: number; readonly end?: number; readonly restarts?: boolean };
    warmup: { readonly steps: number; readonly start?: number; readonly after?: ScheduleSpec };
    oneCycle: {
      readonly steps: number;
      readonly up?: number;
      readonly divide?: number;
      readonly finish?: number;
    };
  }
}

const number = v.number();
const maybe = v.optional(v.number());
const flag = v.optional(v.boolean());
const inner = v.custom<AnySpec>(
  (given) => typeof given === 'string' || (typeof given === 'object' && given !== null && 'type' in given),
  "a name, or an object with 'type'",
);
const schedule = v.optional(inner);
const base = { learningRate: number, schedule };
const moments = { ...base, beta1: maybe, beta2: maybe, epsilon: maybe };

/** An optimizer's factory that takes its schedule as a spec. */
function scheduled<O extends { readonly schedule?: Schedule }>(make: (options: O) => Optimizer) {
  return (
    { schedule: spec, ...options }: Omit<O, 'schedule'> & { schedule?: AnySpec },
    resolve: Resolve,
  ): Optimizer => make(withSchedule<O>(options, spec === undefined ? undefined : resolve.schedule(spec)));
}

// Omit and spread lose sight of O; what is put together is O by construction.
function withSchedule<O>(options: object, given: Schedule | undefined): O {
  return (given === undefined ? options : { ...options, schedule: given }) as O;
}

/** The optimizers, wrappers and schedules of this package, by name. */
export const optimizersPlugin = plugin(
  ({ optimizer, schedule: bindSchedule }) => {
    optimizer('sgd', scheduled(sgd), { options: v.strictObject(base), doc: 'W <- W - eta g' });
    optimizer('momentum', scheduled(momentum), {
      options: v.strictObject({ ...base, momentum: maybe, nesterov: flag }),
      doc: 'd <- alpha d - eta g, W <- W + d',
    });
    optimizer('adagrad', scheduled(adagrad), {
      options: v.strictObject({ ...base, epsilon: maybe, initial: maybe }),
      doc: 's <- s + g^2, W <- W - eta g / (sqrt s + epsilon)',
    });
    optimizer('adadelta', scheduled(adadelta), {
      options: v.strictObject({ ...base, learningRate: maybe, decay: maybe, epsilon: maybe }),
      doc: 'steps in the unit of the weights',
    });
    optimizer('rmsprop', scheduled(rmsprop), {
      options: v.strictObject({ ...base, decay: maybe, epsilon: maybe, momentum: maybe, centered: flag }),
      doc: 's <- rho s + (1-rho) g^2, W <- W - eta g / (sqrt s + epsilon)',
    });
    optimizer('adam', scheduled(adam), {
      options: v.strictObject(moments),
      doc: "W <- W - eta m' / (sqrt v' + epsilon)",
    });
    optimizer('amsgrad', scheduled(amsgrad), {
      options: v.strictObject(moments),
      doc: 'adam with the largest v so far',
    });
    optimizer('adamax', scheduled(adamax), {
      options: v.strictObject(moments),
      doc: 'adam with the largest |g| for sqrt v',
    });
    optimizer('nadam', scheduled(nadam), {
      options: v.strictObject(moments),
      doc: "adam with Nesterov's look ahead",
    });
    optimizer('adamw', scheduled(adamw), {
      options: v.strictObject({ ...moments, weightDecay: maybe }),
      doc: 'adam with weight decay beside the gradient',
    });
    optimizer('lion', scheduled(lion), {
      options: v.strictObject({ ...base, beta1: maybe, beta2: maybe, weightDecay: maybe }),
      doc: 'W <- W - eta sign(b1 m + (1-b1) g)',
    });
    optimizer('lamb', scheduled(lamb), {
      options: v.strictObject({ ...moments, weightDecay: maybe }),
      doc: 'adam scaled to the length of the weights',
    });

    type Inner<O> = Omit<O, 'optimizer'> & { readonly optimizer: AnySpec };
    optimizer(
      'clipByValue',
      (o: Inner<{ limit: number }>, resolve) => clipByValue(resolve.optimizer(o.optimizer), o.limit),
      {
        options: v.strictObject({ optimizer: inner, limit: number }),
      },
    );
    optimizer(
      'clipByNorm',
      (o: Inner<{ limit: number }>, resolve) => clipByNorm(resolve.optimizer(o.optimizer), o.limit),
      {
        options: v.strictObject({ optimizer: inner, limit: number }),
      },
    );
    optimizer(
      'clipByGlobalNorm',
      (o: Inner<{ limit: number }>, resolve) => clipByGlobalNorm(resolve.optimizer(o.optimizer), o.limit),
      { options: v.strictObject({ optimizer: inner, limit: number }) },
    );
    optimizer(
      'weightDecay',
      (o: Inner<{ rate: number }>, resolve) => weightDecay(resolve.optimizer(o.optimizer), o),
      {
        options: v.strictObject({ optimizer: inner, rate: number }),
      },
    );
    optimizer(
      'averaged',
      (o: Inner<{ decay?: number }>, resolve) => averaged(resolve.optimizer(o.optimizer), o),
      {
        options: v.strictObject({ optimizer: inner, decay: maybe }),
      },
    );
    optimizer(
      'accumulated',
      (o: Inner<{ steps: number }>, resolve) => accumulated(resolve.optimizer(o.optimizer), o),
      {
        options: v.strictObject({ optimizer: inner, steps: number }),
      },
    );

    bindSchedule('constant', ({ factor }: { factor?: number }) => constantRate(factor), {
      options: v.strictObject({ factor: maybe }),
    });
    bindSchedule('stepDecay', stepDecay, { options: v.strictObject({ every: number, factor: number }) });
    bindSchedule('exponential', exponential, { options: v.strictObject({ rate: number, steps: number }) });
    bindSchedule('polynomial', polynomial, {
      options: v.strictObject({ steps: number, power: maybe, end: maybe }),
    });
    bindSchedule('cosine', cosine, {
      options: v.strictObject({ steps: number, end: maybe, restarts: flag }),
    });
    bindSchedule(
      'warmup',
      ({ after, ...options }: { steps: number; start?: number; after?: AnySpec }, resolve) =>
        warmup({ ...options, ...(after !== undefined && { after: resolve.schedule(after) }) }),
      { options: v.strictObject({ steps: number, start: maybe, after: schedule }) },
    );
    bindSchedule('oneCycle', oneCycle, {
      options: v.strictObject({ steps: number, up: maybe, divide: maybe, finish: maybe }),
    });
  },
  { name: '@pullback/optimizers' },
);
