import type { ByteSource, TensorFile } from '@pullback/safetensors';
import type { Weights } from '../model-options.ts';
import type { ReadOptions } from './load-weights.ts';
import type { Restorable } from './restored.ts';
import type { RunState } from './run-state.ts';
import type { GivenWeights } from './weights.ts';

// What reads and writes files is loaded when it is first wanted: most pages train without.

/** See `loadWeights` of checkpoint/load-weights.ts. @throws CheckpointError */
export async function loadWeights(
  source: ByteSource | GivenWeights,
  options?: ReadOptions,
): Promise<Weights> {
  return (await import('./load-weights.ts')).loadWeights(source, options);
}

/**
 * The model that `make` makes for what a file says, with the file's numbers in it.
 * @throws CheckpointError for a file that is damaged or another model's; the model is disposed then.
 */
export async function restored<M extends Restorable>(
  source: ByteSource,
  make: (standing: RunState, metadata: TensorFile['metadata']) => Promise<M>,
): Promise<M> {
  return (await import('./restored.ts')).restored(source, make);
}
