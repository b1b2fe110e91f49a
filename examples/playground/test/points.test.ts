import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { backendOf, constant, evaluate } from 'pullback';
import { describe, expect, test } from 'vitest';
import { errorOf } from '../src/expression/activation.ts';
import { codeOf } from '../src/expression/code.ts';
import { ExpressionError } from '../src/expression/expression.ts';
import { parse } from '../src/expression/parse.ts';
import { featuresOf, pointsOf } from '../src/points/data.ts';
import { createPoints, layersOf } from '../src/points/network.ts';
import { batchOf, scriptOf } from '../src/points/script.ts';
import { dataNames, hashOf, type PointsSetup, setupOf, usual } from '../src/points/setup.ts';

const unusual: PointsSetup = {
  data: 'own',
  own: [
    [0.5, -0.25, 1],
    [-1.2, 1.2, 0],
  ],
  noise: 0.15,
  features: ['x', 'x²', 'sin y'],
  layers: [3, 1, 12],
  activation: 'x * sigmoid(1.5 * x) + 0.1',
  loss: 'abs(p - t)^1.5 + 1e-3 * p',
  optimizer: 'momentum',
  learningRate: 0.0123,
  batch: 7,
  decay: 0.003,
  seed: 77,
};

describe('the setup in an address', () => {
  test.each([usual, unusual, { ...usual, layers: [] }])('is the same again', (setup) => {
    expect(setupOf(hashOf(setup))).toEqual(setup);
  });

  test('is short where it is usual, and none for another problem', () => {
    expect(hashOf(usual)).toBe('#problem=points');
    expect(setupOf('#problem=xor')).toBeUndefined();
    expect(setupOf('')).toBeUndefined();
  });

  test('that makes no sense is usual', () => {
    const bad =
      '#problem=points&data=nonsense&noise=x&layers=0,99,4,-1,2.5&batch=1e9&seed=-4&own=a b c,9 9 1&features=q&learningRate=';
    expect(setupOf(bad)).toEqual({ ...usual, layers: [4], batch: 200, seed: 0 });
  });
});

describe('data', () => {
  test.each(dataNames.filter((name) => name !== 'own'))(
    '%s: 200 points to train and 200 others to test with, in the plane, the same by seed',
    (data) => {
      const setup = { ...usual, data };
      const { train, test: other } = pointsOf(setup);
      expect([train.at.length, other.at.length]).toEqual([200, 200]);
      expect(new Set([...train.at, ...other.at].map(String)).size).toBe(400);
      for (const [x, y] of train.at) expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThan(1.4);
      for (const target of train.targets) expect(Math.abs(target)).toBeLessThanOrEqual(1);
      expect(pointsOf(setup).train).toEqual(train);
      expect(pointsOf({ ...setup, seed: 2 }).train).not.toEqual(train);
    },
  );

  test('what the names say: circles by radius, exclusive or by sign', () => {
    const circle = pointsOf({ ...usual, data: 'circle' }).train;
    circle.at.forEach(([x, y], i) => {
      expect(Math.hypot(x, y) < 0.55).toBe(circle.targets[i] === 1);
    });
    const xor = pointsOf({ ...usual, data: 'xor' }).train;
    xor.at.forEach(([x, y], i) => {
      expect(x * y > 0).toBe(xor.targets[i] === 1);
    });
  });

  test('own points: every fourth is for the test, of few all', () => {
    const own = Array.from({ length: 8 }, (_, i) => [i / 10, 0, i % 2 === 0 ? 0 : 1] as const);
    expect(pointsOf({ ...usual, data: 'own', own }).test.at.map(([x]) => x)).toEqual([0.3, 0.7]);
    expect(pointsOf({ ...usual, data: 'own', own: own.slice(0, 2) }).test.at).toHaveLength(2);
    expect(pointsOf({ ...usual, data: 'own' }).train.at).toEqual([]);
  });

  test('features', () => {
    expect(featuresOf([[0.5, -0.25]], ['x', 'y', 'x²', 'y²', 'xy', 'sin x', 'sin y'])).toEqual([
      [0.5, -0.25, 0.25, 0.0625, -0.125, Math.sin(Math.PI / 2), Math.sin(-Math.PI / 4)],
    ]);
  });
});

test('a typed loss is a function of p and t, and errors say where', () => {
  const [p, t] = [constant([[0.9], [0.2]]), constant([[1], [0]])];
  const { data } = evaluate(errorOf('(p - t)^2 / 2')(p, t));
  expect(Array.from(data, (x) => Number(x.toFixed(6)))).toEqual([0.005, 0.02]);
  expect(() => errorOf('t + 1')).toThrow(ExpressionError);
  expect(() => errorOf('p - x')).toThrow(/x/);
});

test('an expression as code', () => {
  expect(codeOf(parse('x * sigmoid(1.5 * x) + 2^3')).code).toBe(
    'add(mul(x, sigmoid(mul(1.5, x))), (2 ** 3))',
  );
  expect(codeOf(parse('max(0, -x)')).code).toBe('maximum(fill(0, like.shape, like.dtype), neg(x))');
});

test('batches divide the points', () => {
  expect([20, 7, 200, 999].map((batch) => batchOf({ batch }, 200))).toEqual([20, 5, 200, 200]);
  expect(batchOf({ batch: 4 }, 3)).toBe(3);
  expect(batchOf({ batch: 4 }, 1)).toBe(1);
});

test('two spirals are told apart: 95 % of the points that were not trained on, in 3,000 steps', async () => {
  const { train, test: other } = pointsOf(usual);
  const model = await createPoints(usual, await backendOf('wasm'));
  const y = (targets: readonly number[]) => targets.map((target) => [target]);
  const step = model.step(
    { x: featuresOf(train.at, usual.features), y: y(train.targets) },
    { times: 3000, batchSize: 20 },
  );
  await step.loss.read();
  const { accuracy } = await model.evaluate(featuresOf(other.at, usual.features), y(other.targets), {
    metrics: ['accuracy'],
  });
  expect(accuracy).toBeGreaterThanOrEqual(0.95);
  expect(layersOf({ ...usual, layers: [] }).hidden).toEqual([]);
});

test.each([
  ['usual', usual],
  [
    'regression, typed, decayed',
    { ...unusual, data: 'hills', batch: 50, activation: 'max(0.1 * x, x)' } as const,
  ],
])('the script of the %s trains in Node to the same bits', { timeout: 60_000 }, async (_, setup) => {
  const steps = 100;
  const { train } = pointsOf(setup);
  const model = await createPoints(setup, await backendOf('wasm'));
  const [x, y] = [featuresOf(train.at, setup.features), train.targets.map((target) => [target])];
  await model.step({ x, y }, { times: steps, batchSize: batchOf(setup, 200) }).loss.read();
  const { loss } = await model.evaluate(x, y);
  const file = fileURLToPath(new URL(`../exported-${setup.data}.mjs`, import.meta.url));
  try {
    writeFileSync(file, scriptOf(setup, steps));
    const options = { encoding: 'utf8', cwd: fileURLToPath(new URL('..', import.meta.url)) } as const;
    const tsconfig = fileURLToPath(new URL('../../../tsconfig.base.json', import.meta.url));
    const printed = execFileSync(
      'npx',
      ['tsx', '--tsconfig', tsconfig, '--conditions=@pullback/source', file],
      options,
    );
    expect(JSON.parse(printed)).toMatchObject({ steps, train: { loss } });
  } finally {
    rmSync(file, { force: true });
  }
});
