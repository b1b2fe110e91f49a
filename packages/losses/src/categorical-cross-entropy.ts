import {
  add,
  checkOptions,
  constant,
  DataError,
  defineNode,
  div,
  equal,
  exp,
  expm1,
  type FieldsOf,
  type FloatDType,
  field,
  formatShape,
  type Loss,
  log,
  logSoftmax,
  maximum,
  mul,
  neg,
  OptionError,
  oneHot,
  type Placement,
  pow,
  reshape,
  ShapeError,
  sameShape,
  select,
  type Tensor,
  type TensorSpec,
  transpose,
  type Value,
  weigh,
} from '@pullback/core';
import { type LossOptions, linkedErrors, lossFields, lossOf, ofSoftmax, ofSoftmaxLogits } from './reduce.ts';

export interface CategoricalOptions extends LossOptions {
  /** Targets with a share of every class mixed in: t (1 - s) + s / classes. 0 when left out. Source: Szegedy et al. 2016. */
  readonly labelSmoothing?: number;
  /** A weight for each class, which its errors are multiplied by. */
  readonly classWeights?: readonly number[];
}

export const categoricalFields = {
  ...lossFields,
  labelSmoothing: field.number({ from: 0, to: 1 }),
  classWeights: field.list(field.number()),
} satisfies FieldsOf<CategoricalOptions>;

export const softmaxFocalFields = { ...categoricalFields, gamma: field.number({ from: 0 }) };

const leastLog = -100;
const leastProbability = 1e-38;

/** -t log x for each component, with 0 log 0 = 0. */
const errors = defineNode('categoricalCrossEntropy', {
  forward: (x: Value, t: Value) => neg(select(equal(t, 0), 0, mul(t, maximum(log(x), leastLog)))),
  mixes: [],
  vjp: (g, { inputs: [x, t] }) => [
    neg(mul(g, select(equal(t, 0), 0, div(t, maximum(x, leastProbability))))),
    neg(mul(g, maximum(log(x), leastLog))),
  ],
});

/** -t log softmax(z) for each component; a target of 0 counts nothing, also beside a logit of -infinity. */
export function logitErrors(logits: Value, targets: Value, axis: number): Value {
  return neg(select(equal(targets, 0), 0, mul(targets, logSoftmax(logits, { axis }))));
}

/**
 * g(x) = -sum t log x over probabilities x, with gradient -t/x and 0 log 0 = 0. (3.8)
 * Where x was made by a softmax over the classes it is computed from the logits, exactly for every logit; the gradient at x stays -t/x.
 * Targets are one-hot or soft, of the prediction's shape, or one integer label for each sample.
 * The mean over samples unless `sum` is asked for.
 * @throws ShapeError for other shapes, DataError for a label outside of the classes, OptionError for wrong options.
 */
export function categoricalCrossEntropy(options: CategoricalOptions = {}): Loss {
  return categorical('categoricalCrossEntropy', ofSoftmax, options, (x, t, { classAxis }) =>
    linkedErrors(x, t, {
      name: 'categoricalCrossEntropy',
      link: 'softmax',
      axis: classAxis,
      onProbabilities: errors,
      onLogits: (z, target) => logitErrors(z, target, classAxis),
    }),
  );
}

/**
 * Categorical cross entropy of softmax(z), from the logits z, with gradient x sum t - t, which is x - t when the targets of a
 * sample sum to 1. (3.9) Targets as for `categoricalCrossEntropy`. The mean over samples unless `sum` is asked for.
 * @throws ShapeError for other shapes, DataError for a label outside of the classes, OptionError for wrong options.
 */
export function softmaxCrossEntropy(options: CategoricalOptions = {}): Loss {
  return categorical('softmaxCrossEntropy', ofSoftmaxLogits, options, (z, t, { classAxis }) =>
    logitErrors(z, t, classAxis),
  );
}

/** Logarithms count as this at least where e^l, which is 0 there, is multiplied by l. */
const least = -1000;

/**
 * -(1 - p)^gamma l of l = log p, with slope -(1 - p)^gamma (1 + gamma p r), r = -l / (1 - p). At p = 1, where r is 1, both are 0 for every gamma
 * above 0: made of (1 - p)^(gamma - 1) the slope would be infinity times 0 for a gamma below 1.
 */
function focalOf(logProbability: Value, gamma: number): Value {
  const focus = (l: Value) => pow(neg(expm1(l)), gamma);
  return defineNode('focal', {
    forward: (l: Value) => neg(mul(focus(l), l)),
    mixes: [],
    vjp: (g, { inputs: [l] }) => {
      const rest = expm1(l);
      const ratio = select(equal(rest, 0), 1, div(maximum(l, least), select(equal(rest, 0), 1, rest)));
      // Chosen, so that further slopes at the logits are 0 there too, and not 0 times that of a power.
      const focused = gamma === 0 ? focus(l) : select(equal(rest, 0), 0, focus(l));
      return [neg(mul(g, mul(focused, add(1, mul(mul(exp(l), ratio), gamma)))))];
    },
  })(logProbability);
}

/**
 * Categorical cross entropy of softmax(z), each term times (1 - x)^gamma, so that what is nearly right counts less; from logits.
 * Source: Lin et al. 2017.
 * @throws as softmaxCrossEntropy, and OptionError for a gamma below 0.
 */
export function softmaxFocal(given: CategoricalOptions & { readonly gamma?: number } = {}): Loss {
  const { gamma = 2, ...options } = checkOptions('softmaxFocal', given, softmaxFocalFields);
  return categorical('softmaxFocal', ofSoftmaxLogits, options, (z, t, { classAxis }) => {
    const focal = focalOf(logSoftmax(z, { axis: classAxis }), gamma);
    return select(equal(t, 0), 0, mul(t, focal));
  });
}

/** The common part: targets read, smoothed and weighted. */
function categorical(
  name: string,
  meant: Pick<Loss, 'meaning'>,
  options: CategoricalOptions,
  error: (prediction: Value, target: Value, at: Placement) => Value,
): Loss {
  const given = checkOptions(name, options, categoricalFields);
  const { reduction = 'mean', labelSmoothing = 0, classWeights } = given;
  return lossOf({
    ...meant,
    name,
    reduction,
    errors: (prediction, given, at) => {
      const target = smoothed(classesOf(given, prediction, at), labelSmoothing, at);
      const found = error(prediction, target, at);
      return classWeights === undefined ? found : weigh(found, weightsOf(classWeights, prediction, at));
    },
    check: checkLabels,
  });
}

function smoothed(target: Value, share: number, { classAxis }: Placement): Value {
  return share === 0 ? target : add(mul(target, 1 - share), share / (target.shape.at(classAxis) ?? 1));
}

function weightsOf(weights: readonly number[], prediction: Value, { classAxis }: Placement): Value {
  const classes = prediction.shape.at(classAxis) ?? 0;
  if (weights.length !== classes)
    throw new OptionError({
      got: `${weights.length} class weights`,
      expected: `${classes}, one for each class`,
    });
  const shape = prediction.shape.map(() => 1);
  shape[classAxis === 0 ? 0 : shape.length - 1] = classes;
  return reshape(constant([...weights], { dtype: prediction.dtype }), shape);
}

/** Targets of the prediction's shape: as they are, or one-hot from integer labels. */
function classesOf(target: Value, prediction: Value, { classAxis, layout }: Placement): Value {
  if (target.dtype === 'int32' && target.shape.length === prediction.shape.length - 1) {
    const dtype: FloatDType = prediction.dtype === 'float64' ? 'float64' : 'float32';
    const rows = oneHot(target, prediction.shape.at(classAxis) ?? 0, { dtype });
    return checked(layout === 'row' ? rows : transpose(rows), prediction);
  }
  return checked(target, prediction);
}

function checked(target: Value, prediction: Value): Value {
  if (!sameShape(target.shape, prediction.shape))
    throw new ShapeError({
      got: `a target of ${formatShape(target.shape)}`,
      expected: `${formatShape(prediction.shape)}, as the prediction is, or one integer label for each sample`,
    });
  return target;
}

function checkLabels({ shape, data }: Tensor, prediction: TensorSpec, { classAxis }: Placement): void {
  if (shape.length !== prediction.shape.length - 1) return;
  const classes = prediction.shape.at(classAxis) ?? 0;
  const wrong = data.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (wrong >= 0)
    throw new DataError({
      got: `the label ${data[wrong]} of sample ${wrong}`,
      expected: `whole numbers from 0 to ${classes - 1}`,
      hint: 'The last layer needs one unit for each class.',
    });
}
