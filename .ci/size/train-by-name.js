// A page that trains: everything from one package, the backend by its name.
import { dense, Model, relu, sequential, sgd, softmaxCrossEntropy } from 'pullback';

const model = await Model.create({
  network: sequential(dense(16), relu(), dense(3)),
  input: [4],
  loss: softmaxCrossEntropy(),
  optimizer: sgd({ learningRate: 0.1 }),
  backend: 'wasm',
});
await model.fit([[1, 2, 3, 4]], [0], { epochs: 2 });
console.log(await model.predict([[1, 2, 3, 4]]));
