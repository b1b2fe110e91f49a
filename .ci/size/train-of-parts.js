// The same page, of the packages that it needs.
import { wasm } from '@pullback/backend-wasm';
import { dense, relu, sequential } from '@pullback/layers';
import { softmaxCrossEntropy } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { Model } from '@pullback/train';

const model = await Model.create({
  network: sequential(dense(16), relu(), dense(3)),
  input: [4],
  loss: softmaxCrossEntropy(),
  optimizer: sgd({ learningRate: 0.1 }),
  backend: wasm(),
});
await model.fit([[1, 2, 3, 4]], [0], { epochs: 2 });
console.log(await model.predict([[1, 2, 3, 4]]));
