import { CheckpointError, type FloatDType, type Layout } from '@pullback/core';

/** The entries of a checkpoint beside its tensors: enough to go on as if nothing had happened. */
export interface RunState {
  readonly steps: number;
  readonly epochs: number;
  /** Steps of the epoch that was not ended. */
  readonly batches: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly dtype: FloatDType;
  readonly layout: Layout;
}

const version = '1';

export function writeRunState(standing: RunState): Record<string, string> {
  const texts = Object.entries(standing).map(([name, value]) => [name, String(value)] as const);
  return { format: 'pullback', version, ...Object.fromEntries(texts) };
}

/** @throws CheckpointError for metadata that are not a model's, of a later version, or of another layout than is wanted. */
export function readRunState(metadata: Readonly<Record<string, string>>, wanted?: Layout): RunState {
  if (metadata['format'] !== 'pullback' || metadata['version'] !== version)
    throw refuse(
      `the format '${metadata['format'] ?? ''}', version '${metadata['version'] ?? ''}'`,
      `'pullback', version '${version}'`,
      'loadWeights(file) reads the tensors of any safetensors file.',
    );
  const { dtype, layout } = metadata;
  if (dtype !== 'float32' && dtype !== 'float64') throw refuse(`the dtype '${dtype}'`, 'float32 or float64');
  if (layout !== 'row' && layout !== 'column') throw refuse(`the layout '${layout}'`, 'row or column');
  if (wanted !== undefined && layout !== wanted)
    throw refuse(`a model of samples in ${layout}s`, `${wanted}s`);
  const number = (name: keyof RunState, isRight: (x: number) => boolean): number => {
    const text = metadata[name] ?? '';
    const value = Number(text);
    if (text.trim() === '' || !isRight(value)) throw refuse(`'${text}' for ${name}`, 'a number');
    return value;
  };
  const isCount = (x: number) => Number.isSafeInteger(x) && x >= 0;
  return {
    steps: number('steps', isCount),
    epochs: number('epochs', isCount),
    batches: number('batches', isCount),
    learningRate: number('learningRate', (x) => x >= 0 && x < Infinity),
    seed: number('seed', Number.isSafeInteger),
    dtype,
    layout,
  };
}

function refuse(got: string, expected: string, hint?: string): CheckpointError {
  return new CheckpointError({ got, expected, at: 'the checkpoint', ...(hint && { hint }) });
}
