// jax-js in its fastest form: one jit around the whole step, the parameter tree in and out. An argument is consumed by use, `.ref` keeps it.
import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
} from '@jax-js/jax';
import type { FunctionName, StepCase, TrainingCase } from '../cases.ts';
import type { Layer, Numbers, TrainingData } from '../data.ts';
import { type Open, type Run, sampleOf, without } from '../library.ts';

type Weights = [kernel: np.Array, bias: np.Array][];

export const open: Open = async ({ backend }) => {
  if (backend === 'native') throw new Error('jax-js has no native code');
  await init(backend);
  defaultDevice(backend);
  return {
    train: (training, data) => (training.optimizer === 'adam' ? trainAdam : trainSgd)(training, data),
    call: ({ name }, data) => callFunction(functions[name], data.map(arrayOf)),
    advance: (step, data) => advance(step, data),
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
  softmax: withSlope((x) => nn.softmax(x)),
  layerNorm: withSlope((x) => {
    const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
    const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
    return centred.div(np.sqrt(variance.add(1e-5)));
  }),
};

/** f(x), and the gradient of sum(f(x) w) at x. */
function withSlope(f: (x: np.Array) => np.Array): (x: np.Array, w: np.Array) => np.Array[] {
  return (x, weights) => {
    const [[, y], gradient] = valueAndGrad(
      (at: np.Array): [np.Array, np.Array] => {
        const result = f(at);
        return [result.ref.mul(weights).sum(), result];
      },
      { hasAux: true },
    )(x);
    return [y, gradient];
  };
}

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

/** Channels first, as its convolutions have them. */
const first = (x: np.Array): np.Array => np.transpose(x, [0, 3, 1, 2]);
const last = (x: np.Array): np.Array => np.transpose(x, [0, 2, 3, 1]);
const kernelFirst = (w: np.Array): np.Array => np.transpose(w, [3, 2, 0, 1]);
const kernelLast = (w: np.Array): np.Array => np.transpose(w, [2, 3, 1, 0]);
const conv = (x: np.Array, w: np.Array, padding: 'SAME' | 'VALID'): np.Array =>
  lax.conv(x, w, [1, 1], padding);
const perChannel = (x: np.Array): np.Array => np.reshape(x, [1, -1, 1, 1]);

/** The largest of windows side by side: reduceWindow has no gradient. */
function pool(x: np.Array): np.Array {
  const [n = 0, c = 0, height = 0, width = 0] = x.shape;
  return np.max(np.reshape(x, [n, c, height / 2, 2, width / 2, 2]), [3, 5]);
}

function lenetLoss(weights: np.Array[], x: np.Array, y: np.Array): np.Array {
  const [w1, b1, w2, b2, d1, c1, d2, c2] = weights as [
    ...[np.Array, np.Array, np.Array, np.Array],
    ...[np.Array, np.Array, np.Array, np.Array],
  ];
  const one = pool(nn.relu(conv(x, w1, 'VALID').add(perChannel(b1))));
  const room = np.pad(one, [
    [0, 0],
    [0, 0],
    [1, 0],
    [1, 0],
  ]);
  const two = pool(nn.relu(conv(room, w2, 'VALID').add(perChannel(b2))));
  const flat = np.reshape(last(two), [64, 576]);
  const z = np.matmul(nn.relu(np.matmul(flat, d1).add(c1)), d2).add(c2);
  return nn.logSoftmax(z).mul(y).sum(1).mean().neg();
}

function normalized(z: np.Array, scale: np.Array, shift: np.Array): np.Array {
  const centred = z.ref.sub(np.mean(z, [0, 2, 3], { keepdims: true }));
  const variance = np.mean(np.square(centred.ref), [0, 2, 3], { keepdims: true });
  return centred
    .div(np.sqrt(variance.add(1e-5)))
    .mul(perChannel(scale))
    .add(perChannel(shift));
}

function resnetLoss(weights: np.Array[], x: np.Array, slope: np.Array): np.Array {
  const [w1, s1, t1, w2, s2, t2] = weights as [
    ...[np.Array, np.Array, np.Array],
    ...[np.Array, np.Array, np.Array],
  ];
  const inner = nn.relu(normalized(conv(x.ref, w1, 'SAME'), s1, t1));
  const y = nn.relu(x.add(normalized(conv(inner, w2, 'SAME'), s2, t2)));
  return y.mul(slope).mean();
}

/** Parameters that move by a tenth of their gradients. */
function descent(
  lossOf: (weights: np.Array[], x: np.Array, y: np.Array) => np.Array,
  [x = missing(), y = missing(), ...weights]: np.Array[],
): Run {
  const both = valueAndGrad(lossOf);
  const step = jit((now: np.Array[], a: np.Array, b: np.Array): [np.Array, np.Array[]] => {
    const [loss, gradients] = both(tree.ref(now), a, b);
    return [loss, now.map((w, i) => w.sub((gradients[i] ?? missing()).mul(0.1)))];
  });
  let now = weights;
  let loss: np.Array | undefined;
  return {
    step: async (count) => {
      for (let i = 0; i < count; i++) {
        loss?.dispose();
        [loss, now] = step(now, x.ref, y.ref);
        await blockUntilReady([loss, now]);
      }
    },
    settle: async () => {},
    figures: async () => sampleOf([(await loss?.ref.data()) ?? []]),
  };
}

function convolutions([x, w, g]: np.Array[]): Run {
  const f = jit((a: np.Array, k: np.Array, slope: np.Array): np.Array[] => {
    const [[, y], gradients] = valueAndGrad(
      (both: np.Array[]): [np.Array, np.Array] => {
        const [input = missing(), kernel = missing()] = both;
        const made = conv(input, kernel, 'SAME');
        return [made.ref.mul(slope).sum(), made];
      },
      { hasAux: true },
    )([a, k]);
    return [y, ...gradients];
  });
  let results: np.Array[] = [];
  return {
    step: async (count) => {
      for (let i = 0; i < count; i++) {
        for (const result of results) result.dispose();
        results = f((x ?? missing()).ref, (w ?? missing()).ref, (g ?? missing()).ref);
        await blockUntilReady(results);
      }
    },
    settle: async () => {},
    figures: async () => {
      const [y = missing(), dx = missing(), dw = missing()] = results;
      const turned = [last(y.ref), last(dx.ref), kernelLast(dw.ref)];
      return sampleOf(await Promise.all(turned.map((result) => result.data())));
    },
  };
}

/** The step is counted on the host, as in training. */
function moments([g, , ...all]: np.Array[]): Run {
  const step = jit((slope: np.Array, c1: np.Array, c2: np.Array, state: np.Array[]): np.Array[] => {
    const [m0 = missing(), v0 = missing(), w = missing()] = state;
    const m = m0.mul(0.9).add(slope.ref.mul(0.1));
    const v = v0.mul(0.999).add(np.square(slope).mul(1 - 0.999));
    const change = m.ref.div(c1).div(np.sqrt(v.ref.div(c2)).add(1e-8));
    return [m, v, w.sub(change.mul(1e-3))];
  });
  let state = all;
  let t = 0;
  return {
    step: async (count) => {
      for (let i = 0; i < count; i++) {
        t++;
        state = step((g ?? missing()).ref, np.array(1 - 0.9 ** t), np.array(1 - 0.999 ** t), state);
        await blockUntilReady(state);
      }
    },
    settle: async () => {},
    figures: async () => {
      const read = await Promise.all(state.map((array) => array.ref.data()));
      return sampleOf([[t], ...read]);
    },
  };
}

function advance(step: StepCase, data: readonly Numbers[]): Run {
  const arrays = data.map(arrayOf);
  const images = (which: readonly number[], kernels: readonly number[]) =>
    arrays.map((array, i) =>
      which.includes(i) ? first(array) : kernels.includes(i) ? kernelFirst(array) : array,
    );
  switch (step.name) {
    case 'conv-3x3':
      return convolutions(images([0, 2], [1]));
    case 'lenet':
      return descent(lenetLoss, images([0], [2, 4]));
    case 'resnet-block':
      return descent(resnetLoss, images([0, 1], [2, 5]));
    case 'adam-10m':
      return moments(arrays);
    case 'lstm':
    case 'lstm-256':
      return without('jax-js', step);
  }
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
