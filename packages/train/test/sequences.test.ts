// The layers of sequences are those of torch: outputs and gradients in float64, of test/fixtures/sequences.py.
import { readFileSync } from 'node:fs';
import { cpu } from '@pullback/backend-cpu';
import {
  concatenate,
  constant,
  defineLayer,
  evaluate,
  gradient,
  type Layer,
  mul,
  type Shape,
  sizeOf,
  slice,
  sum,
  type Value,
} from '@pullback/core';
import {
  bidirectional,
  embedding,
  filled,
  gelu,
  gru,
  lstm,
  multiHeadAttention,
  silu,
  simpleRnn,
  sinusoidalPositions,
  transformerBlock,
} from '@pullback/layers';
import { halfSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { Model } from '@pullback/train';
import { describe, expect, test } from 'vitest';

interface Fixture {
  readonly inputs: readonly Shape[];
  readonly output: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

const fixtures: Readonly<Record<string, Fixture>> = JSON.parse(
  readFileSync(new URL('fixtures/sequences.json', import.meta.url), 'utf8'),
);

/** The numbers of the fixture of that name: 0.3 sin(1.3 k + code). */
function numbers(name: string, shape: Shape) {
  const code = [...name].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, k) => 0.3 * Math.sin(1.3 * k + code));
  return { shape, dtype: 'float64', data } as const;
}

const names = ['x', 'm'];

/** The layer with the weights of the fixture: its output, and the gradients of sum(c y) by name. */
async function run(layer: Layer<readonly Value[]>, { inputs: given }: Fixture) {
  const inputs = given.length === 0 ? [[2, 3, 8]] : given;
  const model = await Model.create({
    network: defineLayer('outer', (scope, ...xs: Value[]) => scope.apply(layer, ...xs)),
    input: Object.fromEntries(inputs.map((shape, i) => [names[i], shape.slice(1)])),
    loss: halfSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: cpu(),
    dtype: 'float64',
  });
  const own = (path: string) => path.slice(path.indexOf('/it/') + 4);
  await model.load(
    Object.fromEntries(
      Object.entries(await model.weights()).map(([path, { shape }]) => [path, numbers(own(path), shape)]),
    ),
  );
  const x = Object.fromEntries(inputs.map((shape, i) => [names[i], numbers(names[i] ?? '', shape)]));
  const {
    predictions,
    parameters,
    feeds,
    inputs: xs,
  } = await model.graph({
    x,
    target: numbers('c', [2, 3, given.length === 0 ? 4 : 8]),
  });
  const [y] = predictions;
  if (y === undefined) throw new Error('no output');
  const places = [...xs, ...parameters.map(({ value }) => value)];
  const slopes = gradient(sum(mul(y, constant(numbers('c', y.shape)))), places);
  const [output, ...gradients] = evaluate([y, ...slopes], feeds);
  const titles = [...xs.map((_, i) => `input ${i}`), ...parameters.map(({ path }) => own(path))];
  return {
    output: Array.from(output?.data ?? []),
    gradients: Object.fromEntries(titles.map((title, i) => [title, Array.from(gradients[i]?.data ?? [])])),
  };
}

/** The layer `it`, given what `more` says beside the inputs. */
function beside(it: Layer<readonly Value[]>, more: (inputs: readonly Value[]) => readonly Value[]) {
  return defineLayer('beside', (scope, ...inputs: Value[]) => scope.apply(it, ...more(inputs)));
}

const it = { name: 'it' };
const keys = [
  [true, true, true, false, false],
  [true, true, false, true, true],
];
/** As many samples of a mask as there are of the inputs. */
const asMany = (mask: Value, [x]: readonly Value[]) => slice(mask, [0], [x?.shape[0] ?? 0]);
const whole = (inputs: readonly Value[]) => inputs;
const swiGLU = { gated: true, activation: silu, units: 6 };

const layers: Readonly<Record<string, () => Layer<readonly Value[]>>> = {
  causal: () => beside(multiHeadAttention(4, { ...it, causal: true }), whole),
  grouped: () =>
    beside(
      multiHeadAttention(4, { ...it, causal: true, keyValueHeads: 2, bias: false, rotary: { length: 9 } }),
      whole,
    ),
  'multi-query': () => beside(multiHeadAttention(4, { ...it, keyValueHeads: 1 }), whole),
  cross: () =>
    beside(multiHeadAttention(2, it), (inputs) => [
      ...inputs,
      asMany(constant(keys.map((row) => row.map(Number))), inputs),
    ]),
  additive: () =>
    beside(multiHeadAttention(2, it), ([x = constant(0)]) => [
      x,
      x,
      asMany(constant(numbers('mask', [2, 1, 3, 3])), [x]),
    ]),
  pre: () => beside(transformerBlock(2, { ...it, causal: true, units: 6, activation: gelu }), whole),
  post: () => beside(transformerBlock(2, { ...it, causal: true, units: 6, placement: 'post' }), whole),
  simpleRnn: () => beside(simpleRnn(8, it), whole),
  lstm: () => beside(lstm(8, it), whole),
  gru: () => beside(gru(8, { ...it, checkpoint: 2 }), whole),
  'from the end': () => beside(lstm(8, { ...it, reverse: true }), whole),
  bidirectional: () => beside(bidirectional(gru(4), gru(4), it), whole),
  'lstm, masked': () =>
    beside(lstm(8, it), (inputs) => [
      ...inputs,
      asMany(
        constant([
          [1, 1, 0],
          [1, 0, 1],
        ]),
        inputs,
      ),
    ]),
  swiGLU: () =>
    beside(
      transformerBlock(4, {
        ...it,
        ...swiGLU,
        causal: true,
        keyValueHeads: 2,
        bias: false,
        norm: 'rmsNorm',
        rotary: { length: 3 },
      }),
      whole,
    ),
  sinusoidal: () => beside(sinusoidalPositions(5, it), whole),
  embedding: () =>
    beside(embedding(5, 4, { ...it, paddingIndex: 1 }), () => [
      constant([
        [0, 3, 1],
        [4, 1, 1],
      ]),
    ]),
};

test('a sequence goes on from the state of the one before it', async () => {
  const units = 3;
  for (const it of [lstm(units), gru(units), simpleRnn(units)]) {
    const halves = defineLayer('halves', (scope, x: Value) => {
      const at = (from: number, to: number) => slice(x, [0, from], [x.shape[0] ?? 0, to]);
      const first = scope.apply(it.stateful, at(0, 2));
      const second = scope.apply(it.stateful, at(2, 5), ...first.state);
      return { whole: scope.apply(it, x), parts: concatenate([first.outputs, second.outputs], { axis: 1 }) };
    });
    const model = await Model.create({
      network: halves,
      input: [5, 2],
      loss: { whole: halfSquaredError(), parts: halfSquaredError() },
      optimizer: sgd({ learningRate: 0.1 }),
      backend: cpu(),
      dtype: 'float64',
    });
    const { whole, parts } = await model.predictAll(numbers('x', [2, 5, 2]));
    expect(parts?.data).toEqual(whole?.data);
    // Used three times, it has one set of weights.
    expect(Object.keys(await model.weights()).length).toBeLessThanOrEqual(4);
  }
});

test('a state or a mask of another shape, and a sequence without features, are refused', () => {
  const scope = {
    layout: 'row',
    dtype: 'float64',
    parameter: (_: string, shape: Shape) => constant({ shape, data: new Float64Array(sizeOf(shape)) }),
  };
  const x = constant(numbers('x', [2, 5, 3]));
  const run =
    (...inputs: Value[]) =>
    () =>
      lstm(4).stateful.forward(scope as never, ...inputs);
  const h = constant(numbers('h', [2, 3]));
  expect(run(x, h, h)).toThrow(/the state h \[2, 3\]/);
  const state = constant(numbers('h', [2, 4]));
  expect(run(x, state, state, constant(numbers('m', [2, 4])))).toThrow(/a mask \[2, 4\]/);
  expect(run(h)).toThrow(/\[n, t, features\]/);
});

describe('as torch', () => {
  for (const [name, make] of Object.entries(layers))
    test(name, async () => {
      const fixture = fixtures[name] ?? { inputs: [], output: [], gradients: {} };
      const { output, gradients } = await run(make(), fixture);
      const near = (got: readonly number[], wanted: readonly number[]) => {
        expect(got.length).toBe(wanted.length);
        got.forEach((x, i) => {
          expect(Math.abs(x - (wanted[i] ?? Number.NaN))).toBeLessThan(1e-12);
        });
      };
      near(output, fixture.output);
      expect(Object.keys(fixture.gradients).length).toBeGreaterThan(0);
      for (const [path, wanted] of Object.entries(fixture.gradients)) near(gradients[path] ?? [], wanted);
    });
});

test('the epsilon of a block is that of both its normalizations', async () => {
  const epsilon = 0.5;
  const model = await Model.create({
    network: transformerBlock(1, { placement: 'post', epsilon, kernelInitializer: filled(0) }),
    input: [1, 2],
    loss: halfSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: cpu(),
    dtype: 'float64',
  });
  // Without attention and inner units it is a norm of a norm: of (3, 1), d = 1 from the mean 2.
  const once = 1 / Math.sqrt(1 + epsilon);
  const twice = once / Math.sqrt(once * once + epsilon);
  const [first = 0, second = 0] = (await model.predict([[[3, 1]]])).data;
  expect(first).toBeCloseTo(twice, 14);
  expect(second).toBeCloseTo(-twice, 14);
});
