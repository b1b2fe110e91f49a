import { checkRanks, type Reducer } from '@pullback/core';
import { bytesOfArray, floatsOf } from './parts.ts';

interface Meeting {
  readonly brought: (readonly Uint8Array[])[];
  readonly waiting: ((incoming: readonly Uint8Array[]) => void)[];
  came: number;
}

/**
 * Ranks of one process, each for a model of its own: what N processes would compute, for tests and for trying things out. A rank that makes fewer
 * calls than the others lets them wait for ever.
 * @param options.parts see `Reducer`.
 * @throws OptionError for a number of ranks that is none, or of parts below it.
 */
export function simulatedRanks(size: number, options: { readonly parts?: number } = {}): readonly Reducer[] {
  const { parts } = options;
  checkRanks(size, parts);
  const meetings = new Map<number, Meeting>();
  const calls = Array.from({ length: size }, () => 0);
  const meet = (rank: number, outgoing: readonly Uint8Array[]): Promise<readonly Uint8Array[]> => {
    const call = calls[rank] ?? 0;
    calls[rank] = call + 1;
    const meeting = meetings.get(call) ?? { brought: [], waiting: [], came: 0 };
    meetings.set(call, meeting);
    meeting.brought[rank] = outgoing;
    return new Promise((resolve) => {
      meeting.waiting[rank] = resolve;
      if (++meeting.came < size) return;
      meetings.delete(call);
      for (let r = 0; r < size; r++)
        meeting.waiting[r]?.(meeting.brought.map((of) => (of[r] ?? new Uint8Array()).slice()));
    });
  };
  return calls.map((_, rank) => ({
    rank,
    size,
    parts,
    exchange: (outgoing) => meet(rank, outgoing),
    async sum(numbers) {
      const mine = bytesOfArray(numbers);
      const all = await meet(
        rank,
        calls.map(() => mine),
      );
      all.forEach((bytes, r) => {
        const theirs = floatsOf(bytes, numbers);
        for (let i = 0; i < numbers.length; i++)
          numbers[i] = r === 0 ? (theirs[i] ?? 0) : (numbers[i] ?? 0) + (theirs[i] ?? 0);
      });
    },
  }));
}
