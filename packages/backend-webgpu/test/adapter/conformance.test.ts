import { conformBackend } from '@pullback/testing';
import { afterAll, describe, test } from 'vitest';
import { asOnHardware, open } from './open.ts';

// Functions by polynomials in float32, sums in float32: within 4 units in the last place of a result, or of the sum of the magnitudes of what is
// added up. Shaders may take subnormal numbers as 0, and this adapter does.
const within = { ulps: { float32: 4 }, sums: 'float32', subnormals: 'flushed' } as const;

for (const [how, options] of [
  ['as the adapter wants it', {}],
  ['as on a GPU', asOnHardware],
] as const) {
  const backend = await open(options);
  describe(`the examination of backends, kernels cut ${how}`, () => {
    afterAll(() => backend.dispose());
    for (const c of conformBackend(() => backend, within)) test(c.name, () => c.run());
  });
}
