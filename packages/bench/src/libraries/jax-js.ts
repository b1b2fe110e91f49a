// jax-js in its fastest form: one jit around the whole step, the parameter tree in and out. An argument is consumed by use, `.ref` keeps it.
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import type { FunctionName, TrainingCase } from '../cases.ts';
import type { Layer, Numbers, TrainingData } from '../data.ts';
import { type Open, type Run, sampleOf } from '../library.ts';

type Weights = [kernel: np.Array, bias: np.Array][];

export const open: Open = async ({ backend }) => {
  if (backend === 'native') throw new Error('jax-js has no native code');
  await init(backend);
  defaultDevice(backend);
  return {
    train: (training, data) => (training.optimizer === 'adam' ? trainAdam : trainSgd)(training, data),
    call: ({ name }, data) => callFunction(functions[name], data.map(arrayOf)),
    predict: (_, { layers, x }) => predict(layers, arrayOf(x)),
  };
};

function arrayOf({ shape, data }: Numbers): np.Array {
  return np.array(Float32Array.from(data), { shape: [...shape] });
}

function weightsOf(layers: readonly Layer[]): Weights {
  return layers.map(({ kernel, bias }) => [arrayOf(kernel), arrayOf(bias)]);
}

function forward(weights: Weights, x: np.Array, hidden: (z: np.Array) => np.Array): np.Array {
  return weights.reduce((at, [kernel, bias], i) => {
    const z = np.matmul(at, kernel).add(bias);
    return i < weights.length - 1 ? hidden(z) : z;
  }, x);
}

/** The loss of weights on a batch; consumes all of them. */
function lossOf({ activation, loss }: TrainingCase) {
  const hidden = nn[activation];
  return (weights: Weights, x: np.Array, y: np.Array): np.Array => {
    const z = forward(weights, x, hidden);
    if (loss === 'softmaxCrossEntropy') return nn.logSoftmax(z).mul(y).sum(1).mean().neg();
    return np.square(nn.sigmoid(z).sub(y)).sum().mul(0.5);
  };
}

function trainSgd(training: TrainingCase, { layers, batches }: TrainingData): Run {
  const both = valueAndGrad(lossOf(training));
  const step = jit((weights: Weights, x: np.Array, y: np.Array): [np.Array, Weights] => {
    const [loss, gradients] = both(tree.ref(weights), x, y);
    const next = weights.map(([kernel, bias], i): Weights[number] => {
      const [dKernel, dBias] = gradients[i] ?? missing();
      return [kernel.sub(dKernel.mul(training.learningRate)), bias.sub(dBias.mul(training.learningRate))];
    });
    return [loss, next];
  });
  let weights = weightsOf(layers);
  return trainingRun(batches, (x, y) => {
    const [loss, next] = step(weights, x, y);
    weights = next;
    return [loss, weights];
  });
}

/** Adam, whose corrections 1 - beta^t come from the host: in float32, 1 - 0.999^t would lose four digits. */
function trainAdam(training: TrainingCase, { layers, batches }: TrainingData): Run {
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
  const both = valueAndGrad(lossOf(training));
  type Pair = [first: np.Array, second: np.Array];
  type Moving = [weight: np.Array, first: np.Array, second: np.Array];
  const move = ([weight, first, second]: Moving, g: np.Array, [c1, c2]: Pair): Moving => {
    const m = first.mul(beta1).add(g.ref.mul(1 - beta1));
    const v = second.mul(beta2).add(np.square(g).mul(1 - beta2));
    const change = m.ref.div(c1.ref).div(np.sqrt(v.ref.div(c2.ref)).add(epsilon));
    return [weight.sub(change.mul(training.learningRate)), m, v];
  };
  const step = jit((state: Weights[], corrections: Pair, x: np.Array, y: np.Array) => {
    const [weights = [], first = [], second = []] = state;
    const [loss, gradients] = both(tree.ref(weights), x, y);
    const moved = weights.map((weight, i) =>
      weight.map((_, k) => {
        const moving = [weight[k], first[i]?.[k], second[i]?.[k]];
        const [w = missing(), m = missing(), v = missing()] = moving;
        return move([w, m, v], gradients[i]?.[k] ?? missing(), corrections);
      }),
    );
    const part = (which: 0 | 1 | 2): Weights =>
      moved.map(([kernel = missing(), bias = missing()]) => [kernel[which], bias[which]]);
    return { loss, state: [part(0), part(1), part(2)] };
  });
  const zeros = () =>
    layers.map(({ kernel, bias }): Weights[number] => [
      np.zeros([...kernel.shape]),
      np.zeros([...bias.shape]),
    ]);
  let state = [weightsOf(layers), zeros(), zeros()];
  let t = 0;
  return trainingRun(batches, (x, y) => {
    t++;
    const next = step(state, [np.array(1 - beta1 ** t), np.array(1 - beta2 ** t)], x, y);
    state = next.state;
    return [next.loss, state];
  });
}

/** Steps over the batches in turn. Each is waited for: what is still pending when its loss is let go would never be run. */
function trainingRun(
  batches: TrainingData['batches'],
  step: (x: np.Array, y: np.Array) => [loss: np.Array, state: Weights[] | Weights],
): Run {
  const arrays = batches.map(({ x, y }) => ({ x: arrayOf(x), y: arrayOf(y) }));
  let taken = 0;
  let last: np.Array | undefined;
  let state: Weights[] | Weights = [];
  return {
    step: async (count) => {
      for (let i = 0; i < count; i++) {
        const { x, y } = arrays[taken++ % arrays.length] ?? missing();
        last?.dispose();
        [last, state] = step(x.ref, y.ref);
        await last.blockUntilReady();
      }
    },
    settle: async () => {
      await blockUntilReady([state, last ?? []]);
    },
    figures: async () => Array.from((await last?.ref.data()) ?? []),
  };
}

const functions: Readonly<Record<FunctionName, (x: np.Array, y: np.Array) => np.Array[]>> = {
  matmul: (x, y) => [np.matmul(x, y)],
  exp: (x) => [np.exp(x)],
  tanh: (x) => [np.tanh(x)],
  sigmoid: (x) => [nn.sigmoid(x)],
  gelu: (x) => [nn.gelu(x, { approximate: false })],
  elementwise: (x) => [np.exp(x.ref), np.tanh(x.ref), nn.sigmoid(x.ref), nn.gelu(x, { approximate: false })],
  softmax: (x, weights) => {
    const [[, y], gradient] = valueAndGrad(
      (logits: np.Array): [np.Array, np.Array] => {
        const result = nn.softmax(logits);
        return [result.ref.mul(weights).sum(), result];
      },
      { hasAux: true },
    )(x);
    return [y, gradient];
  },
};

function callFunction(f: (x: np.Array, y: np.Array) => np.Array[], [x = missing(), y]: np.Array[]): Run {
  const [unary, binary] = [jit((a: np.Array) => f(a, a)), jit(f)];
  let results: np.Array[] = [];
  return {
    step: async (count) => {
      for (let i = 0; i < count; i++) {
        for (const result of results) result.dispose();
        results = y === undefined ? unary(x.ref) : binary(x.ref, y.ref);
        await blockUntilReady(results);
      }
    },
    settle: async () => {},
    figures: async () => sampleOf(await Promise.all(results.map((result) => result.ref.data()))),
  };
}

function predict(layers: readonly Layer[], x: np.Array): Run {
  const run = jit((weights: Weights, at: np.Array) => forward(weights, at, nn.relu));
  const weights = weightsOf(layers);
  let result: ArrayLike<number> = [];
  return {
    step: async (count) => {
      for (let i = 0; i < count; i++) result = await run(tree.ref(weights), x.ref).data();
    },
    settle: async () => {},
    figures: async () => sampleOf([result]),
  };
}

function missing(): never {
  throw new Error('an array that is not there');
}
