// deepbox, in float64, which its convolutions compute in. No gradient goes through its MaxPool2d, so that it has no lenet.
import { setDtype } from 'deepbox/core';
import { GradTensor, tensor } from 'deepbox/ndarray';
import { Conv2d } from 'deepbox/nn';
import type { Numbers } from '../data.ts';
import { type Open, onlySteps, type Run, sampleOf } from '../library.ts';
import { arranged } from './arranged.ts';

export const open: Open = async () =>
  onlySteps('deepbox', (step, data) => (step.name === 'conv-3x3' ? convolution(data) : undefined));

function convolution([x, kernel, slope]: readonly Numbers[]): Run {
  if (x === undefined || kernel === undefined || slope === undefined) throw new Error('no arguments');
  setDtype('float64');
  const layer = new Conv2d(64, 64, 3, { padding: 1, bias: false });
  const { parameters, buffers } = layer.stateDict();
  const { weight } = parameters;
  if (weight === undefined) throw new Error('a layer without weights');
  const filters = Array.from(arranged(kernel.data, kernel.shape, [3, 2, 0, 1]));
  layer.loadStateDict({ parameters: { weight: { ...weight, data: filters } }, buffers });
  const image = ({ data, shape }: Numbers) =>
    tensor(arranged(data, shape, [0, 3, 1, 2]), { dtype: 'float64' }).reshape([16, 64, 32, 32]);
  const [images, slopes] = [image(x), image(slope)];
  let results: readonly ArrayLike<number>[] = [];
  return {
    step: (count) => {
      for (let i = 0; i < count; i++) {
        layer.zeroGrad();
        const given = GradTensor.fromTensor(images, { requiresGrad: true });
        const y = layer.forward(given);
        y.mul(GradTensor.fromTensor(slopes)).sum().backward();
        results = [y.tensor, given.grad, layer.weight.grad].map((each) => numbersOf(each?.data));
      }
    },
    settle: async () => {},
    figures: async () => {
      const [y = [], dx = [], dw = []] = results;
      const last = (data: ArrayLike<number>) => arranged(data, [16, 64, 32, 32], [0, 2, 3, 1]);
      return sampleOf([last(y), last(dx), arranged(dw, [64, 64, 3, 3], [2, 3, 1, 0])]);
    },
  };
}

function numbersOf(data: unknown): ArrayLike<number> {
  return data instanceof Float64Array ? data : [];
}
