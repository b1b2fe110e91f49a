import { type ByteSource, openSafetensors, type TensorFile } from '@pullback/safetensors';
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
