import { CheckpointError } from '@pullback/core';

export type Json = Readonly<Record<string, unknown>>;

export function isRecord(given: unknown): given is Json {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

/** @throws CheckpointError */
export function record(given: unknown, what: string): Json {
  if (!isRecord(given)) throw broken(`${what} that is no object`, 'an object');
  return given;
}

/** @throws CheckpointError */
export function list(given: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(given)) throw broken(`${what} that is no list`, 'a list');
  return given;
}

/** @throws CheckpointError */
export function text(given: unknown, what: string): string {
  if (typeof given !== 'string') throw broken(`${what} that is no text`, 'text');
  return given;
}

/** @throws CheckpointError */
export function counts(given: unknown, what: string): readonly number[] {
  return list(given, what).map((each) => {
    if (typeof each !== 'number' || !Number.isSafeInteger(each) || each < 0)
      throw broken(
        `${what} with ${typeof each === 'number' ? each : typeof each}`,
        'whole numbers from 0 up',
      );
    return each;
  });
}

export function broken(got: string, expected: string): CheckpointError {
  return new CheckpointError({
    got,
    expected,
    at: 'the model file',
    hint: 'The file is damaged, or of another kind.',
  });
}
