// tfjs: eager operations under `tidy`. Two forms: as its documentation writes it, and with the gradients of products written so that every
// product gets its operands in the order in which they lie, which its wasm kernels are some four times faster with.
import '@tensorflow/tfjs-layers'; // without it the core knows no gradients
import * as tf from '@tensorflow/tfjs-core';
import type { FunctionName, TrainingCase } from '../cases.ts';
import type { Layer, Numbers, TrainingData } from '../data.ts';
import { type Open, type Run, sampleOf, without } from '../library.ts';
import { imageStep } from './tfjs-images.ts';

type Product = (x: tf.Tensor2D, kernel: tf.Tensor2D, first: boolean) => tf.Tensor2D;

export const open: Open = async ({ backend, threads, form }) => {
  if (backend === 'wasm') await import('./tfjs-wasm.ts').then(({ useWasm }) => useWasm(threads));
  else if (backend === 'cpu') await import('@tensorflow/tfjs-backend-cpu');
  else await import('@tensorflow/tfjs-backend-webgpu');
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs could not start its backend '${backend}'`);
  await tf.ready();
  const product = form === 'tuned' ? tunedProduct : plainProduct;
  return {
    train: (training, data) => train(training, data, product),
    call: ({ name }, data) => callFunction(functions[name], data.map(tensorOf)),
    advance: (step, data) =>
      step.name === 'adam-10m' ? moments(data) : (imageStep(step, data) ?? without('tfjs', step)),
    predict: (_, { layers, x }) => predict(layers, tensorOf(x)),
  };
};

function tensorOf({ shape, data }: Numbers): tf.Tensor2D {
  const [rows = 0, columns = 0] = shape;
  return tf.tensor2d(data, [rows, columns]);
}

function plainProduct(x: tf.Tensor2D, kernel: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(x, kernel);
}

/** a b with gradients g b^T and a^T g of transposes that are written out; none for the data, which `first` is multiplied with. */
function tunedProduct(x: tf.Tensor2D, kernel: tf.Tensor2D, first: boolean): tf.Tensor2D {
  const toKernel = (a: tf.Tensor, g: tf.Tensor) => tf.matMul(tf.transpose(a), g);
  if (first)
    return tf.customGrad<tf.Tensor2D>((b) => ({
      value: tf.matMul(x, operand(b)),
      gradFunc: (g) => toKernel(x, g),
    }))(kernel);
  return tf.customGrad<tf.Tensor2D>((a, b, save) => {
    if (typeof save === 'function') save([operand(a), operand(b)]);
    return {
      value: tf.matMul(operand(a), operand(b)),
      gradFunc: (g, [left, right]) => [
        tf.matMul(g, tf.transpose(operand(right))),
        toKernel(operand(left), g),
      ],
    };
  })(x, kernel);
}

/** tfjs's types let a custom gradient's argument be a tensor or the function that saves them. */
function operand(given: tf.Tensor | tf.GradSaveFunc | undefined): tf.Tensor {
  if (given === undefined || typeof given === 'function') throw new Error('no tensor');
  return given;
}

const activations = {
  relu: (z: tf.Tensor2D) => tf.relu(z),
  sigmoid: (z: tf.Tensor2D) => tf.sigmoid(z),
  silu: (z: tf.Tensor2D) => tf.mul<tf.Tensor2D>(z, tf.sigmoid(z)),
};

type Weights = readonly (readonly [kernel: tf.Tensor2D, bias: tf.Tensor])[];

function forward(
  weights: Weights,
  x: tf.Tensor2D,
  hidden: (z: tf.Tensor2D) => tf.Tensor2D,
  product: Product,
) {
  return weights.reduce((at, [kernel, bias], i) => {
    const z = tf.add<tf.Tensor2D>(product(at, kernel, i === 0), bias);
    return i < weights.length - 1 ? hidden(z) : z;
  }, x);
}

function train(
  { activation, loss, optimizer, learningRate }: TrainingCase,
  { layers, batches }: TrainingData,
  product: Product,
): Run {
  const weights: Weights = layers.map(({ kernel, bias }) => [
    tf.variable(tensorOf(kernel)),
    tf.variable(tf.tensor1d(bias.data)),
  ]);
  const chosen =
    optimizer === 'sgd' ? tf.train.sgd(learningRate) : tf.train.adam(learningRate, 0.9, 0.999, 1e-8);
  const data = batches.map(({ x, y }) => ({ x: tensorOf(x), y: tensorOf(y) }));
  let taken = 0;
  let last: tf.Scalar | null = null;
  const error = ({ x, y }: { x: tf.Tensor2D; y: tf.Tensor2D }): tf.Scalar => {
    const z = forward(weights, x, activations[activation], product);
    if (loss === 'softmaxCrossEntropy') return tf.losses.softmaxCrossEntropy(y, z);
    return tf.mul(tf.sum(tf.square(tf.sub(tf.sigmoid(z), y))), 0.5);
  };
  const read = async () => Array.from((await last?.data()) ?? []);
  return {
    step: (count) => {
      for (let i = 0; i < count; i++) {
        const batch = data[taken++ % data.length];
        if (batch === undefined) continue;
        last?.dispose();
        last = chosen.minimize(() => error(batch), true); // tidies by itself
      }
    },
    settle: async () => {
      await read();
    },
    figures: read,
  };
}

const functions: Readonly<Record<FunctionName, (x: tf.Tensor2D, y: tf.Tensor2D) => tf.Tensor[]>> = {
  matmul: (x, y) => [tf.matMul(x, y)],
  exp: (x) => [tf.exp(x)],
  tanh: (x) => [tf.tanh(x)],
  sigmoid: (x) => [tf.sigmoid(x)],
  gelu: (x) => [gelu(x)],
  elementwise: (x) => [tf.exp(x), tf.tanh(x), tf.sigmoid(x), gelu(x)],
  softmax: withSlope((x) => tf.softmax(x)),
  layerNorm: withSlope((x) => {
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)));
  }),
};

/** f(x), and the gradient of sum(f(x) w) at x. */
function withSlope(f: (x: tf.Tensor) => tf.Tensor): (x: tf.Tensor, w: tf.Tensor) => tf.Tensor[] {
  return (x, weights) => {
    let y: tf.Tensor = x;
    const { grad } = tf.valueAndGrad((at: tf.Tensor) => {
      y = tf.keep(f(at)); // past the tidy of the gradient
      return tf.sum(tf.mul(y, weights));
    })(x);
    return [y, grad];
  };
}

/** x Phi(x), of the pieces that there are. */
function gelu(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
}

function callFunction(
  f: (x: tf.Tensor2D, y: tf.Tensor2D) => tf.Tensor[],
  [x, y]: readonly tf.Tensor2D[],
): Run {
  if (x === undefined) throw new Error('a function without arguments');
  let results: tf.Tensor[] = [];
  return {
    step: (count) => {
      for (let i = 0; i < count; i++) {
        tf.dispose(results);
        results = tf.tidy(() => f(x, y ?? x));
      }
    },
    settle: async () => {
      const [last] = results.slice(-1);
      if (last === undefined) return;
      const first = tf.slice(last, [0, 0], [1, 1]); // in order behind all that was asked for
      await first.data();
      first.dispose();
    },
    figures: async () => sampleOf(await Promise.all(results.map((result) => result.data()))),
  };
}

/** Its own Adam, on a gradient that is given. */
function moments([g, , , , start]: readonly Numbers[]): Run {
  if (g === undefined || start === undefined) throw new Error('an update without data');
  const [slope, weights] = [tf.tensor1d(g.data), tf.variable(tf.tensor1d(start.data))];
  const [beta1, beta2] = [0.9, 0.999];
  let [m, v] = [tf.zerosLike(slope), tf.zerosLike(slope)];
  let t = 0;
  return {
    step: (count) => {
      for (let i = 0; i < count; i++) {
        t++;
        const made = tf.tidy(() => {
          const first = tf.add(tf.mul(m, beta1), tf.mul(slope, 1 - beta1));
          const second = tf.add(tf.mul(v, beta2), tf.mul(tf.square(slope), 1 - beta2));
          const root = tf.sqrt(tf.div(second, 1 - beta2 ** t));
          const change = tf.div(tf.div(first, 1 - beta1 ** t), tf.add(root, 1e-8));
          return [first, second, tf.sub(weights, tf.mul(change, 1e-3))] as const;
        });
        tf.dispose([m, v]);
        m = made[0] as tf.Tensor1D;
        v = made[1] as tf.Tensor1D;
        weights.assign(made[2] as tf.Tensor1D);
        made[2].dispose();
      }
    },
    settle: async () => {
      await tf.slice(weights, [0], [1]).data();
    },
    figures: async () => {
      const read = await Promise.all([m, v, weights].map((each) => each.data()));
      return sampleOf([[t], ...read]);
    },
  };
}

function predict(layers: readonly Layer[], x: tf.Tensor2D): Run {
  const weights: Weights = layers.map(({ kernel, bias }) => [tensorOf(kernel), tf.tensor1d(bias.data)]);
  const step = (): tf.Tensor2D =>
    weights.reduce(
      (at, [kernel, bias], i) =>
        tf.fused.matMul({
          a: at,
          b: kernel,
          bias,
          activation: i < weights.length - 1 ? 'relu' : 'linear',
        }) as tf.Tensor2D,
      x,
    );
  let result: ArrayLike<number> = [];
  return {
    step: async (count) => {
      for (let i = 0; i < count; i++) {
        const y = tf.tidy(step);
        result = await y.data();
        y.dispose();
      }
    },
    settle: async () => {},
    figures: async () => sampleOf([result]),
  };
}
