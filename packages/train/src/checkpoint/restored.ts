import { CheckpointError } from '@pullback/core';
import { type ByteSource, openSafetensors, type TensorFile } from '@pullback/safetensors';
import { isPart } from './checkpoint.ts';
import { type RunState, readRunState } from './run-state.ts';

export interface Restorable {
  restore(checkpoint: TensorFile): Promise<void>;
  dispose(): void;
}

/**
 * The model that `make` makes for what a file says, with the file's numbers in it.
 * @throws CheckpointError for a file that is damaged or another model's; the model is disposed then.
 */
export async function restored<M extends Restorable>(
  source: ByteSource,
  make: (standing: RunState, metadata: TensorFile['metadata']) => Promise<M>,
): Promise<M> {
  const checkpoint = await openSafetensors(source);
  try {
    if (isPart(checkpoint))
      throw new CheckpointError({
        got: 'the weights that are learned alone',
        expected: 'all weights of a model',
        at: 'the checkpoint',
        hint: 'Model.create, then the weights that were frozen by load or transferWeights, then model.restore(file).',
      });
    const model = await make(readRunState(checkpoint.metadata), checkpoint.metadata);
    try {
      await model.restore(checkpoint);
    } catch (failure) {
      model.dispose();
      throw failure;
    }
    return model;
  } finally {
    await checkpoint.close();
  }
}
