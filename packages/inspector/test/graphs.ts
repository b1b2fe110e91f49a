import { cpu } from '@pullback/backend-cpu';
import type { Activation, Backend } from '@pullback/core';
import { dense, sequential, sigmoid, tanh } from '@pullback/layers';
import { binaryCrossEntropy } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { Model } from '@pullback/train';
import { Recorder } from '../src/record.ts';

export const xor = {
  x: [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ],
  y: [[0], [1], [1], [0]],
};

/** 2-3-1 on XOR. */
export async function small({
  activation = tanh,
  backend = cpu(),
  learningRate = 0.5,
}: {
  activation?: Activation;
  backend?: Backend;
  learningRate?: number;
} = {}) {
  const network = sequential(
    dense(3, { activation, name: 'hidden' }),
    dense(1, { activation: sigmoid, name: 'output' }),
  );
  const optimizer = sgd({ learningRate });
  const model = await Model.create({
    network,
    input: [2],
    loss: binaryCrossEntropy(),
    optimizer,
    backend,
    seed: 1,
  });
  return { model, recorder: await Recorder.of(model, xor) };
}
