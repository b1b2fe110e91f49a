// Everything that this package brings, examined by the conformance kit: what its tests would run.
import {
  conformBackend,
  conformInitializer,
  conformLayer,
  conformLoss,
  conformMetric,
  conformNode,
  conformOptimizer,
  conformPlugin,
  conformSchedule,
  type Names,
  report,
} from '@pullback/testing';
import { builtins, createContainer, createModel, type ModelSpec, type Value, wasm } from 'pullback';
import { atan } from './atan.ts';
import { cumsum } from './cumsum.ts';
import { Gate } from './gate.ts';
import { LoopBackend } from './loop-backend.ts';
import { lstmCell } from './lstm-cell.ts';
import { normalize } from './normalize.ts';
import { gating } from './plugin.ts';
import { centered } from './running-mean.ts';
import { signDescent, signMomentum } from './sign-descent.ts';
import { smoothError, weightedSmoothError } from './smooth-error.ts';
import { sparse } from './sparse.ts';
import { swish, swishByHand } from './swish.ts';
import { triangle } from './triangle.ts';
import { medianError, within } from './within.ts';

// #region names
/** Where the names are bound: specs are examined through it. */
const container = createContainer(builtins, gating);
const names: Names = { createModel: (spec: ModelSpec) => createModel(container, spec) };
const backends = [new LoopBackend(), wasm()];
// #endregion

// #region cases
export const cases = [
  ...conformNode(swish, { properties: { elementwise: true }, backends, ulps: 4, spec: 'swish', names }),
  ...conformNode(swishByHand, { name: 'swish by hand', backends, ulps: 4 }),
  ...conformLayer(() => new Gate(3), {
    refuses: [[]],
    backends,
    ulps: 4,
    spec: { type: 'gate', units: 3 },
    names,
  }),
  ...conformLoss(weightedSmoothError, { backends, ulps: 4 }),
  ...conformOptimizer(signDescent, {
    reference: ({ weight, gradient, learningRate }) => ({
      weight: weight - learningRate * Math.sign(gradient),
      slots: {},
    }),
    spec: (options) => ({ type: 'signDescent', ...options }),
    names,
  }),
  ...conformSchedule(triangle({ period: 20, low: 0.1 }), {
    reference: (step) => 0.1 + 0.9 * (1 - Math.abs((step % 20) / 10 - 1)),
    turns: [20],
  }),
  ...conformInitializer(sparse({ share: 0.3 }), { mean: 0, deviation: Math.sqrt(0.3) }),
  ...conformPlugin(gating, { specs: { layer: { gate: { units: 3 } } }, beside: [builtins] }),
  ...conformMetric(within, { backends }),
  ...conformMetric(medianError, { backends }),
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
    ulps: 4,
  }),
  ...conformNode(one(atan), { name: 'atan', backends, ulps: 4 }),
  ...conformNode(one(cumsum), { name: 'cumsum', backends, ulps: 2 }),
  ...conformNode((...x) => lstmCell(...(x as [Value, Value, Value, Value, Value])), {
    name: 'lstmCell',
    shapes: (a, b) => [1, 2, 3, 4, 5].map(() => [a, b]),
    runs: 3,
    backends,
    ulps: 4,
  }),
  ...conformLayer(() => centered(), { mixesWhileTraining: true }),
  ...conformOptimizer(signMomentum),
  ...conformLoss(smoothError),
);

const failed = await report(cases, (line) => {
  if (!line.startsWith('ok')) console.log(line);
});
if (failed.length > 0) throw new Error(`${failed.length} cases failed`);
