import type { Meaning, Metric } from '@pullback/core';
import { type Case, callOf } from '../case.ts';
import { type Example, type SearchOptions, search } from '../example.ts';
import type { ParityOptions } from '../parity.ts';
import { figureOf, type Outcome, type Showing } from './figures.ts';
import {
  type Manner,
  type MetricSamples,
  type MetricTargets,
  type RefusedTarget,
  type SampleRules,
  samplesOf,
} from './samples.ts';

type Rows = readonly (readonly number[])[];

export interface MetricConformance extends SearchOptions, ParityOptions {
  readonly name?: string;
  /** The interval of predictions; all numbers when left out. */
  readonly predictions?: readonly [number, number];
  /** The targets; all numbers when left out. */
  readonly targets?: MetricTargets;
  /** How many outputs a prediction may have; 1, 2 and 3 when left out. */
  readonly outputs?: readonly number[];
  /** The meaning of the prediction's numbers, as a loss would say. */
  readonly meaning?: Meaning;
  /** The figure of all samples by its formula, from rows of numbers; a label is a row of one. It may throw where there is none. */
  readonly reference?: (predictions: Rows, targets: Rows) => number;
  readonly tolerance?: number;
  /** Whether column layout has a meaning; true when left out. */
  readonly columns?: boolean;
  /** Whether every target gives the same figure; false when left out. */
  readonly anyTarget?: boolean;
  /** Targets of the right shape that it must refuse. */
  readonly refuses?: readonly RefusedTarget[];
}

/** Every manner of samples. */
export const manners: readonly Manner[] = ['plain', 'ties', 'small', 'near', 'wide', 'one class'];

/** A metric under examination: how its samples are made and shown. */
export class Examination {
  readonly name: string;
  readonly rules: SampleRules;
  readonly showing: Showing;
  /** On which figures can be compared: where numbers are all equal, their variance is lost in rounding. */
  readonly comparable: readonly Manner[];
  /** The same for cases that show samples many times. */
  readonly few: readonly Manner[];

  constructor(
    /** A fresh one. */
    readonly make: () => Metric,
    readonly options: MetricConformance,
  ) {
    const { predictions = [-Infinity, Infinity], targets = [-Infinity, Infinity] } = options;
    this.name = options.name ?? make().name;
    this.rules = { predictions, targets, outputs: options.outputs ?? [1, 2, 3] };
    this.showing = { meaning: options.meaning };
    const classes = typeof targets === 'string';
    this.comparable = manners.filter((manner) => classes || manner !== 'one class');
    this.few = classes ? ['plain', 'one class'] : ['plain'];
  }

  /** A case that looks for samples which `examine` refuses. */
  each(
    what: string,
    examine: (metric: Metric, samples: MetricSamples, example: Example) => void,
    shown = this.comparable,
  ): Case {
    const call = callOf(`conformMetric(() => ${this.name}`, this.options);
    return {
      name: `${this.name}: ${what}`,
      run: () =>
        search(
          (example) => {
            for (const manner of shown) examine(this.make(), samplesOf(example, this.rules, manner), example);
          },
          { empty: false, runs: 6, ...this.options },
          call,
        ),
    };
  }

  /** The figure of all samples in one batch. */
  whole(metric: Metric, samples: MetricSamples, more: Showing = {}): Outcome {
    return figureOf(metric, [samples], { ...this.showing, ...more });
  }
}
