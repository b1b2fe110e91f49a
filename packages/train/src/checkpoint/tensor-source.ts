import { type ByteSource, type OpenOptions, openSafetensors, type TensorFile } from '@pullback/safetensors';

/** A file, or one that was opened. */
export type TensorSource = ByteSource | TensorFile;

/** Works on a file, and closes it where it was not open. */
export async function withFile<T>(
  source: TensorSource,
  options: OpenOptions,
  work: (file: TensorFile) => Promise<T>,
): Promise<T> {
  if (isOpen(source)) return work(source);
  const file = await openSafetensors(source, options);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

function isOpen(source: TensorSource): source is TensorFile {
  return typeof source === 'object' && source !== null && 'stored' in source && 'tensors' in source;
}
