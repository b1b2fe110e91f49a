// Everything that this package brings, examined by the conformance kit: what its tests would run.
import { conformBackend, conformLayer, conformNode, conformOptimizer, report } from '@pullback/testing';
import type { Value } from 'pullback';
import { batchNorm } from './batch-norm.ts';
import { cumsum } from './cumsum.ts';
import { Gate } from './gate.ts';
import { LoopBackend } from './loop-backend.ts';
import { lstmCell } from './lstm-cell.ts';
import { normalize } from './normalize.ts';
import { centered } from './running-mean.ts';
import { signDescent, signMomentum } from './sign-descent.ts';
import { swish, swishByHand } from './swish.ts';

const backends = [new LoopBackend()];

// #region cases
export const cases = [
  ...conformNode(swish, { properties: { elementwise: true }, backends }),
  ...conformNode(swishByHand, { name: 'swish by hand', properties: { elementwise: true }, backends }),
  ...conformLayer(() => new Gate(3), { refuses: [[]] }),
  ...conformOptimizer(signDescent, {
    reference: ({ weight, gradient, learningRate }) => ({
      weight: weight - learningRate * Math.sign(gradient),
      slots: {},
    }),
  }),
  ...conformBackend(() => new LoopBackend()),
];
// #endregion

const one = (f: (x: Value) => Value) => (x?: Value) => f(x as Value);
cases.push(
  ...conformNode(one(normalize), {
    name: 'normalize',
    domain: [0.2, Infinity], // a vector of zeros has no direction
    empty: false,
    tolerance: 1e-5,
    backends,
  }),
  ...conformNode(one(cumsum), { name: 'cumsum', backends }),
  ...conformNode((...x) => lstmCell(...(x as [Value, Value, Value, Value, Value])), {
    name: 'lstmCell',
    shapes: (a, b) => [1, 2, 3, 4, 5].map(() => [a, b]),
    runs: 3,
    backends,
  }),
  ...conformLayer(() => batchNorm(), { mixesWhileTraining: true, tolerance: 1e-4 }),
  ...conformLayer(() => centered(), { mixesWhileTraining: true }),
  ...conformOptimizer(signMomentum),
);

const failed = await report(cases, (line) => {
  if (!line.startsWith('ok')) console.log(line);
});
if (failed.length > 0) throw new Error(`${failed.length} cases failed`);
