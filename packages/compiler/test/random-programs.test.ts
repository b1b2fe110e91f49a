import { examinePrograms, expectedOf, mismatch } from '@pullback/testing';
import { describe, test } from 'vitest';
import { runPlan } from './run-plan.ts';

const { FUZZ_PROGRAMS: programs = 500, FUZZ_SEED: seed = 5, FUZZ_PATH: path, FUZZ_DTYPE: only } = process.env;

// Kernels round each statement to its dtype and add in the reference's order: all dtypes agree bit for bit.
describe('random Programs, their plans interpreted', () => {
  for (const dtype of ['float64', 'float32'] as const)
    test.skipIf(only !== undefined && only !== dtype)(
      `${dtype}: as the primitives mean, points forwards and backwards`,
      { timeout: 24 * 3600_000 },
      async () => {
        let count = 0;
        await examinePrograms(
          (random) => {
            const exact = expectedOf(random).map(({ data }) => ({ data, error: 0 }));
            return mismatch(runPlan(random, {}, count++ % 2 === 1), exact);
          },
          {
            dtype,
            programs: Number(programs),
            seed: Number(seed),
            path,
          },
        );
      },
    );
});
