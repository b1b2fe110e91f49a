import { type Optimizer, type OptimizerOptions, optimizerFields } from '@pullback/core';
import { type OptimizerSpec, plugin, type ScheduleSpec } from '@pullback/plugin';
import { type AdadeltaOptions, adadelta, adadeltaFields } from './adadelta.ts';
import { type AdagradOptions, adagrad, adagradFields } from './adagrad.ts';
import { type AdamwOptions, adam, adamw, amsgrad, nadam } from './adam.ts';
import { adamax } from './adamax.ts';
import { type LambOptions, lamb } from './lamb.ts';
import { learningRates, learningRatesFields } from './learning-rates.ts';
import { type LionOptions, lion, lionFields } from './lion.ts';
import { type AdamOptions, adamFields, decayedFields } from './moments.ts';
import { type MomentumOptions, momentum, momentumFields } from './momentum.ts';
import { type MuonOptions, muon, muonFields } from './muon.ts';
import { type RmspropOptions, rmsprop, rmspropFields } from './rmsprop.ts';
import {
  constantRate,
  cosine,
  exponential,
  oneCycle,
  polynomial,
  scheduleFields,
  stepDecay,
  warmup,
} from './schedules.ts';
import { sgd } from './sgd.ts';
import {
  accumulated,
  accumulatedFields,
  averaged,
  averagedFields,
  clipByGlobalNorm,
  clipByNorm,
  clipByValue,
  clipFields,
  weightDecay,
  weightDecayFields,
} from './wrappers.ts';

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
    muon: Omit<AsData<MuonOptions>, 'others'> & { readonly others?: OptimizerSpec };
    clipByValue: Wrapped & { readonly limit: number };
    clipByNorm: Wrapped & { readonly limit: number };
    clipByGlobalNorm: Wrapped & { readonly limit: number };
    weightDecay: Wrapped & { readonly rate: number; readonly except?: string | readonly string[] };
    averaged: Wrapped & { readonly decay?: number };
    accumulated: Wrapped & { readonly steps: number };
    learningRates: Wrapped & { readonly factors: Readonly<Record<string, number>> };
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

/** The optimizers, wrappers and schedules of this package, by name. */
export const optimizersPlugin = plugin(
  ({ optimizer, schedule: bindSchedule }) => {
    optimizer('sgd', sgd, { options: optimizerFields, doc: 'W <- W - eta g' });
    optimizer('momentum', momentum, {
      options: momentumFields,
      doc: 'd <- alpha d - eta g, W <- W + d',
    });
    optimizer('adagrad', adagrad, {
      options: adagradFields,
      doc: 's <- s + g^2, W <- W - eta g / (sqrt s + epsilon)',
    });
    optimizer('adadelta', adadelta, { options: adadeltaFields, doc: 'steps in the unit of the weights' });
    optimizer('rmsprop', rmsprop, {
      options: rmspropFields,
      doc: 's <- rho s + (1-rho) g^2, W <- W - eta g / (sqrt s + epsilon)',
    });
    const moments = {
      adam: [adam, "W <- W - eta m' / (sqrt v' + epsilon)"],
      amsgrad: [amsgrad, 'adam with the largest v so far'],
      adamax: [adamax, 'adam with the largest |g| for sqrt v'],
      nadam: [nadam, "adam with Nesterov's look ahead"],
    } as const;
    for (const [name, [make, doc]] of Object.entries(moments))
      optimizer(name, make, { options: adamFields, doc });
    optimizer('adamw', adamw, { options: decayedFields, doc: 'adam with weight decay beside the gradient' });
    optimizer('lion', lion, { options: lionFields, doc: 'W <- W - eta sign(b1 m + (1-b1) g)' });
    optimizer('lamb', lamb, { options: decayedFields, doc: 'adam scaled to the length of the weights' });

    optimizer('muon', muon, {
      options: muonFields,
      doc: 'steps along the nearest orthogonal matrix; adamw for what is no matrix',
    });
    const clips = { clipByValue, clipByNorm, clipByGlobalNorm };
    for (const [name, make] of Object.entries(clips))
      optimizer(name, (o: Inner<{ limit: number }>) => make(o.optimizer, o.limit), { options: clipFields });
    optimizer('weightDecay', ({ optimizer: inner, ...o }: Inner<{ rate: number }>) => weightDecay(inner, o), {
      options: weightDecayFields,
    });
    optimizer('averaged', ({ optimizer: inner, ...o }: Inner<{ decay?: number }>) => averaged(inner, o), {
      options: averagedFields,
    });
    optimizer(
      'accumulated',
      ({ optimizer: inner, ...o }: Inner<{ steps: number }>) => accumulated(inner, o),
      {
        options: accumulatedFields,
      },
    );
    optimizer(
      'learningRates',
      (o: Inner<{ factors: Readonly<Record<string, number>> }>) => learningRates(o.optimizer, o.factors),
      { options: learningRatesFields },
    );

    bindSchedule('constant', ({ factor }: { factor?: number }) => constantRate(factor), {
      options: scheduleFields.constant,
    });
    bindSchedule('stepDecay', stepDecay, { options: scheduleFields.stepDecay });
    bindSchedule('exponential', exponential, { options: scheduleFields.exponential });
    bindSchedule('polynomial', polynomial, { options: scheduleFields.polynomial });
    bindSchedule('cosine', cosine, { options: scheduleFields.cosine });
    bindSchedule('warmup', warmup, { options: scheduleFields.warmup });
    bindSchedule('oneCycle', oneCycle, { options: scheduleFields.oneCycle });
  },
  { name: '@pullback/optimizers' },
);

/** A wrapper's options, with the optimizer that it wraps. */
type Inner<O> = O & { readonly optimizer: Optimizer };
