import {
  add,
  constant,
  defineLayer,
  defineNode,
  gather,
  matmul,
  mul,
  scatterAdd,
  swapAxes,
  type Value,
} from 'pullback';
import type { Simulation } from '../simulation.ts';

const inputs = 3;
const pairs: readonly (readonly [number, number])[] = [
  [0, 1],
  [0, 2],
  [1, 2],
];

const places = (side: 0 | 1): Value =>
  constant(
    pairs.map((pair) => pair[side]),
    { dtype: 'int32' },
  );
const first = (x: Value): Value => gather(x, places(0), { axis: 1 });
const second = (x: Value): Value => gather(x, places(1), { axis: 1 });

/**
 * A sum of weighted products: net_n = sum_j w_j a_nj b_nj, over pairs (a_j, b_j) of the inputs. What comes back to an input is weighted by
 * its partner's activation: d net / d a_j = w_j b_j, and d net / d w_j = a_j b_j.
 * x [n, inputs], w [pairs, units]; net [n, units]. Source: the chapter's last section.
 */
export const sigmaPi = defineNode('sigmaPi', {
  forward: (x: Value, weights: Value) => matmul(mul(first(x), second(x)), weights),
  vjp: (gradient, { inputs: [x, weights] }) => {
    const atProducts = matmul(gradient, swapAxes(weights, 0, 1));
    const toInputs = (part: Value, side: 0 | 1) => scatterAdd(part, places(side), { axis: 1, size: inputs });
    return [
      add(toInputs(mul(atProducts, second(x)), 0), toInputs(mul(atProducts, first(x)), 1)),
      matmul(swapAxes(mul(first(x), second(x)), 0, 1), gradient),
    ];
  },
});

const levels = [0, 0.5, 1];
const cube = levels.flatMap((a) => levels.flatMap((b) => levels.map((c) => [a, b, c])));

/** One unit that finds out which two of three inputs it is to multiply. */
export const product: Simulation = {
  name: 'sigma-pi',
  title: 'A sigma-pi unit as a node of its own',
  about:
    'One linear unit sums products of its inputs, each pair with a weight. From 27 triples it is to find that the product of the first two is wanted.',
  network: (start) =>
    defineLayer('sigma-pi', (scope, x: Value) =>
      sigmaPi(x, scope.parameter('weights', [pairs.length, 1], start)),
    ),
  patterns: { inputs: cube, targets: cube.map(([a = 0, b = 0]) => [a * b]) },
  learning: { rate: 0.1, tolerance: 0.01, limit: 1_000 },
  seeds: 30,
  published: 'no simulation: the chapter gives the rule (from memory)',
};
