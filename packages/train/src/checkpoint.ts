import type { CheckpointSource } from './checkpoint/byte-reader.ts';
import type { Checkpoint } from './checkpoint/checkpoint.ts';
import type { ReadOptions } from './checkpoint/load-weights.ts';
import type { Restorable } from './checkpoint/restored.ts';
import type { Standing } from './checkpoint/standing.ts';
import type { Weights } from './model-options.ts';
import type { GivenWeights } from './weights.ts';

// What reads and writes files is loaded when it is first wanted: most pages train without.

/** See `openCheckpoint` of checkpoint/checkpoint.ts. @throws CheckpointError */
export async function openCheckpoint(source: CheckpointSource): Promise<Checkpoint> {
  return (await import('./checkpoint/checkpoint.ts')).openCheckpoint(source);
}

/** See `loadWeights` of checkpoint/load-weights.ts. @throws CheckpointError */
export async function loadWeights(
  source: CheckpointSource | GivenWeights,
  options?: ReadOptions,
): Promise<Weights> {
  return (await import('./checkpoint/load-weights.ts')).loadWeights(source, options);
}

/**
 * The model that `make` makes for what a file says, with the file's numbers in it.
 * @throws CheckpointError for a file that is damaged or another model's; the model is disposed then.
 */
export async function restored<M extends Restorable>(
  source: CheckpointSource,
  make: (standing: Standing, metadata: Checkpoint['metadata']) => Promise<M>,
): Promise<M> {
  return (await import('./checkpoint/restored.ts')).restored(source, make);
}
