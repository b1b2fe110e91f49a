// #region program
import { adam, dense, frozen, Model, RandomStream, relu, sequential, softmaxCrossEntropy } from 'pullback';

// Points of the plane. In which of eight sectors they lie is known of many; on land, which is three of the sectors, of few.
const random = RandomStream.of(1, 'points');
const points = Array.from({ length: 600 }, () => [2 * random.uniform() - 1, 2 * random.uniform() - 1]);
const angle = ([x = 0, y = 0]: number[]) => Math.atan2(y, x) + Math.PI;
const sectors = points.map((point) => Math.min(7, Math.floor((4 * angle(point)) / Math.PI)));
const land = sectors.map((sector) => ([1, 2, 6].includes(sector) ? 1 : 0));

const body = sequential(dense(32), relu(), dense(32), relu());
const options = {
  input: [2],
  loss: softmaxCrossEntropy(),
  optimizer: adam({ learningRate: 0.01 }),
  backend: 'wasm',
  seed: 1,
} as const;
const trained = await Model.create({ ...options, network: sequential(body, dense(8)) });
await trained.fit(points, sectors, { epochs: 30, batchSize: 20, progress: false });

// A new head on the same body, which stays as it is; 60 samples are enough for it.
const model = await Model.create({ ...options, network: sequential(frozen(body), dense(2)) });
await model.load(await trained.weights(), { prefix: 'network/0', from: 'network/0' });
await model.fit(points.slice(0, 60), land.slice(0, 60), { epochs: 60, batchSize: 20, progress: false });
console.log(await model.evaluate(points.slice(60), land.slice(60), { metrics: ['accuracy'] }));
// #endregion

const { accuracy = 0 } = await model.evaluate(points.slice(60), land.slice(60), { metrics: ['accuracy'] });
const before = (await trained.weights())['network/0/0/kernel']?.data;
const after = (await model.weights())['network/0/0/kernel']?.data;
if (!(accuracy > 0.85) || before?.join() !== after?.join()) throw new Error(`accuracy ${accuracy}`);
for (const each of [trained, model]) each.dispose();
