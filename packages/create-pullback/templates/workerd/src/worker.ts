import { cpu } from '@pullback/backend-cpu';
import { dense, sequential, tanh } from '@pullback/layers';
import { softmaxCrossEntropy } from '@pullback/losses';
import { adam } from '@pullback/optimizers';
import { Model } from '@pullback/train';
import { rings } from './rings.ts';

/** Trained at the first request, which the others wait for. Such workers compile no WebAssembly while they run: the backend is `cpu`. */
let trained: Promise<Model> | undefined;

async function train(): Promise<Model> {
  const model = await Model.create({
    network: sequential(dense(16), tanh(), dense(2)),
    input: [2], // the shape of one sample
    loss: softmaxCrossEntropy(),
    optimizer: adam({ learningRate: 0.05 }),
    backend: cpu(),
    seed: 1,
  });
  const { points, labels } = rings(200);
  await model.fit(points, labels, { epochs: 60, batchSize: 20, progress: false });
  return model;
}

export default {
  /** `/?x=0.5&y=0` answers on which ring the point lies. */
  async fetch(request: Request): Promise<Response> {
    trained ??= train().catch((failure: unknown) => {
      trained = undefined; // the next request tries again
      throw failure;
    });
    const { searchParams } = new URL(request.url);
    const point = [Number(searchParams.get('x') ?? 0), Number(searchParams.get('y') ?? 0)];
    const { data } = await (await trained).predict([point]);
    const ring = (data[1] ?? 0) > (data[0] ?? 0) ? 'outer' : 'inner';
    return Response.json({ point, ring });
  },
};
