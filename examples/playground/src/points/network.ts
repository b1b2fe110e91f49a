import {
  type Activation,
  adam,
  type Backend,
  binaryCrossEntropy,
  defineLoss,
  dense,
  halfSquaredError,
  type Layer,
  type Loss,
  l2,
  Model,
  momentum,
  type Optimizer,
  regularized,
  rmsprop,
  sequential,
  sgd,
  sigmoid,
  sum,
  type Value,
} from 'pullback';
import { activationOf, errorOf } from '../expression/activation.ts';
import { isRegression, type OptimizerName, type PointsSetup } from './setup.ts';

const optimizers: Readonly<Record<OptimizerName, (options: { readonly learningRate: number }) => Optimizer>> =
  {
    adam,
    sgd: (options) => sgd(options),
    momentum: (options) => momentum(options),
    rmsprop,
  };

/** By name, or as it was typed in p and t: the mean over samples. @throws ExpressionError */
export function lossOf({ loss }: Pick<PointsSetup, 'loss'>): Loss {
  if (loss === 'cross entropy') return binaryCrossEntropy();
  if (loss === 'half squared error') return halfSquaredError();
  const error = errorOf(loss);
  return defineLoss('typed', { perSample: (p, t) => sum(error(p, t), { axis: 1 }) })();
}

/** Hidden layers with the typed activation, and one output: a probability, or a number. */
export function layersOf(setup: PointsSetup): {
  readonly hidden: readonly Layer<readonly [Value]>[];
  readonly output: Layer<readonly [Value]>;
} {
  const activation: Activation = activationOf(setup.activation);
  const kept = (layer: Layer<readonly [Value]>) =>
    setup.decay === 0 ? layer : regularized(layer, { kernel: l2(setup.decay) });
  return {
    hidden: setup.layers.map((units, i) => kept(dense(units, { activation, name: `hidden${i + 1}` }))),
    output: kept(dense(1, { name: 'output', ...(isRegression(setup) ? {} : { activation: sigmoid }) })),
  };
}

export function createPoints(setup: PointsSetup, backend: Backend): Promise<Model> {
  const { hidden, output } = layersOf(setup);
  return Model.create({
    network: sequential(...hidden, output),
    input: [setup.features.length],
    loss: lossOf(setup),
    optimizer: optimizers[setup.optimizer]({ learningRate: setup.learningRate }),
    backend,
    seed: setup.seed,
  });
}
