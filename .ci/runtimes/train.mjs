// XOR and digits of noise on each backend: prints the loss and a digest of all weights, which every runtime must have alike.
import { adam, cpu, dense, Model, relu, sequential, softmaxCrossEntropy, tanh, wasm } from 'pullback';

const x = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const y = [0, 1, 1, 0];
// As many samples as make several batches, one of them smaller; the numbers of a simple generator.
let state = 1;
const next = () => {
  state = (state * 48271) % 2147483647;
  return state / 2147483647;
};
const images = Array.from({ length: 150 }, () => Float32Array.from({ length: 64 }, next));
const labels = images.map((image) => Math.floor(10 * image[0]));

async function digest(weights) {
  const parts = Object.values(weights).map(
    ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

for (const [name, make] of Object.entries({ cpu: () => cpu(), wasm: () => wasm({ deterministic: true }) }))
  for (const [task, inputs, targets, network, epochs] of [
    ['xor', x, y, sequential(dense(8), tanh(), dense(2)), 100],
    ['digits', images, labels, sequential(dense(32), relu(), dense(10)), 3],
  ]) {
    const model = await Model.create({
      network,
      input: [inputs[0].length],
      loss: softmaxCrossEntropy(),
      optimizer: adam({ learningRate: 0.05 }),
      backend: make(),
      seed: 7,
    });
    await model.fit(inputs, targets, { epochs, progress: false });
    const { loss } = await model.evaluate(inputs, targets);
    if (task === 'xor' && !(loss < 0.05)) throw new Error(`${name} did not learn: ${loss}`);
    console.log(`${task} ${name} ${loss} ${await digest(await model.weights())}`);
    model.dispose();
  }
