import { conformBackend } from '@pullback/testing';
import { describe, test } from 'vitest';
import { StraightLineBackend } from './straight-line-backend.ts';

// Elementary functions of float32 are polynomials; all else gives the reference's bits.
for (const relaxed of [false])
  describe(relaxed ? 'with relaxed multiply-add' : 'without relaxed instructions', () => {
    for (const c of conformBackend(() => new StraightLineBackend({ limit: 20_000, relaxed }), {
      ulps: { float32: 2 },
    }))
      test(c.name, () => c.run());
  });
