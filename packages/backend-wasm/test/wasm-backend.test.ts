import { conformBackend } from '@pullback/testing';
import { describe, test } from 'vitest';
import { wasm } from '../src/index.ts';

// Exponentials and logarithms by polynomials: within 2 units in the last place; sums of softmax add one rounding or two.
describe('the examination of backends', () => {
  for (const c of conformBackend(wasm, { ulps: { float32: 2 }, order: 'reference' }))
    test(c.name, () => c.run());
});
