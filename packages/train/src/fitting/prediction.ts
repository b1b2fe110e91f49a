import { DataError, type Layout, type Shape, sizeOf, type Tensor, tensorOf } from '@pullback/core';
import type { Inputs } from '../definition/named-inputs.ts';
import { planNames } from '../programs/names.ts';
import type { Engine } from '../running/engine.ts';
import { type Samples, section } from '../samples/samples.ts';
import { Turns } from '../stepping/event-loop.ts';

export interface PredictOptions {
  /** How many samples are computed at once, and so how much memory is needed; when left out as many as take some 8 MiB, and 256 at least. */
  readonly batchSize?: number;
  /** Ends the prediction between two batches; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** So much may be computed at once where nobody says otherwise: a batch of its own for every 256 samples takes longer. */
const usualBytes = 2 ** 23;
const fewest = 256;

/** The prediction of every output, in the order of the losses. */
export async function predictAll(
  engine: Engine,
  x: Inputs,
  { batchSize, signal }: PredictOptions,
): Promise<readonly Tensor[]> {
  signal?.throwIfAborted();
  const samples = engine.inputs(x);
  const { layout, sampleAxis } = engine.definition.placement;
  const { count } = samples;
  const size = Math.min(count, batchSize ?? usualSize(engine, count));
  if (size === count) return predictBatch(engine, samples);
  const turns = new Turns();
  const whole: Tensor[] = [];
  for (let from = 0; from < count; from += size) {
    // All batches have one size, so that there is one Program: the last one begins earlier.
    const first = Math.min(from, count - size);
    const parts = await predictBatch(engine, section(samples, first, first + size, layout));
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

/** All, or parts of one size, so that the last one has nothing to do again. */
function usualSize(engine: Engine, count: number): number {
  if (count <= fewest) return count;
  const most = Math.max(fewest, Math.floor(usualBytes / engine.sampleBytes));
  return Math.ceil(count / Math.ceil(count / most));
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
