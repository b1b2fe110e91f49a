import type { TensorSpec } from '../dtype.ts';
import { OptionError } from '../errors.ts';
import type { Value } from '../value.ts';

/** What an optimizer keeps for a parameter between steps, by name, with the number that it starts from. */
export type Slots = Readonly<Record<string, { readonly spec: TensorSpec; readonly initial: number }>>;

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

/** What a step knows: both are inputs of the Program, so that no schedule compiles anything again. */
export interface StepInputs {
  readonly learningRate: Value;
  /** How many steps there were before this one: int32. */
  readonly step: Value;
}

/** Turns gradients into new weights, for all parameters at once; part of the traced Program. */
export interface Optimizer {
  readonly name: string;
  readonly learningRate: number;
  slots(spec: TensorSpec): Slots;
  update(parameters: readonly OptimizedParameter[], at: StepInputs): readonly UpdatedParameter[];
}

/** The rules of an optimizer that treats every parameter alike. */
export interface OptimizerRules<O> {
  /** The names of what is kept beside each weight, with the number that it starts from. */
  readonly slots?: Readonly<Record<string, number>>;
  readonly update: (
    weight: Value,
    gradient: Value,
    slots: Readonly<Record<string, Value>>,
    at: StepInputs & { readonly options: O },
  ) => UpdatedParameter;
}

export interface OptimizerOptions {
  readonly learningRate: number;
}

/**
 * An optimizer of one's own: a factory that takes its options.
 * @throws OptionError at a use with a learning rate that is no finite number from 0 up.
 */
export function defineOptimizer<O extends OptimizerOptions = OptimizerOptions>(
  name: string,
  { slots = {}, update }: OptimizerRules<O>,
): (options: O) => Optimizer {
  return (options) => {
    checkLearningRate(name, options.learningRate);
    return {
      name,
      learningRate: options.learningRate,
      slots: (spec) =>
        Object.fromEntries(Object.entries(slots).map(([slot, initial]) => [slot, { spec, initial }])),
      update: (parameters, at) =>
        parameters.map(({ weight, gradient, slots: own }) =>
          update(weight, gradient, own, { ...at, options }),
        ),
    };
  };
}

export function checkLearningRate(what: string, rate: number): void {
  if (!(rate >= 0 && rate < Number.POSITIVE_INFINITY))
    throw new OptionError({
      got: `a learning rate of ${rate} for ${what}`,
      expected: 'a finite number from 0 up',
    });
}
