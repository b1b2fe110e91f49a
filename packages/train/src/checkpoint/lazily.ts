import type { ByteSource, TensorFile } from '@pullback/safetensors';
import type { Weights } from '../model-options.ts';
import type { ReadOptions } from './load-weights.ts';
import type { Restorable } from './restored.ts';
import type { RunState } from './run-state.ts';
import type { TensorSource } from './tensor-source.ts';
import type { Receiving, TransferOptions } from './transfer-weights.ts';
import type { WeightReport } from './weight-report.ts';
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

/** Tells which tensors of a file go where in a model, by its header: no elements are read. @throws CheckpointError, OptionError */
export async function compareWeights(
  source: TensorSource,
  model: Pick<Receiving, 'specs'>,
  options?: TransferOptions,
): Promise<WeightReport> {
  return (await import('./transfer-weights.ts')).compareWeights(source, model, options);
}

/**
 * Puts the tensors of a file into the model's weights and states.
 * @throws CheckpointError when a weight is missing, a tensor left over or of another shape: before anything is read or changed.
 */
export async function transferWeights(
  source: TensorSource,
  model: Receiving,
  options?: TransferOptions,
): Promise<WeightReport> {
  return (await import('./transfer-weights.ts')).transferWeights(source, model, options);
}
