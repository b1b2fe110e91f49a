// What a failure prints: the smallest example, the entry, both values, what is wrong with J, and a line that shows it again.
import { defineNode, defineOptimizer, matmul, mul, sub, tanh, transpose, type Value } from '@pullback/core';
import {
  type Case,
  conformNode,
  conformOptimizer,
  type NodeOptions,
  publishedUpdates,
  report,
} from '@pullback/testing';
import { expect, test } from 'vitest';
import { diagnosis } from '../src/diagnosis.ts';
import { nested, placeOf } from '../src/numbers-as-text.ts';

async function first(cases: readonly Case[]): Promise<string> {
  for (const { run } of cases)
    try {
      await run();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  return 'nothing';
}

const product = defineNode('product', {
  forward: (a: Value, b: Value) => matmul(a, b),
  vjp: (g, { inputs: [a, b] }) => [matmul(g, b), matmul(transpose(a), g)],
});
const squares: NodeOptions = {
  name: 'product',
  shapes: (a) => [
    [a, a],
    [a, a],
  ],
};
const own = defineNode('own', {
  forward: (x: Value) => tanh(x),
  vjp: (g, { output: y }) => [mul(g, sub(1, y))],
});
const examined = (options: NodeOptions = {}) =>
  conformNode((x) => own(x as Value), { name: 'own', ...options });

test('J for J^T, in full', async () => {
  expect(await first(conformNode((a, b) => product(a as Value, b as Value), squares))).toBe(
    [
      'the vjp gives a wrong d output [0, 1] / d input 0 [0, 0]: it is J transposed: J is applied where J^T is meant',
      '  expected -2.0000000000000018, by central differences of forward, got 1',
      '  J by the vjp: [[1, -2, 0, 0], [1, 1, 0, 0], [0, 0, 1, -2], [0, 0, 1, 1]]',
      '  J by differences: [[1, 1, 0, 0], [-2, 1, 0, 0], [0, 0, 1, 1], [0, 0, -2, 1]]',
      '  at input 0 = [[0, -1], [0, -3]]',
      '     input 1 = [[1, -2], [1, 1]]',
      '  again: conformNode(product, { ...options, example: { sizes: [2, 1, 1], seed: 1, decimals: 0 } })',
    ].join('\n'),
  );
});

test('a function of one number, in full', async () => {
  expect(await first(examined())).toBe(
    [
      'the vjp gives a wrong d output [0, 0] / d the input [0, 0]: it is 1.6128 times what it should be',
      '  expected 0.8556387860812066, by central differences of forward, got 1.379948962255225',
      '  elsewhere: x              -2        -1      -0.5       0.5         1         2',
      '         by the vjp     1.96403   1.76159   1.46212  0.537883  0.238406 0.0359724',
      '         differences  0.0706508  0.419974  0.786448  0.786448  0.419974 0.0706508',
      '  at the input = [[-0.4]]',
      '  again: conformNode(own, { ...options, example: { sizes: [1, 1, 1], seed: 1, decimals: 1 } })',
    ].join('\n'),
  );
});

test('the line that shows it again does', async () => {
  const found = await first(examined());
  const again = await first(examined({ example: { sizes: [1, 1, 1], seed: 1, decimals: 1 } }));
  expect(again).toBe(found);
  expect(await first(examined({ example: { sizes: [0, 1, 1], seed: 1 }, backends: [] }))).not.toContain(
    'again',
  );
});

test('a step that is not the published one', async () => {
  const slow = defineOptimizer('slow', {
    update: (w, g, slots, { learningRate }) => ({
      weight: sub(w, mul(mul(learningRate, 0.5), g)),
      slots,
    }),
  });
  const message = await first(conformOptimizer(slow, { reference: publishedUpdates.sgd() }));
  expect(message).toBe(
    [
      'number 0 of a weight of shape [4] after step 1: the step is 0.5 times the published one',
      '  expected 0.4020574461395797, as published, got 0.45102872306978986',
      '  from weight = 0.5, gradient = 0.979425538604203, with a learning rate of 0.1',
    ].join('\n'),
  );
});

test('what J has to do with the right one', () => {
  const J = [
    [1, 2],
    [3, 4],
  ];
  const of = (f: (x: number, j: number, k: number) => number) =>
    J.map((row, j) => row.map((x, k) => f(x, j, k)));
  expect(
    diagnosis(
      of(() => 0),
      J,
    ),
  ).toBe('no gradient arrives here: all entries are 0');
  expect(
    diagnosis(
      of((x) => -x),
      J,
    ),
  ).toBe('the sign is wrong');
  expect(
    diagnosis(
      of((x) => 3 * x),
      J,
    ),
  ).toBe('all entries are 3 times what they should be');
  expect(
    diagnosis(
      of((_, j, k) => J[k]?.[j] ?? 0),
      J,
    ),
  ).toMatch('J transposed');
  expect(
    diagnosis(
      of((x, j, k) => (j === k ? x : 0)),
      J,
    ),
  ).toMatch('it is diagonal');
  expect(
    diagnosis(
      J,
      of((x, j, k) => (j === k ? x : 0)),
    ),
  ).toBe('it should be diagonal');
  expect(
    diagnosis(
      of((_, j) => J[1 - j]?.[0] ?? 0),
      of((_, j) => J[j]?.[0] ?? 0),
    ),
  ).toMatch('wrong places');
  expect(
    diagnosis(
      of((x, j, k) => (j + k === 2 ? 9 : x)),
      J,
    ),
  ).toBe('1 of 4 entries are wrong');
  expect(
    diagnosis(
      of(() => Number.NaN),
      J,
    ),
  ).toBe('entries are not finite');
  expect(
    diagnosis(
      J,
      of(() => 0),
    ),
  ).toBe('all entries should be 0');
  expect(diagnosis([[0.5]], [[1]])).toBe('it is 0.5 times what it should be');
});

test('places and numbers as they lie', () => {
  expect(placeOf(5, [2, 3])).toBe('[1, 2]');
  expect(placeOf(0, [])).toBe('[]');
  expect(nested([1, 2, 3, 4, 5, 6], [2, 3])).toBe('[[1, 2, 3], [4, 5, 6]]');
  expect(nested([7], [])).toBe('7');
  expect(nested([], [0, 2])).toBe('[]');
});

test('a printed report', async () => {
  const lines: string[] = [];
  const failed = await report(
    examined().filter(({ name }) => /: J.T (by central differences|at kinks)/.test(name)),
    (line) => lines.push(line),
  );
  expect(failed.map(({ name }) => name)).toEqual([
    'own: J^T by central differences',
    'own: J^T at kinks and whole numbers',
  ]);
  expect(lines.at(-1)).toBe('0 of 2 passed');
  expect(lines[0]).toMatch(/^FAILED {2}own: J\^T by central differences\n {2}the vjp gives a wrong/);
});
