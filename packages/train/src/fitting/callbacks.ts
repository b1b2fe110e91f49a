import {
  type Better,
  checkOptions,
  type Field,
  type FieldsOf,
  field,
  nearest,
  OptionError,
  type Tensor,
  UnknownNameError,
} from '@pullback/core';
import type { ByteTarget, Saved, SaveOptions } from '@pullback/safetensors';
import type { Inputs, Targets } from '../definition/named-inputs.ts';
import type { EpochRecord } from './progress.ts';

/** The model as callbacks see it between two steps. */
export interface FitModel {
  save(target: ByteTarget, options?: SaveOptions): Promise<Saved>;
  predict(x: Inputs): Promise<Tensor>;
  evaluate(x: Inputs, y: Targets): Promise<EpochRecord>;
}

/** The model as a callback sees it while a fit runs. */
export interface FitControl {
  readonly model: FitModel;
  /** The epoch of this fit, from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps since the model was made. */
  readonly stepCount: number;
  /** The base learning rate: an input of the Program, so that setting it compiles nothing again. */
  learningRate: number;
  /** The figures that a record of an epoch has; and, where that is known, whether a higher or a lower one is better. */
  readonly better: ReadonlyMap<string, Better | undefined>;
  /** The figures of this epoch so far; they are read from the backend when somebody asks. None before its first step. */
  figures(): Promise<EpochRecord>;
  /** Ends the fit after this epoch. */
  stop(): void;
  /** Keeps weights, slots, state, step and epoch count; the function that is returned puts them back. */
  keep(): Promise<() => Promise<void>>;
}

/** Told what happens in a fit; may be asynchronous. */
export interface Callback {
  epochStart?(control: FitControl): void | Promise<void>;
  /** After every step; the loss is not read for it. */
  step?(control: FitControl): void | Promise<void>;
  epochEnd?(record: EpochRecord, control: FitControl): void | Promise<void>;
  fitEnd?(history: readonly EpochRecord[], control: FitControl): void | Promise<void>;
}

const hooks = ['epochStart', 'step', 'epochEnd', 'fitEnd'];

/** A callback: at least one hook, each a function. A plain object's other functions whose names come near to a hook's are mistakes. */
export const callbackField: Field<Callback, false> = {
  ...field.having<Callback>(`a callback with some of ${hooks.join(', ')}`),
  refuse(given) {
    if (typeof given !== 'object' || given === null) return field.having(this.expected, 'step').refuse(given);
    const set = hooks.filter((hook) => Reflect.get(given, hook) !== undefined);
    const notCalled = set.find((hook) => typeof Reflect.get(given, hook) !== 'function');
    if (notCalled !== undefined)
      return {
        place: `.${notCalled}`,
        got: field.shown(Reflect.get(given, notCalled)),
        expected: 'a function',
      };
    const own = Object.entries(given).flatMap(([name, f]) => (typeof f === 'function' ? name : []));
    const near = (name: string) => nearest(name.replace(/^on(?=[A-Z])/, ''), hooks);
    const mistaken = own.find((name) => !hooks.includes(name) && near(name) !== undefined);
    if (mistaken === undefined && set.length > 0) return undefined;
    return {
      place: '',
      got: field.shown(given),
      expected: this.expected,
      ...(mistaken !== undefined && { hint: `Did you mean '${near(mistaken)}' by '${mistaken}'?` }),
    };
  },
};

export interface MonitorOptions {
  /** The figure that is watched: `validation loss` when left out. */
  readonly monitor?: string;
  /** Whether it shall fall or rise; when left out, as the loss or metric says which figures are better. */
  readonly mode?: 'min' | 'max';
  /** How many epochs without a better figure are borne. */
  readonly patience?: number;
  /** By how much a figure must be better to count. */
  readonly minDelta?: number;
}

export const monitorFields = {
  monitor: field.text(),
  mode: field.oneOf('min', 'max'),
  patience: field.whole({ from: 0 }),
  minDelta: field.number({ from: 0 }),
} satisfies FieldsOf<MonitorOptions>;

/** Counts the epochs since the last better figure. */
export class Watch {
  readonly #monitor: string;
  readonly #sign: number;
  readonly #minDelta: number;
  #best = Infinity;
  waited = 0;

  /** @throws UnknownNameError for a figure that the fit does not have, OptionError where nobody says which way is better. */
  constructor(
    { monitor = 'validation loss', mode, minDelta = 0 }: MonitorOptions,
    { better }: Pick<FitControl, 'better'>,
  ) {
    if (!better.has(monitor)) throw new UnknownNameError('figure of this fit', monitor, better.keys());
    const wanted =
      mode ?? { higher: 'max', lower: 'min', unknown: undefined }[better.get(monitor) ?? 'unknown'];
    if (wanted === undefined)
      throw new OptionError({
        got: `the monitor '${monitor}', whose metric does not say which figures are better`,
        expected: "mode: 'max' or mode: 'min' beside it",
        hint: "Or the metric says so: { better: 'higher' }.",
      });
    this.#monitor = monitor;
    this.#sign = wanted === 'min' ? 1 : -1;
    this.#minDelta = minDelta;
  }

  /** Whether this epoch is the best so far; a NaN never is. */
  better(record: EpochRecord): boolean {
    const figure = record[this.#monitor] ?? Number.NaN;
    const better = this.#sign * figure < this.#best - this.#minDelta;
    if (better) this.#best = this.#sign * figure;
    this.waited = better ? 0 : this.waited + 1;
    return better;
  }
}

/** Ends the fit after `patience` (3) epochs without a better figure, and puts the best epoch's numbers back unless told not to. */
export function earlyStopping(options: MonitorOptions & { readonly restoreBest?: boolean } = {}): Callback {
  checkOptions('earlyStopping', options, { ...monitorFields, restoreBest: field.flag() });
  const { patience = 3, restoreBest = true } = options;
  let watch: Watch | undefined;
  let putBack: (() => Promise<void>) | undefined;
  return {
    epochStart: (control) => {
      if (control.epoch > 1) return;
      watch = new Watch(options, control);
      putBack = undefined;
    },
    epochEnd: async (record, control) => {
      watch ??= new Watch(options, control);
      if (watch.better(record)) {
        if (restoreBest) putBack = await control.keep();
      } else if (watch.waited >= patience) control.stop();
    },
    fitEnd: async () => {
      if (watch !== undefined && watch.waited > 0) await putBack?.();
    },
  };
}

/** Multiplies the learning rate by `factor` (0.1) after `patience` (2) epochs without a better figure, down to `minimum`. */
export function reduceOnPlateau(
  options: MonitorOptions & { readonly factor?: number; readonly minimum?: number } = {},
): Callback {
  checkOptions('reduceOnPlateau', options, {
    ...monitorFields,
    factor: field.number({ above: 0, below: 1 }),
    minimum: field.number({ from: 0 }),
  });
  const { patience = 2, factor = 0.1, minimum = 0 } = options;
  let watch: Watch | undefined;
  return {
    epochStart: (control) => {
      if (control.epoch === 1) watch = new Watch(options, control);
    },
    epochEnd: (record, control) => {
      watch ??= new Watch(options, control);
      watch.better(record);
      if (watch.waited < patience) return;
      control.learningRate = Math.max(minimum, control.learningRate * factor);
      watch.waited = 0;
    },
  };
}
