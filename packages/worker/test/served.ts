// The file of a worker: of the packages that it needs, since a thread imports them anew.
import { cpu } from '@pullback/backend-cpu';
import { dense, sequential, tanh } from '@pullback/layers';
import { halfSquaredError } from '@pullback/losses';
import { momentum } from '@pullback/optimizers';
import { Model } from '@pullback/train';
import { serve } from '@pullback/worker';

await serve((units: number) =>
  Model.create({
    network: sequential(dense(units), tanh(), dense(1)),
    input: [2],
    loss: halfSquaredError(),
    optimizer: momentum({ learningRate: 0.1 }),
    backend: cpu(),
    seed: 3,
  }),
);
