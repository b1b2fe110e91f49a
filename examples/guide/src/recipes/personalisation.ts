// #region program
import {
  adam,
  dense,
  frozen,
  loadWeights,
  Model,
  RandomStream,
  sequential,
  softmaxCrossEntropy,
  tanh,
} from 'pullback';

// Three gestures of 8 numbers. Everybody makes them a little differently.
const random = RandomStream.of(1, 'gestures');
const gesture = (kind: number, shift: number) =>
  Array.from({ length: 8 }, (_, i) => Math.sin((kind + 1) * i * 0.7 + shift) + 0.3 * random.normal());
const samplesOf = (count: number, shift: number) => ({
  x: Array.from({ length: count }, (_, i) => gesture(i % 3, shift)),
  y: Array.from({ length: count }, (_, i) => i % 3),
});
const options = {
  input: [8],
  loss: softmaxCrossEntropy(),
  optimizer: adam({ learningRate: 0.02 }),
  backend: 'wasm',
  seed: 1,
} as const;
const body = sequential(dense(16), tanh());

// Once, on the maker's machine: a model of all, as a file beside the page.
const everybody = await Model.create({ ...options, network: sequential(body, dense(3)) });
const all = samplesOf(150, 0);
await everybody.fit(all.x, all.y, { epochs: 20, batchSize: 15, progress: false });
const parts: Uint8Array[] = [];
await everybody.save(new WritableStream<Uint8Array>({ write: (part) => void parts.push(part) }));
const file = new Blob(parts.map((part) => part.slice()));

// In the page: the file, here that Blob, there `await fetch('gestures.safetensors')`. Samples of one person train the head, and leave the page for nowhere.
const own = await Model.create({ ...options, network: sequential(frozen(body), dense(3)) });
await own.load(await loadWeights(file));
const [mine, later] = [samplesOf(30, 2), samplesOf(90, 2)];
const before = await own.evaluate(later.x, later.y, { metrics: ['accuracy'] });
await own.fit(mine.x, mine.y, { epochs: 40, batchSize: 10, progress: false });
const after = await own.evaluate(later.x, later.y, { metrics: ['accuracy'] });

const learned = await own.weights({ only: 'network/1/*' }); // typed arrays: IndexedDB keeps them as they are
console.log(before, after, Object.keys(learned));
// #endregion

const [first = 0, then = 0] = [before['accuracy'], after['accuracy']];
if (!(then > 0.9 && then > first + 0.1)) throw new Error(`${first} became ${then}`);
for (const each of [everybody, own]) each.dispose();
