// Images in tfjs, channels last: eager operations under `tidy`. Its wasm kernels lack the gradients of convolutions; 'cpu' and 'webgpu' have them.
import * as tf from '@tensorflow/tfjs-core';
import type { StepCase } from '../cases.ts';
import type { Numbers } from '../data.ts';
import { type Run, sampleOf } from '../library.ts';

/** The cases of images; undefined for other steps. */
export function imageStep({ name }: StepCase, data: readonly Numbers[]): Run | undefined {
  if (name === 'conv-3x3') return convolution(data);
  if (name === 'lenet') return descent(data, lenetLoss);
  return name === 'resnet-block' ? descent(data, resnetLoss) : undefined;
}

const tensorOf = ({ data, shape }: Numbers): tf.Tensor => tf.tensor(data, [...shape]);
const images = (x: Numbers) => tensorOf(x) as tf.Tensor4D;

function convolution([x, kernel, slope]: readonly Numbers[]): Run {
  if (x === undefined || kernel === undefined || slope === undefined) throw new Error('no arguments');
  const [given, filters, g] = [images(x), images(kernel), images(slope)];
  const product = (a: tf.Tensor4D, w: tf.Tensor4D) => tf.conv2d(a, w, 1, 'same');
  let results: tf.Tensor[] = [];
  return {
    step: (count) => {
      for (let i = 0; i < count; i++) {
        tf.dispose(results);
        results = tf.tidy(() => {
          let y: tf.Tensor = given;
          const slopes = tf.grads((a: tf.Tensor, w: tf.Tensor) => {
            y = tf.keep(product(a as tf.Tensor4D, w as tf.Tensor4D)); // past the tidy of the gradient
            return tf.sum(tf.mul(y, g));
          })([given, filters]);
          return [y, ...slopes];
        });
      }
    },
    settle: async () => {
      await results.at(-1)?.data();
    },
    figures: async () => sampleOf(await Promise.all(results.map((result) => result.data()))),
  };
}

type Loss = (x: tf.Tensor4D, target: tf.Tensor, weights: readonly tf.Variable[]) => tf.Scalar;

/** Parameters that move by a tenth of their gradients. */
function descent([x, target, ...start]: readonly Numbers[], lossOf: Loss): Run {
  if (x === undefined || target === undefined) throw new Error('a step without data');
  const [given, wanted] = [images(x), tensorOf(target)];
  const weights = start.map((w) => tf.variable(tensorOf(w)));
  const optimizer = tf.train.sgd(0.1);
  let last: tf.Scalar | null = null;
  const read = async () => Array.from((await last?.data()) ?? []);
  return {
    step: (count) => {
      for (let i = 0; i < count; i++) {
        last?.dispose();
        last = optimizer.minimize(() => lossOf(given, wanted, weights), true);
      }
    },
    settle: async () => {
      await read();
    },
    figures: async () => sampleOf([await read()]),
  };
}

const lenetLoss: Loss = (x, labels, weights) => {
  const [w1, b1, w2, b2, d1, c1, d2, c2] = weights as unknown as [
    ...[tf.Tensor4D, tf.Tensor, tf.Tensor4D, tf.Tensor],
    ...[tf.Tensor2D, tf.Tensor, tf.Tensor2D, tf.Tensor],
  ];
  const layer = (a: tf.Tensor4D, w: tf.Tensor4D, b: tf.Tensor) =>
    tf.maxPool(tf.relu(tf.add<tf.Tensor4D>(tf.conv2d(a, w, 1, 'valid'), b)), 2, 2, 'valid');
  const one = tf.pad(layer(x, w1, b1), [
    [0, 0],
    [1, 0],
    [1, 0],
    [0, 0],
  ]);
  const flat = tf.reshape(layer(one, w2, b2), [64, 576]);
  const hidden = tf.relu(tf.add(tf.matMul(flat, d1), c1));
  return tf.losses.softmaxCrossEntropy(labels, tf.add(tf.matMul(hidden, d2), c2));
};

function normalized(z: tf.Tensor4D, scale: tf.Tensor, shift: tf.Tensor): tf.Tensor4D {
  const { mean, variance } = tf.moments(z, [0, 1, 2]);
  const centred = tf.div(tf.sub(z, mean), tf.sqrt(tf.add(variance, 1e-5)));
  return tf.add(tf.mul(centred, scale), shift);
}

const resnetLoss: Loss = (x, slope, weights) => {
  const [w1, s1, t1, w2, s2, t2] = weights as unknown as [
    ...[tf.Tensor4D, tf.Tensor, tf.Tensor],
    ...[tf.Tensor4D, tf.Tensor, tf.Tensor],
  ];
  const inner = tf.relu(normalized(tf.conv2d(x, w1, 1, 'same'), s1, t1));
  const y = tf.relu(tf.add(x, normalized(tf.conv2d(inner, w2, 1, 'same'), s2, t2)));
  return tf.mean(tf.mul(y, slope));
};
