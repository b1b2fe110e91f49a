import { OptionError } from '../errors.ts';
import type { Value } from '../graph/value.ts';
import { checkOptions } from '../options/check-options.ts';
import { callable, type Fields, type FieldsOf, needed, number } from '../options/field.ts';
import { partOf } from '../options/part-of.ts';
import type { TensorSpec } from '../tensors/dtype.ts';

export interface Slot {
  readonly spec: TensorSpec;
  /** The number that it starts from. */
  readonly initial: number;
  /** Whether checkpoints of older versions lack it: it is at its initial number then. */
  readonly optional?: boolean;
}

/** The slots that an optimizer keeps for a parameter between steps, by name. */
export type Slots = Readonly<Record<string, Slot>>;

export interface OptimizedParameter {
  readonly path: string;
  readonly weight: Value;
  readonly gradient: Value;
  readonly slots: Readonly<Record<string, Value>>;
}

export interface UpdatedParameter {
  readonly weight: Value;
  readonly slots: Readonly<Record<string, Value>>;
}

/**
 * A factor of the learning rate, computed inside the Program from the number of steps before this one, a float scalar: so no
 * schedule compiles anything again.
 */
export type Schedule = (step: Value) => Value;

/** The numbers that a step knows: both are inputs of the Program, so that no schedule compiles anything again. */
export interface StepInputs {
  readonly learningRate: Value;
  /** How many steps there were before this one: int32. */
  readonly step: Value;
  /** How much this step's gradients count beside those of others: the samples of its batch for errors that are means, 1 when left out. */
  readonly samples?: Value | undefined;
}

/** Which steps are updates, for an optimizer that does not update at every one. */
export interface Updates {
  /** Whether this step is one: a bool scalar. */
  readonly now: Value;
  /** How many there were before it: int32. */
  readonly before: Value;
}

/** Turns gradients into new weights, for all parameters at once; part of the traced Program. */
export interface Optimizer {
  readonly name: string;
  /** The base rate: an input of the Program, which a callback may change. */
  readonly learningRate: number;
  readonly schedule?: Schedule | undefined;
  /** For a weight by its path; undefined, or left out, where every step is an update. */
  readonly updates?: ((step: Value, path: string) => Updates | undefined) | undefined;
  slots(spec: TensorSpec): Slots;
  update(parameters: readonly OptimizedParameter[], at: StepInputs): readonly UpdatedParameter[];
}

/** The options of every optimizer. */
export const optimizerFields = {
  learningRate: needed(number({ from: 0 })),
  schedule: partOf('schedule', callable<Schedule>('a schedule')),
} satisfies FieldsOf<OptimizerOptions>;

/** The rules of an optimizer that treats every parameter alike. */
export interface OptimizerRules<O, S extends string> {
  /** The options that it takes beside learningRate and schedule; unknown ones are refused where it says so. */
  readonly fields?: FieldsOf<Omit<O, keyof OptimizerOptions>>;
  /** The slots beside each weight, of its shape, by name, with the numbers that they start from. */
  readonly slots?: Readonly<Record<S, number>>;
  readonly update: (
    weight: Value,
    gradient: Value,
    slots: Readonly<Record<S, Value>>,
    at: StepInputs & { readonly options: O },
  ) => { readonly weight: Value; readonly slots: Readonly<Record<S, Value>> };
}

export interface OptimizerOptions {
  readonly learningRate: number;
  /** Multiplies the learning rate by a factor for each step. */
  readonly schedule?: Schedule;
}

/**
 * An optimizer of one's own: a factory that takes its options.
 * @throws OptionError at a use with a learning rate that is no finite number from 0 up.
 */
export function defineOptimizer<O extends OptimizerOptions = OptimizerOptions, S extends string = never>(
  name: string,
  { slots, update, fields }: OptimizerRules<O, S>,
): (options: O) => Optimizer {
  const initial: Readonly<Record<string, number>> = slots ?? {};
  const complete = (given: Readonly<Record<string, Value>>): given is Readonly<Record<S, Value>> =>
    Object.keys(initial).every((slot) => given[slot] !== undefined);
  return (options) => {
    const own: Fields | undefined = fields;
    if (own === undefined) checkLearningRate(name, options.learningRate);
    else checkOptions(name, options, { ...optimizerFields, ...own });
    return {
      name,
      learningRate: options.learningRate,
      schedule: options.schedule,
      slots: (spec) =>
        Object.fromEntries(Object.entries(initial).map(([slot, start]) => [slot, { spec, initial: start }])),
      update: (parameters, at) =>
        parameters.map(({ path, weight, gradient, slots: own }) => {
          if (!complete(own))
            throw new OptionError({
              got: `slots ${Object.keys(own).join(', ') || 'none'} for '${path}'`,
              expected: `${Object.keys(initial).join(', ')}, as '${name}' keeps`,
            });
          return update(weight, gradient, own, { ...at, options });
        }),
    };
  };
}

export function checkLearningRate(what: string, rate: number): void {
  if (!(Number.isFinite(rate) && rate >= 0))
    throw new OptionError({
      got: `a learning rate of ${rate} for ${what}`,
      expected: 'a finite number from 0 up',
    });
}
