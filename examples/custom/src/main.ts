// A custom activation, node, layer, loss and optimizer: in code, and as a plugin through the container.
import assert from 'node:assert/strict';
import {
  builtins,
  constant,
  createContainer,
  createModel,
  dense,
  evaluate,
  gradient,
  listBound,
  Model,
  type ModelSpec,
  PROGRESS,
  sequential,
  sum,
  UnknownNameError,
} from 'pullback';
import { Gate } from './gate.ts';
import { LoopBackend } from './loop-backend.ts';
import { normalize } from './normalize.ts';
import { gating, Remembering } from './plugin.ts';
import { centered } from './running-mean.ts';
import { signDescent, signMomentum } from './sign-descent.ts';
import { smoothError, weightedSmoothError } from './smooth-error.ts';
import { sparse } from './sparse.ts';
import { swish, swishByHand } from './swish.ts';
import { triangle } from './triangle.ts';
import { medianError, within } from './within.ts';

const x = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const y = [[0], [1], [1], [0]];

// The derivative that was derived is the one that was written down.
const at = constant([-2, -0.3, 0, 1.5], { dtype: 'float64' });
const [derived, byHand] = [swish, swishByHand].map((f) => evaluate(gradient(sum(f(at)), [at])[0] ?? at).data);
derived?.forEach((slope, i) => {
  assert.ok(Math.abs(slope - (byHand?.[i] ?? Number.NaN)) < 1e-15);
});
assert.deepEqual(evaluate(normalize(constant([[3, 4]]))).data, Float32Array.of(0.6, 0.8));

// #region code
const model = await Model.create({
  network: sequential(dense(8), swish(), new Gate(4), dense(1)),
  input: [2],
  loss: smoothError(),
  optimizer: signDescent({ learningRate: 0.01 }),
  seed: 3,
});
const history = await model.fit(x, y, { epochs: 300, progress: false });
// #endregion
console.log('in code:     ', history[0]?.['loss']?.toFixed(4), '->', history.at(-1)?.['loss']?.toFixed(4));
assert.ok((history.at(-1)?.['loss'] ?? 1) < 0.1 * (history[0]?.['loss'] ?? 0));

// #region container
const container = createContainer(builtins, gating); // a real inversify container
const spec: ModelSpec = {
  input: [2],
  layers: [
    { type: 'dense', units: 8, activation: 'swish' },
    { type: 'gate', units: 4 },
    { type: 'dense', units: 1 },
  ],
  loss: 'smoothError',
  optimizer: { type: 'signDescent', learningRate: 0.01 },
  seed: 3,
};
const same = await createModel(container, spec);
await same.fit(x, y, { epochs: 300 });
same.spec(); // the same data back
listBound(container); // every name with its plugin and formula
// #endregion
const reporter = container.get(PROGRESS);
assert.ok(reporter instanceof Remembering);
console.log('by container:', reporter.last['loss']?.toFixed(4));
assert.deepEqual(same.spec(), spec);
// Its layers are numbered otherwise, which is what the first weights are drawn by: the same net, not the same numbers.
assert.ok((reporter.last['loss'] ?? 1) < 0.2);

const misspelt: unknown = { ...spec, layers: [{ type: 'gaet', units: 4 }] };
await assert.rejects(createModel(container, misspelt as ModelSpec), (failure) => {
  assert.ok(failure instanceof UnknownNameError);
  console.log(failure.message);
  return failure.message.includes("Did you mean 'gate'?");
});

const other = await Model.create({
  network: sequential(
    centered(),
    dense(8, { kernelInitializer: sparse({ share: 0.7 }) }),
    swishByHand(),
    dense(1),
  ),
  input: [2],
  loss: weightedSmoothError(),
  optimizer: signMomentum({ learningRate: 0.02, schedule: triangle({ period: 50, low: 0.1 }) }),
  backend: new LoopBackend(),
});
await other.fit(x, y, { epochs: 300, sampleWeights: [1, 2, 2, 1], progress: false });
const figures = await other.evaluate(x, y, { metrics: [within(), medianError()] });
console.log('all together:', figures);
assert.equal(figures['within'], 1);
assert.ok((figures['median error'] ?? 1) < 0.1);

await import('./persistence.ts');
await import('./conformance.ts');
