import {
  add,
  checkOptions,
  div,
  type FieldsOf,
  field,
  matmul,
  mul,
  norm,
  type OptimizedParameter,
  type Optimizer,
  type OptimizerOptions,
  optimizerFields,
  parts,
  reshape,
  type StepInputs,
  sizeOf,
  sub,
  transpose,
  type UpdatedParameter,
  type Value,
} from '@pullback/core';
import { adamw } from './adam.ts';
import { average } from './average.ts';
import { from0, share } from './shares.ts';

export interface MuonOptions extends OptimizerOptions {
  /** How much of the average of gradients is kept; 0.95 when left out. */
  readonly momentum?: number;
  /** Looks ahead: the step is along m again averaged with the gradient; true when left out. */
  readonly nesterov?: boolean;
  /** How much of each weight is taken off in a step, times the learning rate; 0 when left out. */
  readonly weightDecay?: number;
  /** For weights that are no matrices, such as biases; adamw of the same rate when left out. */
  readonly others?: Optimizer;
}

/** The options of `muon`. */
export const muonFields = {
  ...optimizerFields,
  momentum: share,
  nesterov: field.flag(),
  weightDecay: from0,
  others: parts.optimizer,
} satisfies FieldsOf<MuonOptions>;

const [a, b, c] = [3.4445, -4.775, 2.0315] as const;

/**
 * Steps along the nearest orthogonal matrix, for weights with two axes or more, of which the last counts outputs and the others inputs:
 *   m <- mu m + (1 - mu) g, u = mu m + (1 - mu) g, W <- W - eta (sqrt max(1, outputs / inputs) X_5 + lambda W),
 * X_0 = u / |u| and five times X <- a X + (b A + c A^2) X with A = X X^T (Newton and Schulz). Embeddings and scores learn better by adamw:
 * `parameterGroups` parts them. Source: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon.
 * @throws OptionError for a learning rate below 0 or a momentum outside of [0, 1).
 */
export function muon(given: MuonOptions): Optimizer {
  checkOptions('muon', given, muonFields);
  const { momentum = 0.95, nesterov = true, weightDecay = 0, learningRate, schedule } = given;
  const others = given.others ?? adamw({ learningRate, weightDecay });
  const ofMatrix = ({ weight, gradient, slots }: OptimizedParameter, at: StepInputs): UpdatedParameter => {
    const change = average(slots['change'] ?? gradient, gradient, momentum);
    const direction = nesterov ? average(change, gradient, momentum) : change;
    const step = add(reshape(orthogonalized(direction), weight.shape), mul(weight, weightDecay));
    return { weight: sub(weight, mul(at.learningRate, step)), slots: { change } };
  };
  return {
    name: 'muon',
    learningRate,
    schedule,
    slots: (spec) => (spec.shape.length < 2 ? others.slots(spec) : { change: { spec, initial: 0 } }),
    updates: (step, path) => others.updates?.(step, path),
    update: (parameters, at) => {
      const rest = parameters.filter(({ weight }) => weight.shape.length < 2);
      const ratio = learningRate > 0 ? others.learningRate / learningRate : 1;
      const updated = others.update(rest, { ...at, learningRate: mul(at.learningRate, ratio) });
      const made = new Map(rest.map((parameter, i) => [parameter, updated[i]]));
      return parameters.map((parameter) => made.get(parameter) ?? ofMatrix(parameter, at));
    },
  };
}

/** sqrt max(1, outputs / inputs) times five steps of Newton and Schulz from x / |x|, as a matrix. */
function orthogonalized(x: Value): Value {
  const outputs = x.shape.at(-1) ?? 1;
  const inputs = sizeOf(x.shape.slice(0, -1));
  const matrix = reshape(x, [inputs, outputs]);
  // Of the two products with its transpose the smaller one.
  const wide = inputs <= outputs;
  let y = wide ? matrix : transpose(matrix);
  y = div(y, add(norm(y), 1e-7));
  for (let i = 0; i < 5; i++) {
    const square = matmul(y, transpose(y));
    y = add(mul(y, a), matmul(add(mul(square, b), mul(matmul(square, square), c)), y));
  }
  const scale = Math.sqrt(Math.max(1, inputs === 0 ? 1 : outputs / inputs));
  return mul(wide ? y : transpose(y), scale);
}
