import { DataError, type Layout, type Shape, sizeOf, type Tensor, tensorOf } from '@pullback/core';
import type { Inputs } from '../definition/named-inputs.ts';
import { planNames } from '../programs/names.ts';
import type { Engine } from '../running/engine.ts';
import { pickSamples, type Samples } from '../samples/samples.ts';
import { Turns } from '../stepping/event-loop.ts';

export interface PredictOptions {
  /** How many samples are computed at once, and so how much memory is needed; 256 when left out, or all where there are fewer. */
  readonly batchSize?: number;
  /** Ends the prediction between two batches; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The prediction of every output, in the order of the losses. */
export async function predictAll(
  engine: Engine,
  x: Inputs,
  { batchSize = 256, signal }: PredictOptions,
): Promise<readonly Tensor[]> {
  signal?.throwIfAborted();
  const samples = engine.inputs(x);
  const { layout, sampleAxis } = engine.definition.placement;
  const { count } = samples;
  const size = Math.min(batchSize, count);
  if (size === count) return predictBatch(engine, samples);
  const turns = new Turns();
  const whole: Tensor[] = [];
  for (let from = 0; from < count; from += size) {
    // All batches have one size, so that there is one Program: the last one begins earlier.
    const first = Math.min(from, count - size);
    const rows = Int32Array.from({ length: size }, (_, i) => first + i);
    const parts = await predictBatch(engine, pickSamples(samples, rows, layout));
    // An output that is no longer one for each sample is of all of them.
    if (parts.some(({ shape }) => shape.at(sampleAxis) !== size)) return predictBatch(engine, samples);
    parts.forEach((part, i) => {
      const all = whole[i] ?? tensorOf({ ...part, shape: extended(part.shape, count, layout) });
      put(part, all, first, layout);
      whole[i] = all;
    });
    signal?.throwIfAborted();
    if (turns.due) await turns.take();
  }
  return whole;
}

async function predictBatch(engine: Engine, samples: Samples): Promise<readonly Tensor[]> {
  const ready = await engine.prepare('prediction', samples);
  engine.runner.run(ready, samples);
  return Promise.all(
    engine.definition.heads.map(async (_, i) => {
      const buffer = ready.batch.get(planNames.prediction(i));
      if (buffer === undefined) throw new DataError('a Program without a prediction');
      return { ...buffer.spec, data: await engine.store.backend.read(buffer) };
    }),
  );
}

function extended(shape: Shape, count: number, layout: Layout): Shape {
  return layout === 'row' ? [count, ...shape.slice(1)] : [...shape.slice(0, -1), count];
}

/** Writes a batch into the samples from `first` on. */
function put(part: Tensor, whole: Tensor, first: number, layout: Layout): void {
  if (layout === 'row') {
    whole.data.set(part.data, first * sizeOf(part.shape.slice(1)));
    return;
  }
  const [size = 0, count = 0] = [part.shape.at(-1), whole.shape.at(-1)];
  for (let k = 0; k * size < part.data.length; k++)
    whole.data.set(part.data.subarray(k * size, (k + 1) * size), k * count + first);
}
