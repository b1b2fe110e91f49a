import { cpu } from '@pullback/backend-cpu';
import {
  abs,
  clip,
  defineNode,
  div,
  exp,
  less,
  log,
  maximum,
  mul,
  placeholder,
  select,
  sqrt,
  square,
  stopGradient,
  sum,
  type Value,
} from '@pullback/core';
import { dense, relu, sequential, sigmoid } from '@pullback/layers';
import { halfSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { Model } from '@pullback/train';
import { describe, expect, test } from 'vitest';
import { flagsOf } from '../src/flags.ts';
import { look, Recorder } from '../src/record.ts';
import { small, xor } from './graphs.ts';

const told = (flags: ReturnType<typeof flagsOf>) => flags.map(({ kind, message }) => `${kind}: ${message}`);

/** Seven layers of sigmoids with weights of that size. */
async function deep(scale: number, activation = sigmoid) {
  const layers = Array.from({ length: 7 }, () =>
    dense(4, {
      activation,
      kernelInitializer: (shape) => new Float64Array(shape.reduce((n, e) => n * e, 1)).fill(scale),
    }),
  );
  const optimizer = sgd({ learningRate: 0.1 });
  const model = await Model.create({
    network: sequential(...layers),
    input: [2],
    loss: halfSquaredError(),
    optimizer,
    backend: cpu(),
    dtype: 'float64',
  });
  const y = xor.y.map(([t = 0]) => [t, t, t, t]);
  return Recorder.of(model, { x: xor.x, y });
}

describe('right ones raise none', () => {
  test('a model at its first step, while it is trained, and checked in float64', async () => {
    const { model, recorder } = await small();
    const frames = [await recorder.record()];
    for (let i = 0; i < 5; i++) {
      model.step(xor, { times: 10 });
      frames.push(await recorder.record());
      expect(told(flagsOf(recorder.graph, frames))).toEqual([]);
    }
    expect(told(flagsOf(recorder.graph, [await recorder.check()]))).toEqual([]);
  });

  test('relu at 0 exactly, where it has a kink', async () => {
    const { recorder } = await small({ activation: relu });
    const checked = flagsOf(recorder.graph, [await recorder.check()]);
    expect(checked.filter(({ kind }) => kind === 'wrong derivative')).toEqual([]);
  });
});

describe('what is wrong is said', () => {
  test('gradients that vanish behind seven sigmoids: each has a slope of at most 1/4', async () => {
    const recorder = await deep(0.3);
    const flags = flagsOf(recorder.graph, [await recorder.record()]);
    expect(new Set(flags.map(({ kind }) => kind))).toEqual(new Set(['vanishing']));
    expect(flags.some(({ message }) => /^the gradient of kernel has elements of/.test(message))).toBe(true);
  });

  test('gradients that explode behind seven linear layers with weights of 10', async () => {
    const recorder = await deep(10, relu);
    const kinds = flagsOf(recorder.graph, [await recorder.record()]).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'exploding').length).toBeGreaterThan(4);
  });

  test('units that are dead, units that are saturated', async () => {
    for (const [activation, bias, words] of [
      [relu, -100, /^dead: 3 of 3 units of relu give 0 for every sample and let nothing back: 0, 1, 2$/],
      [sigmoid, 100, /^saturated: 3 of 3 units of sigmoid have a slope of at most 0.01: 0, 1, 2$/],
    ] as const) {
      const { model, recorder } = await small({ activation });
      await model.load(
        { 'network/hidden/bias': { shape: [3], data: new Float32Array(3).fill(bias) } },
        { prefix: 'network/hidden/bias' },
      );
      const flags = told(flagsOf(recorder.graph, [await recorder.record()]));
      expect(flags.filter((flag) => !flag.startsWith('vanishing'))).toEqual([expect.stringMatching(words)]);
    }
  });

  test('the first node that makes a NaN, forward and on the way back', () => {
    const x = placeholder({ shape: [2, 2], dtype: 'float64' }, 'x');
    const leaves = new Map([[x, { kind: 'input' as const, path: 'x' }]]);
    const flagOf = (loss: Value, numbers: number[][]) => {
      const { graph, frame } = look(loss, new Map([[x, numbers]]), { leaves });
      return told(flagsOf(graph, [frame]));
    };
    const forward = flagOf(sum(exp(log(x))), [
      [1, -1],
      [2, 3],
    ]);
    expect(forward).toEqual([
      'not finite: log is the first node that makes no finite number, on the way forward',
    ]);
    const zero = [
      [0, 1],
      [1, 1],
    ];
    expect(flagOf(sum(div(x, x)), zero)[0]).toMatch(/^not finite: div is the first/);
    expect(flagOf(sum(sqrt(x)), zero)).toEqual([
      'not finite: J^T g of sqrt towards x is the first that is not finite, on the way back',
    ]);
    expect(flagOf(sum(x), [[Number.NaN, 1], zero[1] ?? []])).toEqual(['not finite: x holds a NaN']);
    expect(flagOf(sum(maximum(x, 0)), [[-Infinity, 1], zero[1] ?? []])).toEqual([]);
  });

  test('weights that do not move, and why', async () => {
    const { model, recorder } = await small({ learningRate: 1e-12 });
    const before = await recorder.record();
    expect(flagsOf(recorder.graph, [before, before])).toEqual([]);
    model.step(xor, { times: 5 });
    const flags = told(flagsOf(recorder.graph, [before, await recorder.record()]));
    expect(flags).toContain(
      'not moving: kernel has not changed in 5 steps; it has a gradient: it is frozen, or its learning rate is too small',
    );
  });
});

describe('a node by itself', () => {
  test('those of a right model raise none', async () => {
    const { recorder } = await small({ activation: relu });
    const flags = await Promise.all(
      [...recorder.graph.nodes.keys(), -1].map((node) => recorder.examine(node)),
    );
    expect(flags.flat()).toEqual([]);
  });

  test('a gradient that is clipped, a slope that is wrong far out, a second derivative that is missing', () => {
    const messageOf = (f: (x: Value) => Value) => {
      const x = placeholder({ shape: [1, 2], dtype: 'float64' }, 'x');
      const leaves = new Map([[x, { kind: 'input' as const, path: 'x' }]]);
      const { graph, frame, examine } = look(
        sum(f(x)),
        new Map([[x, [[0.1, 0.2]]]]),
        { leaves },
        { differences: true },
      );
      expect(flagsOf(graph, [frame])).toEqual([]); // on this batch it is right
      return examine(1).map(({ message }) => message);
    };
    const node = (slope: (x: Value) => Value) =>
      defineNode('cube', {
        forward: (x: Value) => mul(x, square(x)),
        vjp: (g, { inputs: [x] }) => [mul(g, slope(x))],
      });
    const right = (x: Value) => mul(3, square(x));
    expect(messageOf(node(right))).toEqual([]);
    expect(messageOf(node((x) => clip(right(x), 0, 1e3)))).toEqual([
      expect.stringMatching(
        /^J\^T g of cube is -?[\d.]+ at \[0, \d\], where differences say .*, for numbers of about (40|2000)$/,
      ),
    ]);
    expect(messageOf(node((x) => select(less(abs(x), 30), right(x), 0)))).toEqual([
      expect.stringMatching(/^J\^T g of cube is -?0 at .*, for numbers of about (40|2000)$/),
    ]);
    expect(messageOf(node((x) => stopGradient(right(x))))).toEqual([
      expect.stringMatching(/^the derivative of J\^T g of cube is -?0 at/),
    ]);
  });
});
