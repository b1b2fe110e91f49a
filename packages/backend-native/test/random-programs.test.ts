import { examinePrograms, expectedOf, mismatch, runProgram } from '@pullback/testing';
import { expect, test } from 'vitest';
import { native } from '../src/index.ts';
import { describeNative } from './available.ts';
import { cache } from './folder.ts';

// A Program takes the compiler a fifth of a second: `FUZZ_PROGRAMS` asks for more than the few of every run.
const {
  FUZZ_PROGRAMS: programs = '15',
  FUZZ_SEED: seed = '5',
  FUZZ_PATH: path,
  FUZZ_DTYPE: only,
} = process.env;

// float64 and integers bit for bit; float32 within the bounds that `expectedOf` derives from every primitive's rounding.
describeNative('random Programs', () => {
  for (const dtype of ['float64', 'float32'] as const)
    test.skipIf(only !== undefined && only !== dtype)(dtype, { timeout: 24 * 3600_000 }, async () => {
      const backend = native({ optimize: 1, cache });
      await examinePrograms(
        async (random) => mismatch(await runProgram(backend, random), expectedOf(random)),
        { dtype, programs: Number(programs), seed: Number(seed), path },
      );
      expect(backend.statistics?.()).toMatchObject({ buffers: 0, bytes: 0, programs: 0, bindings: 0 });
    });
});
