import {
  add,
  backendOf,
  type Compiled,
  compile,
  type Model,
  matmul,
  sigmoid,
  type Value,
  type Weights,
  whyNoBackend,
} from 'pullback';
import { activationOf } from '../expression/activation.ts';
import { featuresOf, pointsOf } from '../points/data.ts';
import { createPoints } from '../points/network.ts';
import { batchOf } from '../points/script.ts';
import { isRegression, type PointsSetup } from '../points/setup.ts';
import type { Figures } from '../protocol.ts';
import type { Problem } from './problem.ts';
import { numbersOf } from './weights.ts';

/** The points at which outputs are drawn, `side` along a side. */
const side = 30;
const reach = 1.2;
const coordinate = (i: number) => reach * ((2 * i) / (side - 1) - 1);
const square = Array.from(
  { length: side * side },
  (_, i) => [coordinate(i % side), -coordinate(Math.floor(i / side))] as const,
);

/** Milliseconds of a sixtieth of a second: so many steps as the speed says are made in it. */
const pause = 16;

/** A network on points of the plane, which trains until somebody stops it. */
export async function points(setup: PointsSetup): Promise<Problem> {
  const { train, test } = pointsOf(setup);
  if (train.at.length === 0)
    throw new Error('There are no points yet: click into the plane, for each class some.');
  const samples = ({ at, targets }: typeof train) => ({
    x: featuresOf(at, setup.features),
    y: targets.map((target) => [target]),
  });
  const [training, testing] = [samples(train), samples(test)];
  const batchSize = batchOf(setup, train.at.length);
  const metrics = isRegression(setup) ? [] : (['accuracy'] as const);
  const drawing = await drawingOf(setup);

  const figures = async (model: Model, samplesPerSecond: number): Promise<Figures> => {
    const [of, ofTest] = [
      await model.evaluate(training.x, training.y, { metrics }),
      await model.evaluate(testing.x, testing.y, { metrics }),
    ];
    const part = ({ loss = Number.NaN, accuracy = Number.NaN }) => ({ loss, accuracy });
    return { step: model.stepCount, ...part(of), samplesPerSecond, test: part(ofTest) };
  };

  return {
    example: training.x.slice(0, 1),
    sample: { x: training.x.slice(0, 32), y: training.y.slice(0, 32) },
    create: ({ backend, learningRate }) => createPoints({ ...setup, learningRate }, backend),
    async train(model, between, signal, speed) {
      for (;;) {
        const [started, times] = [performance.now(), speed()];
        await model.step(training, { times, batchSize }).loss.read();
        await new Promise((resolve) => setTimeout(resolve, pause - (performance.now() - started)));
        const rate = (1000 * times * batchSize) / (performance.now() - started);
        await between(() => figures(model, rate));
        signal.throwIfAborted();
      }
    },
    picture: async (model) => ({ problem: 'points', side, ...(await drawing.draw(await model.weights())) }),
    dispose: drawing.dispose,
  };
}

/** The network once more as one Program that gives the outputs of all layers on the square. */
async function drawingOf(setup: PointsSetup) {
  const backend = await backendOf((await whyNoBackend('wasm')) === undefined ? 'wasm' : 'cpu');
  const widths = [setup.features.length, ...setup.layers, 1];
  const activation = activationOf(setup.activation);
  const pairs = widths.slice(1).map((units, i) => [widths[i] ?? 1, units] as const);
  const through: Compiled = await compile(
    (x, ...weights) => {
      let value = x;
      return pairs.map((_, i): Value => {
        const [kernel, bias] = [weights[2 * i] ?? x, weights[2 * i + 1] ?? x];
        const z = add(matmul(value, kernel), bias);
        const last = i === pairs.length - 1;
        value = last ? (isRegression(setup) ? z : sigmoid(z)) : activation(z);
        return value;
      });
    },
    {
      inputs: [[side * side, widths[0] ?? 1], ...pairs.flatMap(([from, to]) => [[from, to], [to]])],
      backend,
    },
  );
  const grid = featuresOf(square, setup.features);
  const features = setup.features.map((_, k) =>
    scaled(
      grid.map((row) => row[k] ?? 0),
      1,
    ),
  );
  const names = [...setup.layers.map((_, i) => `hidden${i + 1}`), 'output'];
  const draw = async (weights: Weights) => {
    const parts = names.map((name) => numbersOf(weights, name));
    const tensors = parts.flatMap(({ kernel, bias }, i) => [
      { shape: [...(pairs[i] ?? [])], data: kernel },
      { shape: [pairs[i]?.[1] ?? 1], data: bias },
    ]);
    const layers = await through(grid, ...tensors);
    const units = layers.map(({ data, shape: [, width = 1] }) =>
      Array.from({ length: width }, (_, k) =>
        scaled(Array.from({ length: side * side }, (__, i) => Number(data[i * width + k]))),
      ),
    );
    const output = layers.at(-1)?.data ?? new Float32Array(0);
    return {
      surface: Int8Array.from(
        output,
        (y) => 127 * Math.max(-1, Math.min(1, isRegression(setup) ? y : 2 * y - 1)),
      ),
      units: [features, ...units],
      weights: parts.map(({ kernel }) => Float32Array.from(kernel, Number)),
    };
  };
  return { draw, dispose: () => backend.dispose?.() };
}

/** Numbers as bytes, the largest in size as 127; those of a layer by `most` where it is given. */
function scaled(numbers: readonly number[], most = Math.max(1e-9, ...numbers.map(Math.abs))): Int8Array {
  return Int8Array.from(numbers, (x) => Math.max(-127, Math.min(127, (127 * x) / most)));
}
