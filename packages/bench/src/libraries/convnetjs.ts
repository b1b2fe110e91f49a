// convnetjs: float64, a sample at a time, channels last.
import convnetjs, { type Vol } from 'convnetjs';
import type { Numbers } from '../data.ts';
import { type Open, onlySteps, type Run, sampleOf } from '../library.ts';
import { arranged } from './arranged.ts';

export const open: Open = async () =>
  onlySteps('convnetjs', ({ name }, data) => {
    if (name === 'lenet') return lenet(data);
    return name === 'conv-3x3' ? convolution(data) : undefined;
  });

function volume(side: number, depth: number, data: ArrayLike<number>): Vol {
  const made = new convnetjs.Vol(side, side, depth, 0);
  made.w.set(data);
  return made;
}

/** Puts in what every filter multiplies by; filters are the last axis of `kernel`. */
function fill(filters: readonly Vol[], { data, shape }: Numbers): void {
  const axes = shape.map((_, axis) => axis);
  const [last = 0] = axes.slice(-1);
  const all = arranged(data, shape, [last, ...axes.slice(0, -1)]);
  const size = all.length / filters.length;
  for (const [i, filter] of filters.entries()) filter.w.set(all.subarray(i * size, (i + 1) * size));
}

function lenet([x, labels, ...weights]: readonly Numbers[]): Run {
  if (x === undefined || labels === undefined) throw new Error('lenet without data');
  const net = new convnetjs.Net();
  net.makeLayers([
    { type: 'input', out_sx: 28, out_sy: 28, out_depth: 1 },
    { type: 'conv', sx: 3, filters: 8, stride: 1, pad: 0, activation: 'relu' },
    { type: 'pool', sx: 2, stride: 2 },
    // Zeros on all sides: the last row and column more are left out by the pool.
    { type: 'conv', sx: 3, filters: 16, stride: 1, pad: 1, activation: 'relu' },
    { type: 'pool', sx: 2, stride: 2 },
    { type: 'fc', num_neurons: 128, activation: 'relu' },
    { type: 'softmax', num_classes: 10 },
  ]);
  const learned = net.layers.filter(({ filters }) => filters !== undefined);
  for (const [i, { filters = [], biases }] of learned.entries()) {
    const [kernel, bias] = [weights[2 * i], weights[2 * i + 1]];
    if (kernel !== undefined) fill(filters, kernel);
    biases?.w.set(bias?.data ?? []);
  }
  const trainer = new convnetjs.Trainer(net, {
    method: 'sgd',
    learning_rate: 0.1,
    momentum: 0,
    batch_size: 64,
  });
  const samples = Array.from({ length: 64 }, (_, i) => ({
    image: volume(28, 1, x.data.subarray(784 * i, 784 * i + 784)),
    label: labels.data.subarray(10 * i, 10 * i + 10).indexOf(1),
  }));
  let last = Number.NaN;
  return {
    step: (count) => {
      for (let i = 0; i < count; i++)
        last = samples.reduce((sum, { image, label }) => sum + trainer.train(image, label).loss, 0) / 64;
    },
    settle: async () => {},
    figures: async () => sampleOf([[last]]),
  };
}

function convolution([x, kernel, slope]: readonly Numbers[]): Run {
  if (x === undefined || kernel === undefined || slope === undefined) throw new Error('no arguments');
  const size = 32 * 32 * 64;
  const layer = new convnetjs.ConvLayer({
    ...{ sx: 3, filters: 64, in_sx: 32, in_sy: 32, in_depth: 64, stride: 1, pad: 1 },
    bias_pref: 0,
  });
  const { filters = [] } = layer;
  fill(filters, kernel);
  const images = Array.from({ length: 16 }, (_, i) =>
    volume(32, 64, x.data.subarray(size * i, size * (i + 1))),
  );
  let results: Float64Array[] = [];
  return {
    step: (count) => {
      for (let s = 0; s < count; s++) {
        for (const { dw } of filters) dw.fill(0);
        const made = images.map((image, i) => {
          const y = layer.forward(image, true);
          y.dw.set(slope.data.subarray(size * i, size * (i + 1)));
          layer.backward();
          return y.w;
        });
        results = [joined(made), joined(images.map(({ dw }) => dw)), joined(filters.map(({ dw }) => dw))];
      }
    },
    settle: async () => {},
    figures: async () => {
      const [y = [], dx = [], dw = []] = results;
      return sampleOf([y, dx, arranged(dw, [64, 3, 3, 64], [1, 2, 3, 0])]);
    },
  };
}

function joined(parts: readonly ArrayLike<number>[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => Array.from(part)));
}
