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

/** Milliseconds between two steps: some 60 a second, slow enough to be watched. */
const pause = 16;
const most = 5_000;

/** The points at which the output is drawn, `side` along a side from -0.5 to 1.5. */
const side = 41;
const coordinate = (i: number) => (2 * i) / (side - 1) - 0.5;
const square = Array.from({ length: side * side }, (_, i) => [
  coordinate(i % side),
  coordinate(side - 1 - Math.floor(i / side)),
]);

/** 2-6-1 on four patterns; solved when every output is within 0.1 of its target. */
export const xor: Problem = {
  example: patterns.slice(0, 1),
  sample: { x: patterns, y: targets },
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
      const { loss } = model.step({ x: patterns, y: targets });
      const now = await loss.read();
      const outputs = (await model.predict(patterns)).data;
      const right = targets.filter(([target = 0], i) => Math.abs(target - (outputs[i] ?? Number.NaN)) < 0.1);
      await new Promise((resolve) => setTimeout(resolve, pause));
      const samplesPerSecond = (1000 * patterns.length) / (performance.now() - looked);
      const solved = right.length === patterns.length;
      const figures = async () => ({
        step: model.stepCount,
        loss: now,
        accuracy: right.length / patterns.length,
        samplesPerSecond,
      });
      await between(figures, { last: solved });
      signal.throwIfAborted();
      if (solved) return `solved after ${model.stepCount} steps: every output is within 0.1 of its target`;
    }
    return `not solved after ${most} steps: another activation, learning rate or seed may do better`;
  },

  async picture(model) {
    const [surface, outputs] = [await model.predict(square), await model.predict(patterns)];
    const { kernel, bias } = numbersOf(await model.weights(), 'hidden');
    return {
      problem: 'xor',
      surface: Int8Array.from(surface.data, (output) => Math.round(127 * (2 * output - 1))),
      side,
      outputs: Array.from(outputs.data),
      units: Array.from(bias, (b, i) => [kernel[i] ?? 0, kernel[hidden + i] ?? 0, b] as const),
    };
  },
};
