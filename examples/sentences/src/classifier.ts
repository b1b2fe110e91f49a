import { adam, dense, Model, softmaxCrossEntropy, type Tensor } from 'pullback';
import { kinds } from './labelled.ts';

/** A dense layer on embeddings [n, 384], trained to tell the kinds of sentences apart. */
export async function trainedClassifier(embedded: Tensor, labels: readonly number[]): Promise<Model> {
  const classifier = await Model.create({
    network: dense(kinds.length),
    input: [384],
    loss: softmaxCrossEntropy(),
    optimizer: adam({ learningRate: 0.02 }),
    backend: 'wasm',
  });
  await classifier.fit(embedded, [...labels], { epochs: 60, batchSize: 20, progress: false });
  return classifier;
}
