import { serve } from '@pullback/worker';
import { adam, dense, Model, sequential, softmaxCrossEntropy, tanh } from 'pullback';

// The model lives in this worker, and the page stays smooth while it trains.
await serve((units: number) =>
  Model.create({
    network: sequential(dense(units), tanh(), dense(2)),
    input: [2], // the shape of one sample
    loss: softmaxCrossEntropy(),
    optimizer: adam({ learningRate: 0.05 }),
    backend: 'auto',
    seed: 1,
  }),
);
