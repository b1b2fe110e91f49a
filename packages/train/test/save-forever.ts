/** Saves again and again to the path that it is given, numbers that tell the saves apart; killed from outside. */
import { cpu } from '@pullback/backend-cpu';
import { dense, filled } from '@pullback/layers';
import { halfSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { Model } from '@pullback/train';

const [, , path = ''] = process.argv;
const model = await Model.create({
  network: dense(300, { kernelInitializer: filled(0) }),
  input: [1000],
  loss: halfSquaredError(),
  optimizer: sgd({ learningRate: 0.1 }),
  backend: cpu(),
});
for (let i = 1; ; i++) {
  const kernel = { shape: [1000, 300], data: new Float32Array(300_000).fill(i) };
  await model.load({
    'network/kernel': kernel,
    'network/bias': { shape: [300], data: new Float32Array(300).fill(i) },
  });
  await model.save(path);
  if (i === 1) process.stdout.write('saving\n');
}
