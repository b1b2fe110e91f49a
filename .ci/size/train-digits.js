// The same page with a network of the size of digits, which takes kernels.
import { wasm } from '@pullback/backend-wasm';
import { dense, relu, sequential } from '@pullback/layers';
import { softmaxCrossEntropy } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { Model } from '@pullback/train';

const model = await Model.create({
  network: sequential(dense(128), relu(), dense(10)),
  input: [784],
  loss: softmaxCrossEntropy(),
  optimizer: sgd({ learningRate: 0.1 }),
  backend: wasm(),
});
const image = Array.from({ length: 784 }, (_, i) => i / 784);
await model.fit([image, image], [0, 1], { epochs: 2 });
console.log(await model.predict([image]));
