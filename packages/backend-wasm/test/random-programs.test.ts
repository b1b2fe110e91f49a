import { cpu } from '@pullback/backend-cpu';
import type { Backend } from '@pullback/core';
import { examinePrograms, expectedOf, mismatch, runProgram } from '@pullback/testing';
import { describe, expect, test } from 'vitest';
import { wasm } from '../src/index.ts';
import { KernelsBackend } from './kernels-backend.ts';

const { FUZZ_PROGRAMS: programs = 500, FUZZ_SEED: seed = 5, FUZZ_PATH: path, FUZZ_DTYPE: only } = process.env;

/** The reference itself shows that what is expected is what backend-cpu computes. */
const backends: Readonly<Record<string, () => Backend>> = {
  'by kernels': () => new KernelsBackend(),
  'small ones as straight lines': wasm,
  'on the reference': cpu,
};

// float64 and integers bit for bit; float32 within the bounds that `expectedOf` derives from every primitive's rounding.
describe('random Programs, each by kernels, as a straight line where it is small, and on the reference', () => {
  for (const dtype of ['float64', 'float32'] as const)
    test.skipIf(only !== undefined && only !== dtype)(dtype, { timeout: 24 * 3600_000 }, async () => {
      const made = Object.entries(backends).map(([how, make]) => [how, make()] as const);
      await examinePrograms(
        async (random) => {
          const expected = expectedOf(random);
          for (const [how, backend] of made) {
            const wrong = mismatch(await runProgram(backend, random), expected);
            if (wrong !== undefined) return `${how}: ${wrong}`;
          }
          return undefined;
        },
        {
          dtype,
          programs: Number(programs),
          seed: Number(seed),
          path,
        },
      );
      for (const [, backend] of made)
        expect(backend.statistics?.()).toMatchObject({ buffers: 0, bytes: 0, programs: 0, bindings: 0 });
    });
});
