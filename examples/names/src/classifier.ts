import {
  adamw,
  bidirectional,
  dense,
  dropout,
  embedding,
  gru,
  Model,
  normally,
  oneCycle,
  sequential,
  softmaxCrossEntropy,
} from 'pullback';
import { length, vocabulary } from './data.ts';

/** Letters from both ends, 96 states each, and two scores. */
export function classifier(steps: number): Promise<Model> {
  const direction = () => gru(96, { returns: 'last' });
  return Model.create({
    network: sequential(
      embedding(vocabulary, 32, { paddingIndex: 0, initializer: normally({ deviation: 0.5 }) }),
      dropout(0.2),
      bidirectional(direction(), direction()),
      dropout(0.5),
      dense(2),
    ),
    input: [length],
    loss: softmaxCrossEntropy(),
    optimizer: adamw({ learningRate: 0.005, schedule: oneCycle({ steps }), weightDecay: 0.01 }),
    backend: 'wasm',
    seed: 1,
  });
}
