import { expect, test } from 'vitest';
import { countsPerStep } from '../src/counts-per-step.ts';
import type { Run } from '../src/library.ts';

test('everything that was asked for is counted, reads are not', async () => {
  // Three dispatches a step, held back until somebody reads; a read is a submit, a dispatch and a buffer of its own.
  const counts = { dispatches: 0, submits: 0, createBuffer: 0 };
  let [waiting, calls] = [0, 0];
  const run: Run = {
    step: (count) => {
      waiting += count;
      calls += count;
    },
    settle: async () => {
      counts.dispatches += 3 * waiting + 1;
      counts.submits += waiting + 1;
      counts.createBuffer += 1;
      waiting = 0;
    },
    figures: async () => [0],
    counters: () => ({ calls }),
  };
  expect(await countsPerStep(run, 10, () => ({ ...counts }))).toEqual({
    calls: 1,
    dispatches: 3,
    submits: 1,
    createBuffer: 0,
  });
});
