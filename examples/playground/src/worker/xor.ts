import { adam, binaryCrossEntropy, dense, Model, sequential, sigmoid } from 'pullback';
import { activationOf } from '../expression/activation.ts';
import type { Problem } from './problem.ts';
import { numbersOf } from './weights.ts';

const patterns = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const targets = [[0], [1], [1], [0]];
const hidden = 6;

/** Steps in one call, and the milliseconds between two calls: some 300 steps a second, slow enough to be watched. */
const atOnce = 5;
const pause = 16;
const most = 20_000;

/** The points at which the output is drawn, `side` along a side from -0.5 to 1.5. */
const side = 41;
const coordinate = (i: number) => (2 * i) / (side - 1) - 0.5;
const square = Array.from({ length: side * side }, (_, i) => [
  coordinate(i % side),
  coordinate(Math.floor(i / side)),
]);

/** 2-6-1 on four patterns; solved when every output is within 0.1 of its target. */
export const xor: Problem = {
  create: ({ activation, backend, learningRate, seed }) =>
    Model.create({
      network: sequential(
        dense(hidden, { activation: activationOf(activation), name: 'hidden' }),
        dense(1, { activation: sigmoid }),
      ),
      input: [2],
      loss: binaryCrossEntropy(),
      optimizer: adam({ learningRate }),
      backend,
      seed,
    }),

  async train(model, between, signal) {
    for (let looked = performance.now(); model.stepCount < most; looked = performance.now()) {
      const { loss } = model.step({ x: patterns, y: targets }, { times: atOnce });
      const now = await loss.read();
      const outputs = (await model.predict(patterns)).data;
      const right = targets.filter(([target = 0], i) => Math.abs(target - (outputs[i] ?? Number.NaN)) < 0.1);
      await new Promise((resolve) => setTimeout(resolve, pause));
      const samplesPerSecond = (1000 * atOnce * patterns.length) / (performance.now() - looked);
      await between(async () => ({
        step: model.stepCount,
        epoch: model.stepCount,
        loss: now,
        accuracy: right.length / patterns.length,
        samplesPerSecond,
      }));
      signal.throwIfAborted();
      if (right.length === patterns.length)
        return `solved after ${model.stepCount} steps: every output is within 0.1 of its target`;
    }
    return `not solved after ${most} steps: another activation, learning rate or seed may do better`;
  },

  async picture(model) {
    const [surface, outputs] = [await model.predict(square), await model.predict(patterns)];
    const { kernel, bias } = numbersOf(await model.weights(), 'hidden');
    return {
      problem: 'xor',
      surface: Float32Array.from(surface.data),
      side,
      outputs: Array.from(outputs.data),
      units: Array.from(bias, (b, i) => [kernel[i] ?? 0, kernel[hidden + i] ?? 0, b] as const),
    };
  },
};
