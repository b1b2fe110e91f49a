import { OptionError } from '../errors.ts';

/**
 * The messages between the processes of one training, its ranks. All of them make the same calls in the same order; a call ends when
 * every rank has made it. Bound as a service; `MpiReducer` of @pullback/mpi is one.
 */
export interface Reducer {
  /** The number of this process, from 0. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
  /**
   * Into how many parts every batch is cut, whatever `size` is: each is computed alone and all are summed in their order, so that results
   * have the same bits for any number of ranks up to it. One part for each rank when left out.
   */
  readonly parts?: number | undefined;
  /** Replaces numbers by their sums over all ranks, with the same bits on each. A further call may be made before this one has ended. */
  sum(numbers: Float32Array | Float64Array): Promise<void>;
  /**
   * Gives outgoing[r] to rank r.
   * @param outgoing one for each rank; they stay as they are until the call has ended.
   * @returns what came from each rank, one's own among it.
   */
  exchange(outgoing: readonly Uint8Array[]): Promise<readonly Uint8Array[]>;
}

/** @throws OptionError for a number of ranks that is none, or of parts below it. */
export function checkRanks(size: number, parts: number | undefined): void {
  if (!Number.isInteger(size) || size < 1)
    throw new OptionError({ got: `${size} ranks`, expected: 'a whole number from 1 up' });
  if (parts !== undefined && !(Number.isInteger(parts) && parts >= size))
    throw new OptionError({
      got: `${parts} parts of a batch for ${size} ranks`,
      expected: 'a whole number of parts, at least one for each rank',
    });
}
