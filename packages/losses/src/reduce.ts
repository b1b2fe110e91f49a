import {
  defineNode,
  div,
  type FieldsOf,
  field,
  formatShape,
  type InverseLink,
  type Loss,
  logitsOf,
  type Placement,
  type Reduction,
  ShapeError,
  sameShape,
  sum,
  type Value,
} from '@pullback/core';

export interface LossOptions {
  /** `sum` over samples, or their `mean`. */
  readonly reduction?: Reduction;
}

/** The options of a loss that has none of its own. */
export type NoOptions = Readonly<Record<string, never>>;

export const lossFields = { reduction: field.oneOf('sum', 'mean') } satisfies FieldsOf<LossOptions>;

interface LossRules extends Pick<Loss, 'check' | 'meaning'> {
  readonly name: string;
  readonly reduction: Reduction;
  /** The error of every component, of the prediction's shape, or of every sample. */
  errors(prediction: Value, target: Value, at: Placement): Value;
}

/** Predictions in the unit of their targets. */
export const ofValues = { meaning: { as: 'values' } } as const;

/** Outputs with a yes or no of their own, as sigmoids make them of logits. */
export const ofSigmoids = { meaning: { as: 'probabilities', exclusive: false } } as const;
export const ofSigmoidLogits = { meaning: { as: 'logits', exclusive: false } } as const;

/** Outputs of which one is right, as a softmax makes them of logits. */
export const ofSoftmax = { meaning: { as: 'probabilities', exclusive: true } } as const;
export const ofSoftmaxLogits = { meaning: { as: 'logits', exclusive: true } } as const;

/**
 * A loss from the errors of components: for each sample their sum, and over samples the sum of those or their mean.
 */
export function lossOf({ name, reduction, errors, ...rules }: LossRules): Loss {
  const perSample = (prediction: Value, target: Value, at: Placement): Value =>
    sumComponents(errors(prediction, target, at), at);
  return {
    name,
    reduction,
    perSample,
    forward: (prediction, target, at) => {
      const total = sum(perSample(prediction, target, at));
      return reduction === 'sum' ? total : div(total, prediction.shape.at(at.sampleAxis) ?? 1);
    },
    ...rules,
  };
}

/** The sum over all axes but that of samples. */
function sumComponents(errors: Value, { layout }: Placement): Value {
  const sample = layout === 'row' ? 0 : errors.shape.length - 1;
  return sum(errors, { axis: errors.shape.flatMap((_, i) => (i === sample ? [] : [i])) });
}

/** A component's error of probabilities x and targets t. */
type ErrorOf = (x: Value, t: Value) => Value;

interface LinkedErrors {
  readonly name: string;
  readonly link: InverseLink['name'];
  /** The axis of the classes, for a softmax. */
  readonly axis?: number;
  readonly onProbabilities: ErrorOf;
  readonly onLogits: ErrorOf;
}

/**
 * Errors of probabilities, computed from the logits z where `x` was made of some, so that they and their gradient at z are right where
 * probabilities are 0 or 1 in floating point. The gradient at the probabilities stays that of their own formula.
 */
export function linkedErrors(x: Value, t: Value, { name, link, axis = 0, ...forms }: LinkedErrors): Value {
  const made = logitsOf(x);
  const rank = x.shape.length;
  const fits =
    made?.link.name === link && (made.link.name === 'logistic' || made.link.axis === (axis + rank) % rank);
  if (made === undefined || !fits) return forms.onProbabilities(x, t);
  const node = defineNode(name, {
    forward: (z: Value, _: Value, target: Value) => forms.onLogits(z, target),
    detour: { through: [1], forward: (_, p, target) => forms.onProbabilities(p, target) },
  });
  return node(made.logits, x, t);
}

/** Refuses a target whose shape is not the prediction's: broadcasting would compute something else in silence. */
export function checkTarget(prediction: Value, target: Value): void {
  if (!sameShape(prediction.shape, target.shape))
    throw new ShapeError({
      got: `a target of ${formatShape(target.shape)}`,
      expected: `${formatShape(prediction.shape)}, as the prediction is`,
    });
}

/** A loss whose error of a component depends on that component alone. */
export function componentLoss(
  name: string,
  rules: Pick<LossRules, 'check' | 'meaning' | 'reduction'>,
  error: (prediction: Value, target: Value) => Value,
): Loss {
  return lossOf({
    ...rules,
    name,
    errors: (prediction, target) => {
      checkTarget(prediction, target);
      return error(prediction, target);
    },
  });
}

/** How many components a sample has. */
export function componentsOf(prediction: Value, { sampleAxis }: Placement): number {
  const samples = prediction.shape.at(sampleAxis) ?? 1;
  return prediction.shape.reduce((n, extent) => n * extent, 1) / Math.max(1, samples);
}
