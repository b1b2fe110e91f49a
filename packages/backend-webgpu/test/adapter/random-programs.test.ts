import { examinePrograms, expectedOf, mismatch, runProgram } from '@pullback/testing';
import { describe, test } from 'vitest';
import { asOnHardware, open } from './open.ts';

const { FUZZ_PROGRAMS: programs = 200, FUZZ_SEED: seed = 3 } =
  typeof process === 'object' ? process.env : { FUZZ_PROGRAMS: undefined, FUZZ_SEED: undefined };

// Sums of a few hundred terms are in float32 here, as sums of sums of 16: at most 32 roundings where the bounds allow for one.
const roundings = 32;
/** What is below it the adapter takes as 0. */
const smallestNormal = 2 ** -126;

describe('random Programs', () => {
  for (const [how, options] of [
    ['as the adapter wants it', {}],
    ['as on a GPU', asOnHardware],
  ] as const)
    test(`kernels cut ${how}`, { timeout: 24 * 3600_000 }, async () => {
      const backend = await open(options);
      await examinePrograms(
        async (random) => {
          const { body } = random.program;
          if (body.some(({ outputs }) => outputs.some(({ dtype }) => dtype === 'float64'))) return undefined;
          const expected = expectedOf(random);
          // WGSL lets an implementation take it that there is no NaN (15.7): this adapter has 0 for 0 / (x - x).
          if (expected.some(({ data }) => data.some(Number.isNaN))) return undefined;
          const bounds = expected.map(({ data, error }) => ({
            data,
            error: roundings * error + smallestNormal,
          }));
          return mismatch(await runProgram(backend, random), bounds);
        },
        // The adapter takes subnormal numbers as 0, so that a product with an infinity is another.
        {
          dtype: 'float32',
          programs: Number(programs),
          seed: Number(seed),
          path: undefined,
          specials: false,
        },
      );
      backend.dispose();
    });
});
