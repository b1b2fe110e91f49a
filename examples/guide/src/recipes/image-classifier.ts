// #region program
import {
  adam,
  conv2d,
  dense,
  flatten,
  Model,
  maxPool,
  RandomStream,
  randomFlip,
  relu,
  rescale,
  sequential,
  softmaxCrossEntropy,
} from 'pullback';

// 120 grey pictures of 12 x 12 bytes: a bar that lies, a bar that stands, a square. Files are read by `@pullback/images`.
const [count, side] = [120, 12];
const random = RandomStream.of(1, 'pictures');
const place = () => 2 + Math.floor(7 * random.uniform());
const data = new Uint8Array(count * side * side);
const labels = Array.from({ length: count }, (_, i) => i % 3);
labels.forEach((label, i) => {
  const [top, left] = [place(), place()];
  const [height, width] = [label === 0 ? 1 : 3, label === 1 ? 1 : 3];
  for (let row = top; row < top + height; row++)
    data.fill(200 + 50 * random.uniform(), i * 144 + row * side + left, i * 144 + row * side + left + width);
});
const pictures = { shape: [count, side, side, 1], data };

const model = await Model.create({
  network: sequential(
    rescale(1 / 255),
    randomFlip(), // while training alone
    conv2d(8, 3, { activation: relu }),
    maxPool(2),
    flatten(),
    dense(3),
  ),
  input: [side, side, 1],
  loss: softmaxCrossEntropy(),
  optimizer: adam({ learningRate: 0.01 }),
  backend: 'wasm',
  seed: 1,
});
const history = await model.fit(pictures, labels, {
  epochs: 12,
  batchSize: 10,
  validationSplit: 0.25,
  metrics: ['accuracy'],
  progress: false,
});
console.log(history.at(-1)); // { loss, accuracy, 'validation loss', 'validation accuracy' }
// #endregion

if (!((history.at(-1)?.['validation accuracy'] ?? 0) > 0.9)) throw new Error('pictures are not told apart');
model.dispose();
